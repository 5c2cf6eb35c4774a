// SPDX-License-Identifier: Apache-2.0
// Backward normalisation on a GPU, with the formulas of norm_plane.hpp:
//
//   d  = pre > 0 ? dy : slope * dy
//   dx = scale * d - offset - (x - mean) * tilt
//   offset = scale * sum(d) / m,  tilt = scale * r^2 * sum(d * (x - mean)) / m,  over the m values of a group
//
// A plane that is one piece and one group is read once; otherwise sums of every piece, their totals in double
// by a warp per channel, and the map. Parameter gradients add the totals of a lane's groups in order.
// Not yet run on a GPU.
#include "kernels/norm_plane/norm_gpu.cuh"
#include "kernels/norm_plane/norm_gpu.hpp"

namespace selfsame::SELFSAME_GPU::norm_plane {
namespace {

struct SumPair {
  double d, dc;  // sum d, sum d * (x - mean)
};

struct MeanTerms {
  float offset, tilt;
};

template <typename T>
struct BackwardArgs {
  PlaneArgs plane;
  T* dx;
  const T *dy, *x;
  std::int64_t dx_stride, dy_stride, x_stride;
  const float *mean, *r;  // (groups, padded channels)
  SumPair* sums;          // (N, blocks, pieces, 8)
  SumPair* totals;        // (groups, padded channels)
  MeanTerms* terms;       // (groups, padded channels)
};

/// Sums of a piece in registers, for the thread's own channels.
template <typename T>
__device__ void piece_sums(float (&sum_d)[Piece<T>::kWide], float (&sum_dc)[Piece<T>::kWide],
                           const Piece<T>& x, const Piece<T>& dy, const Coefficients<Piece<T>::kWide>& k,
                           int pixels, float slope) {
#pragma unroll
  for (int j = 0; j < Piece<T>::kWide; ++j) {
    sum_d[j] = sum_dc[j] = 0.0f;
  }
#pragma unroll
  for (int v = 0; v < Piece<T>::kPacks; ++v) {
    const bool inside = Piece<T>::inside(v, pixels);
#pragma unroll
    for (int j = 0; j < Piece<T>::kWide; ++j) {
      const float centred = to_float(x.packs[v].v[j]) - k.mean[j], g = to_float(dy.packs[v].v[j]);
      const float d = !inside ? 0.0f : k.pre(j, centred) > 0.0f ? g : slope * g;
      sum_d[j] += d;
      sum_dc[j] += d * centred;
    }
  }
  sum_channels(sum_d);
  sum_channels(sum_dc);
}

__device__ MeanTerms mean_terms(float scale, float r, SumPair total, double count) {
  return {static_cast<float>(scale * total.d / count),
          static_cast<float>(scale * (static_cast<double>(r) * r) * total.dc / count)};
}

/// dx of a piece in registers.
template <typename T>
__device__ void store_dx(T* to, const Piece<T>& x, const Piece<T>& dy, const Coefficients<Piece<T>::kWide>& k,
                         const MeanTerms (&terms)[Piece<T>::kWide], int pixels, float slope) {
  constexpr int kWide = Piece<T>::kWide;
#pragma unroll
  for (int v = 0; v < Piece<T>::kPacks; ++v) {
    if (Piece<T>::inside(v, pixels)) {
      Pack<T, kWide> out;
#pragma unroll
      for (int j = 0; j < kWide; ++j) {
        const float centred = to_float(x.packs[v].v[j]) - k.mean[j], g = to_float(dy.packs[v].v[j]);
        const float d = k.pre(j, centred) > 0.0f ? g : slope * g;
        out.v[j] = from_float<T>((k.scale[j] * d - terms[j].offset) - centred * terms[j].tilt);
      }
      Piece<T>::store(to, v, out);
    }
  }
}

// ---- kernels
// ------------------------------------------------------------------------------------------------

template <typename T>
__global__ void norm_backward_plane_kernel(BackwardArgs<T> a) {
  constexpr int kWide = Piece<T>::kWide;
  const int q = block_y(), n = block_z(), pixels = static_cast<int>(a.plane.pixels);
  const int first = q * kBlock + Piece<T>::first_channel();
  const std::int64_t plane = q * a.plane.pixels * kBlock;

  Piece<T> x, dy;
  x.load(a.x + n * a.x_stride + plane, pixels);
  dy.load(a.dy + n * a.dy_stride + plane, pixels);
  Coefficients<kWide> k;
  k.read(a.plane, n, first, a.mean, a.r);
  float sum_d[kWide], sum_dc[kWide];
  piece_sums(sum_d, sum_dc, x, dy, k, pixels, a.plane.slope);
  MeanTerms terms[kWide];
#pragma unroll
  for (int j = 0; j < kWide; ++j) {
    const SumPair total{sum_d[j], sum_dc[j]};
    terms[j] = mean_terms(k.scale[j], a.r[n * a.plane.r_stride + first + j], total, pixels);
    if (thread_x() < Piece<T>::kThreadsPerPixel && a.totals != nullptr) {
      a.totals[static_cast<std::int64_t>(n) * a.plane.blocks * kBlock + first + j] = total;
    }
  }
  store_dx(a.dx + n * a.dx_stride + plane, x, dy, k, terms, pixels, a.plane.slope);
}

template <typename T>
__global__ void norm_backward_sums_kernel(BackwardArgs<T> a) {
  constexpr int kWide = Piece<T>::kWide;
  const int p = block_x(), q = block_y(), n = block_z(), pixels = a.plane.count(p);
  const std::int64_t begin = (q * a.plane.pixels + p * kPiece) * kBlock;

  Piece<T> x, dy;
  x.load(a.x + n * a.x_stride + begin, pixels);
  dy.load(a.dy + n * a.dy_stride + begin, pixels);
  Coefficients<kWide> k;
  k.read(a.plane, n, q * kBlock + Piece<T>::first_channel(), a.mean, a.r);
  float sum_d[kWide], sum_dc[kWide];
  piece_sums(sum_d, sum_dc, x, dy, k, pixels, a.plane.slope);
  if (thread_x() < Piece<T>::kThreadsPerPixel) {
    const std::int64_t at =
        ((static_cast<std::int64_t>(n) * a.plane.blocks + q) * a.plane.pieces + p) * kBlock;
#pragma unroll
    for (int j = 0; j < kWide; ++j) {
      a.sums[at + Piece<T>::first_channel() + j] = {sum_d[j], sum_dc[j]};
    }
  }
}

/// A warp per group and padded channel adds the pieces of the group's samples.
template <typename T>
__global__ void norm_backward_totals_kernel(BackwardArgs<T> a) {
  const int padded = a.plane.blocks * kBlock, unit = block_x() * kWarps + warp_id();
  const bool inside = unit < a.plane.groups * padded;
  const int g = inside ? unit / padded : 0, channel = inside ? unit % padded : 0;
  const int samples = a.plane.samples / a.plane.groups, parts = samples * a.plane.pieces;

  SumPair total{0, 0};
  for (int i = lane_id(); i < parts; i += kWarpSize) {
    const std::int64_t n = static_cast<std::int64_t>(g) * samples + i / a.plane.pieces;
    const std::int64_t piece = (n * a.plane.blocks + channel / kBlock) * a.plane.pieces + i % a.plane.pieces;
    const SumPair s = a.sums[piece * kBlock + channel % kBlock];
    total.d += s.d;
    total.dc += s.dc;
  }
  total.d = warp_sum(total.d);
  total.dc = warp_sum(total.dc);
  if (inside && lane_id() == 0) {
    const int n = g * samples;
    const float r = a.r[g * a.plane.r_stride + channel];
    Coefficients<1> k;
    k.read(a.plane, n, channel, a.mean, a.r);
    a.totals[unit] = total;
    a.terms[unit] = mean_terms(k.scale[0], r, total, static_cast<double>(a.plane.pixels) * samples);
  }
}

template <typename T>
__global__ void norm_backward_apply_kernel(BackwardArgs<T> a) {
  constexpr int kWide = Piece<T>::kWide;
  const int p = block_x(), q = block_y(), n = block_z(), pixels = a.plane.count(p);
  const int first = q * kBlock + Piece<T>::first_channel();
  const std::int64_t begin = (q * a.plane.pixels + p * kPiece) * kBlock;

  Piece<T> x, dy;
  x.load(a.x + n * a.x_stride + begin, pixels);
  dy.load(a.dy + n * a.dy_stride + begin, pixels);
  Coefficients<kWide> k;
  k.read(a.plane, n, first, a.mean, a.r);
  MeanTerms terms[kWide];
#pragma unroll
  for (int j = 0; j < kWide; ++j) {
    terms[j] = a.terms[static_cast<std::int64_t>(a.plane.group_of(n)) * a.plane.blocks * kBlock + first + j];
  }
  store_dx(a.dx + n * a.dx_stride + begin, x, dy, k, terms, pixels, a.plane.slope);
}

struct ParameterArgs {
  float *dgamma, *dbeta;  // (L, C)
  std::int64_t dgamma_stride, dbeta_stride;
  int lanes;
};

/// dgamma += sum over the lane's groups of sum(d (x - mean)) * r, dbeta += that of sum(d); a thread per lane
/// and padded channel.
__global__ void norm_parameter_gradients_kernel(PlaneArgs plane, ParameterArgs p, const SumPair* totals,
                                                const float* r) {
  const int padded = plane.blocks * kBlock, unit = block_x() * kThreads + thread_x();
  const int channel = unit % padded, c = plane.logical(channel);
  if (unit < p.lanes * padded && c >= 0) {
    const int lane = unit / padded, groups = plane.groups / p.lanes;
    double dgamma = 0, dbeta = 0;
    for (int g = lane * groups; g < (lane + 1) * groups; ++g) {
      const SumPair total = totals[static_cast<std::int64_t>(g) * padded + channel];
      dgamma += total.dc * r[g * plane.r_stride + channel];
      dbeta += total.d;
    }
    p.dgamma[lane * p.dgamma_stride + c] += static_cast<float>(dgamma);
    p.dbeta[lane * p.dbeta_stride + c] += static_cast<float>(dbeta);
  }
}

}  // namespace

// ---- launchers
// ----------------------------------------------------------------------------------------------

void backward(const NormBackward& call, Stream& stream) {
  for_gpu_dtype(call.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    BackwardArgs<T> a{plane_args(call.x, call.mean, call.r, call.gamma, call.beta, call.slope),
                      static_cast<T*>(call.dx.data),
                      static_cast<const T*>(call.dy.data),
                      static_cast<const T*>(call.x.data),
                      call.dx.sample_stride,
                      call.dy.sample_stride,
                      call.x.sample_stride,
                      static_cast<const float*>(call.mean.data),
                      static_cast<const float*>(call.r.data),
                      nullptr,
                      nullptr,
                      nullptr};
    if (a.plane.samples == 0) {
      return;
    }
    const auto channels = static_cast<std::size_t>(a.plane.groups) * a.plane.blocks * kBlock;
    Scratch scratch(stream);
    if (a.plane.pieces == 1 && a.plane.groups == a.plane.samples) {
      a.totals = call.dgamma.empty() ? nullptr : scratch.take<SumPair>(channels);
      launch("norm_backward_plane", norm_backward_plane_kernel<T>, piece_grid(a.plane), stream, a);
    } else {
      a.totals = scratch.take<SumPair>(channels);
      a.terms = scratch.take<MeanTerms>(channels);
      a.sums = scratch.take<SumPair>(static_cast<std::size_t>(a.plane.samples) * a.plane.blocks *
                                     a.plane.pieces * kBlock);
      launch("norm_backward_sums", norm_backward_sums_kernel<T>, piece_grid(a.plane), stream, a);
      launch("norm_backward_totals", norm_backward_totals_kernel<T>, channel_grid(a.plane), stream, a);
      launch("norm_backward_apply", norm_backward_apply_kernel<T>, piece_grid(a.plane), stream, a);
    }
    if (!call.dgamma.empty()) {
      const ParameterArgs p{static_cast<float*>(call.dgamma.data), static_cast<float*>(call.dbeta.data),
                            call.dgamma.lane_stride, call.dbeta.lane_stride,
                            static_cast<int>(call.dgamma.lanes)};
      const std::int64_t units = std::int64_t{p.lanes} * a.plane.blocks * kBlock;
      launch("norm_parameter_gradients", norm_parameter_gradients_kernel,
             LaunchShape{{blocks_for(units, kThreads), 1, 1}, {kThreads, 1, 1}}, stream, a.plane, p, a.totals,
             a.r);
    }
  });
}

}  // namespace selfsame::SELFSAME_GPU::norm_plane
