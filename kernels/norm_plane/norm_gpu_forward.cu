// SPDX-License-Identifier: Apache-2.0
// Forward normalisation on a GPU (kernels/instance_norm/instance_norm.hpp,
// kernels/batch_norm/batch_norm.hpp). A plane of at most kPiece pixels that is a group of its own is read
// once, held in registers. Larger ones take three launches: mean and centred squares of every piece, their
// combination in double (Chan, Golub, LeVeque 1979) by a warp per channel, and the map. Every piece is
// centred by its own mean, so a mean far from zero costs no digits. Not yet run on a GPU.
#include "kernels/norm_plane/norm_gpu.cuh"
#include "kernels/norm_plane/norm_gpu.hpp"

namespace selfsame::SELFSAME_GPU::norm_plane {
namespace {

struct Moments {
  double mean, m2;  // sum (x - mean)^2
};

template <typename T>
struct ForwardArgs {
  PlaneArgs plane;
  T* y;
  const T* x;
  std::int64_t y_stride, x_stride;
  float *mean, *r;   // (groups, padded channels)
  Moments* moments;  // (N, blocks, pieces, 8)
  double eps;
};

/// Mean and centred squares of a piece in registers, for the thread's own channels.
template <typename T>
__device__ void piece_moments(Moments (&moments)[Piece<T>::kWide], const Piece<T>& piece, int pixels) {
  constexpr int kWide = Piece<T>::kWide;
  float centre[kWide] = {}, shift[kWide] = {}, squares[kWide] = {};
#pragma unroll
  for (int v = 0; v < Piece<T>::kPacks; ++v) {
#pragma unroll
    for (int j = 0; j < kWide; ++j) {
      centre[j] += to_float(piece.packs[v].v[j]);  // zero outside
    }
  }
  sum_channels(centre);
#pragma unroll
  for (int j = 0; j < kWide; ++j) {
    centre[j] /= static_cast<float>(pixels);
  }
#pragma unroll
  for (int v = 0; v < Piece<T>::kPacks; ++v) {
    const bool inside = Piece<T>::inside(v, pixels);
#pragma unroll
    for (int j = 0; j < kWide; ++j) {
      const float d = inside ? to_float(piece.packs[v].v[j]) - centre[j] : 0.0f;
      shift[j] += d;
      squares[j] += d * d;
    }
  }
  sum_channels(shift);
  sum_channels(squares);
#pragma unroll
  for (int j = 0; j < kWide; ++j) {
    // The rounding of the piece's mean is put right: sums about another centre.
    const double correction = static_cast<double>(shift[j]) / pixels;
    const double m2 = static_cast<double>(squares[j]) - static_cast<double>(shift[j]) * correction;
    moments[j] = {static_cast<double>(centre[j]) + correction, m2 > 0 ? m2 : 0.0};
  }
}

/// y of a piece in registers.
template <typename T>
__device__ void store_normalised(T* to, const Piece<T>& piece, const Coefficients<Piece<T>::kWide>& k,
                                 int pixels, float slope) {
#pragma unroll
  for (int v = 0; v < Piece<T>::kPacks; ++v) {
    if (Piece<T>::inside(v, pixels)) {
      Pack<T, Piece<T>::kWide> out;
#pragma unroll
      for (int j = 0; j < Piece<T>::kWide; ++j) {
        const float pre = k.pre(j, to_float(piece.packs[v].v[j]) - k.mean[j]);
        out.v[j] = from_float<T>(pre > 0.0f ? pre : slope * pre);
      }
      Piece<T>::store(to, v, out);
    }
  }
}

// ---- kernels
// ------------------------------------------------------------------------------------------------

/// A plane that is one piece and one group.
template <typename T>
__global__ void norm_forward_plane_kernel(ForwardArgs<T> a) {
  constexpr int kWide = Piece<T>::kWide;
  const int q = block_y(), n = block_z(), pixels = static_cast<int>(a.plane.pixels);
  const int first = q * kBlock + Piece<T>::first_channel();
  const std::int64_t plane = q * a.plane.pixels * kBlock;

  Piece<T> piece;
  piece.load(a.x + n * a.x_stride + plane, pixels);
  Moments moments[kWide];
  piece_moments(moments, piece, pixels);
  float mean[kWide], r[kWide];
#pragma unroll
  for (int j = 0; j < kWide; ++j) {
    const bool real = a.plane.logical(first + j) >= 0;
    mean[j] = real ? static_cast<float>(moments[j].mean) : 0.0f;
    r[j] = real ? static_cast<float>(1 / sqrt(moments[j].m2 / pixels + a.eps)) : 0.0f;
    if (thread_x() < Piece<T>::kThreadsPerPixel) {
      a.mean[n * a.plane.mean_stride + first + j] = mean[j];
      a.r[n * a.plane.r_stride + first + j] = r[j];
    }
  }
  Coefficients<kWide> k;
  k.set(a.plane, n, first, mean, r);
  store_normalised(a.y + n * a.y_stride + plane, piece, k, pixels, a.plane.slope);
}

template <typename T>
__global__ void norm_moments_kernel(ForwardArgs<T> a) {
  constexpr int kWide = Piece<T>::kWide;
  const int p = block_x(), q = block_y(), n = block_z(), pixels = a.plane.count(p);

  Piece<T> piece;
  piece.load(a.x + n * a.x_stride + (q * a.plane.pixels + p * kPiece) * kBlock, pixels);
  Moments moments[kWide];
  piece_moments(moments, piece, pixels);
  if (thread_x() < Piece<T>::kThreadsPerPixel) {
    const std::int64_t at =
        ((static_cast<std::int64_t>(n) * a.plane.blocks + q) * a.plane.pieces + p) * kBlock;
#pragma unroll
    for (int j = 0; j < kWide; ++j) {
      a.moments[at + Piece<T>::first_channel() + j] = moments[j];
    }
  }
}

struct RunningArgs {
  float *mean, *var;  // (groups, C) or null
  std::int64_t mean_stride, var_stride;
  double momentum;
};

/// A warp per group and padded channel combines the pieces of the group's samples.
template <typename T>
__global__ void norm_combine_kernel(ForwardArgs<T> a, RunningArgs running) {
  const int padded = a.plane.blocks * kBlock, unit = block_x() * kWarps + warp_id();
  const bool inside = unit < a.plane.groups * padded;
  const int g = inside ? unit / padded : 0, channel = inside ? unit % padded : 0;
  const int samples = a.plane.samples / a.plane.groups, parts = samples * a.plane.pieces;
  const auto moments_of = [&](int i) {
    const std::int64_t n = static_cast<std::int64_t>(g) * samples + i / a.plane.pieces;
    const std::int64_t piece = (n * a.plane.blocks + channel / kBlock) * a.plane.pieces + i % a.plane.pieces;
    return a.moments[piece * kBlock + channel % kBlock];
  };

  double sum = 0;
  for (int i = lane_id(); i < parts; i += kWarpSize) {
    sum += a.plane.count(i % a.plane.pieces) * moments_of(i).mean;
  }
  const double count = static_cast<double>(a.plane.pixels) * samples;
  const double mean = warp_sum(sum) / count;
  double m2 = 0;
  for (int i = lane_id(); i < parts; i += kWarpSize) {
    const Moments m = moments_of(i);
    m2 += m.m2 + a.plane.count(i % a.plane.pieces) * (m.mean - mean) * (m.mean - mean);
  }
  m2 = warp_sum(m2);

  const int c = a.plane.logical(channel);
  if (inside && lane_id() == 0) {
    a.mean[g * a.plane.mean_stride + channel] = c < 0 ? 0.0f : static_cast<float>(mean);
    a.r[g * a.plane.r_stride + channel] = c < 0 ? 0.0f : static_cast<float>(1 / sqrt(m2 / count + a.eps));
    if (c >= 0 && running.mean != nullptr) {
      float &old_mean = running.mean[g * running.mean_stride + c],
            &old_var = running.var[g * running.var_stride + c];
      old_mean = static_cast<float>(old_mean + running.momentum * (mean - old_mean));
      old_var = static_cast<float>(old_var + running.momentum * (m2 / (count - 1) - old_var));
    }
  }
}

/// mean and r from running statistics, one thread per group and padded channel.
__global__ void norm_running_kernel(PlaneArgs plane, float* mean, float* r, RunningArgs running, double eps) {
  const int padded = plane.blocks * kBlock, unit = block_x() * kThreads + thread_x();
  if (unit < plane.groups * padded) {
    const int g = unit / padded, c = plane.logical(unit % padded);
    mean[g * plane.mean_stride + unit % padded] = c < 0 ? 0.0f : running.mean[g * running.mean_stride + c];
    r[g * plane.r_stride + unit % padded] =
        c < 0 ? 0.0f
              : static_cast<float>(1 /
                                   sqrt(static_cast<double>(running.var[g * running.var_stride + c]) + eps));
  }
}

template <typename T>
__global__ void norm_apply_kernel(ForwardArgs<T> a) {
  constexpr int kWide = Piece<T>::kWide;
  const int p = block_x(), q = block_y(), n = block_z(), pixels = a.plane.count(p);
  const std::int64_t begin = (q * a.plane.pixels + p * kPiece) * kBlock;

  Piece<T> piece;
  piece.load(a.x + n * a.x_stride + begin, pixels);
  Coefficients<kWide> k;
  k.read(a.plane, n, q * kBlock + Piece<T>::first_channel(), a.mean, a.r);
  store_normalised(a.y + n * a.y_stride + begin, piece, k, pixels, a.plane.slope);
}

// ---- launchers
// ----------------------------------------------------------------------------------------------

template <typename T>
ForwardArgs<T> forward_args(const NormForward& call) {
  return {plane_args(call.x, call.mean, call.r, call.gamma, call.beta, call.slope),
          static_cast<T*>(call.y.data),
          static_cast<const T*>(call.x.data),
          call.y.sample_stride,
          call.x.sample_stride,
          static_cast<float*>(call.mean.data),
          static_cast<float*>(call.r.data),
          nullptr,
          call.eps};
}

RunningArgs running_args(const NormForward& call) {
  return {static_cast<float*>(call.running_mean.data), static_cast<float*>(call.running_var.data),
          call.running_mean.lane_stride, call.running_var.lane_stride, call.momentum};
}

}  // namespace

void forward(const NormForward& call, Stream& stream) {
  for_gpu_dtype(call.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    ForwardArgs<T> a = forward_args<T>(call);
    if (a.plane.samples == 0) {
      return;
    }
    if (a.plane.pieces == 1 && a.plane.groups == a.plane.samples && call.running_mean.empty()) {
      launch("norm_forward_plane", norm_forward_plane_kernel<T>, piece_grid(a.plane), stream, a);
      return;
    }
    Scratch scratch(stream);
    a.moments = scratch.take<Moments>(static_cast<std::size_t>(a.plane.samples) * a.plane.blocks *
                                      a.plane.pieces * kBlock);
    launch("norm_moments", norm_moments_kernel<T>, piece_grid(a.plane), stream, a);
    launch("norm_combine", norm_combine_kernel<T>, channel_grid(a.plane), stream, a, running_args(call));
    launch("norm_apply", norm_apply_kernel<T>, piece_grid(a.plane), stream, a);
  });
}

void forward_running(const NormForward& call, Stream& stream) {
  for_gpu_dtype(call.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    ForwardArgs<T> a = forward_args<T>(call);
    if (a.plane.samples == 0) {
      return;
    }
    a.plane.groups = static_cast<int>(call.running_mean.lanes);
    a.plane.mean_stride = a.plane.r_stride = a.plane.blocks * kBlock;
    const std::int64_t statistics = a.plane.groups * a.plane.mean_stride;
    Scratch scratch(stream);
    a.mean = scratch.take<float>(static_cast<std::size_t>(statistics));
    a.r = scratch.take<float>(static_cast<std::size_t>(statistics));
    launch("norm_running", norm_running_kernel,
           LaunchShape{{blocks_for(statistics, kThreads), 1, 1}, {kThreads, 1, 1}}, stream, a.plane, a.mean,
           a.r, running_args(call), call.eps);
    launch("norm_apply", norm_apply_kernel<T>, piece_grid(a.plane), stream, a);
  });
}

}  // namespace selfsame::SELFSAME_GPU::norm_plane
