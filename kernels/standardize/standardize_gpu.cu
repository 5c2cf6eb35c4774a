// SPDX-License-Identifier: Apache-2.0
// kernels/standardize/standardize.hpp on a GPU: blocks sum pieces of planes in double, a warp per plane adds
// the pieces (means and squares around them as Chan et al. do), and a thread per pixel writes. Which thread
// adds what in which order depends on the plane's size alone. Not yet run on a GPU.
#include <cmath>

#include "kernels/device/gpu/block_sum.cuh"
#include "kernels/standardize/standardize_coefficients.hpp"
#include "kernels/standardize/standardize_gpu.hpp"

namespace selfsame::SELFSAME_GPU::standardize_op {
namespace {

constexpr int kThreads = 256;
constexpr int kPiece = kStandardizePiece;
constexpr int kOfThread = kPiece / kThreads;

/// Planes in larger planes: pixel (h, w) of the window lies at (top + h, left + w).
struct Window {
  std::int64_t h, w, outer_h, outer_w, top, left;

  [[nodiscard]] __device__ std::int64_t pixels() const { return h * w; }
  /// The place of pixel i of the window of this plane.
  [[nodiscard]] __device__ std::int64_t outer(std::int64_t plane, std::int64_t i) const {
    return (plane * outer_h + top + i / w) * outer_w + left + i % w;
  }
};

// ---- statistics

/// partial[plane, piece] = (sum of x, sum of squares around the piece's mean)
__global__ void standardize_moments_kernel(double* partial, const float* x, std::int64_t pixels) {
  const std::int64_t plane = block_y(), first = static_cast<std::int64_t>(block_x()) * kPiece;
  const std::int64_t left = pixels - first;
  const int count = static_cast<int>(left < kPiece ? left : kPiece);
  const float* from = x + plane * pixels + first;

  float own[kOfThread];
  double sum = 0;
#pragma unroll
  for (int k = 0; k < kOfThread; ++k) {
    const int i = k * kThreads + thread_x();
    own[k] = i < count ? from[i] : 0.0f;
    sum += static_cast<double>(own[k]);
  }
  sum = block_sum<kThreads>(sum);
  const double mean = sum / count;
  double squares = 0;
#pragma unroll
  for (int k = 0; k < kOfThread; ++k) {
    const double d = k * kThreads + thread_x() < count ? static_cast<double>(own[k]) - mean : 0.0;
    squares += d * d;
  }
  squares = block_sum<kThreads>(squares);
  if (thread_x() == 0) {
    double* to = partial + (plane * grid_size_x() + block_x()) * 2;
    to[0] = sum;
    to[1] = squares;
  }
}

__global__ void standardize_statistics_kernel(float* mean, float* std, const double* partial, int pieces,
                                              std::int64_t pixels, double divisor) {
  const std::int64_t plane = block_x();
  const double* of = partial + plane * pieces * 2;
  double sum = 0;
  for (int i = lane_id(); i < pieces; i += kWarpSize) {
    sum += of[2 * i];
  }
  const double m = warp_sum(sum) / static_cast<double>(pixels);
  double squares = 0;
  for (int i = lane_id(); i < pieces; i += kWarpSize) {
    const std::int64_t left = pixels - static_cast<std::int64_t>(i) * kPiece;
    const double count = static_cast<double>(left < kPiece ? left : kPiece);
    const double offset = of[2 * i] / count - m;
    squares += of[2 * i + 1] + count * offset * offset;
  }
  squares = warp_sum(squares);
  if (lane_id() == 0) {
    mean[plane] = static_cast<float>(m);
    std[plane] = static_cast<float>(sqrt(squares / divisor));
  }
}

// ---- sums of the backward passes

/// partial[plane, piece] = (sum of d, sum of d * y). `d` lies in the window if d_outer, else without margin.
__global__ void standardize_dots_kernel(double* partial, const float* d, const float* y, Window at,
                                        bool d_outer) {
  const std::int64_t plane = block_y(), first = static_cast<std::int64_t>(block_x()) * kPiece;
  double of_d = 0, of_dy = 0;
#pragma unroll
  for (int k = 0; k < kOfThread; ++k) {
    const std::int64_t i = first + k * kThreads + thread_x();
    if (i < at.pixels()) {
      const double g = static_cast<double>(d[d_outer ? at.outer(plane, i) : plane * at.pixels() + i]);
      of_d += g;
      of_dy += g * static_cast<double>(y[at.outer(plane, i)]);
    }
  }
  of_d = block_sum<kThreads>(of_d);
  of_dy = block_sum<kThreads>(of_dy);
  if (thread_x() == 0) {
    double* to = partial + (plane * grid_size_x() + block_x()) * 2;
    to[0] = of_d;
    to[1] = of_dy;
  }
}

/// The sums of a plane: as floats to dmean and dstd if they are given, else as doubles to totals.
__global__ void standardize_totals_kernel(double* totals, float* dmean, float* dstd, const double* partial,
                                          int pieces) {
  const std::int64_t plane = block_x();
  double of_d = 0, of_dy = 0;
  for (int i = lane_id(); i < pieces; i += kWarpSize) {
    of_d += partial[(plane * pieces + i) * 2];
    of_dy += partial[(plane * pieces + i) * 2 + 1];
  }
  of_d = warp_sum(of_d);
  of_dy = warp_sum(of_dy);
  if (lane_id() == 0) {
    if (dmean != nullptr) {
      dmean[plane] = static_cast<float>(of_d);
      dstd[plane] = static_cast<float>(of_dy);
    } else {
      totals[2 * plane] = of_d;
      totals[2 * plane + 1] = of_dy;
    }
  }
}

// ---- pixels

/// y = scale * x + shift around the window's pixels, 0 elsewhere: one thread per pixel of the larger plane.
/// Standardising: scale = 1 / (std + eps) behind x - mean; else scale = std.
__global__ void standardize_apply_kernel(float* y, const float* x, const float* mean, const float* std,
                                         Window at, float eps, float limit) {
  const std::int64_t i = static_cast<std::int64_t>(block_x()) * kThreads + thread_x(), plane = block_y();
  if (i >= at.outer_h * at.outer_w) {
    return;
  }
  const std::int64_t h = i / at.outer_w - at.top, w = i % at.outer_w - at.left;
  float value = 0.0f;
  if (h >= 0 && h < at.h && w >= 0 && w < at.w) {
    const float in = x[plane * at.pixels() + h * at.w + w];
    if (mean != nullptr) {
      const float r =
          static_cast<float>(standardize::factor(static_cast<double>(std[plane]), static_cast<double>(eps)));
      value = (in - mean[plane]) * r;
      value = value < -limit ? -limit : value;
      value = value > limit ? limit : value;
    } else {
      value = in * std[plane];
    }
  }
  y[plane * at.outer_h * at.outer_w + i] = value;
}

__global__ void unstandardize_apply_kernel(float* z, const float* y, const float* mean, const float* std,
                                           Window at) {
  const std::int64_t i = static_cast<std::int64_t>(block_x()) * kThreads + thread_x(), plane = block_y();
  if (i < at.pixels()) {
    z[plane * at.pixels() + i] = y[at.outer(plane, i)] * std[plane] + mean[plane];
  }
}

struct BackwardArgs {
  float* dx;
  const float *dy, *y, *std, *dmean, *dstd;  // dmean and dstd may be null
  const double* totals;
  double eps, divisor;
};

__global__ void standardize_backward_kernel(BackwardArgs a, Window at) {
  const std::int64_t i = static_cast<std::int64_t>(block_x()) * kThreads + thread_x(), plane = block_y();
  if (i >= at.pixels()) {
    return;
  }
  const standardize::Backward k = standardize::backward_terms(
      a.totals[2 * plane], a.totals[2 * plane + 1], static_cast<double>(a.std[plane]),
      a.dmean != nullptr ? static_cast<double>(a.dmean[plane]) : 0.0,
      a.dstd != nullptr ? static_cast<double>(a.dstd[plane]) : 0.0, a.eps, a.divisor, at.pixels());
  const std::int64_t from = at.outer(plane, i);
  a.dx[plane * at.pixels() + i] = (static_cast<float>(k.slope) * a.dy[from] + static_cast<float>(k.offset)) +
                                  static_cast<float>(k.tilt) * a.y[from];
}

// ---- launchers

constexpr std::int64_t kMostRows = 65535;  // of a grid

/// Calls f(first, count) for groups of planes that fit one grid.
template <typename F>
void for_plane_groups(std::int64_t planes, F&& f) {
  for (std::int64_t first = 0; first < planes; first += kMostRows) {
    f(first, planes - first < kMostRows ? planes - first : kMostRows);
  }
}

Window window_of(const Shape4& inner, const Shape4& outer, const StandardizeOptions& o) {
  return {inner.h, inner.w, outer.h, outer.w, o.top, o.left};
}

std::int64_t planes_of(const Shape4& s) { return s.n * s.c; }

const float* optional(const ConstTensorView& t, std::int64_t first) {
  return t.empty() ? nullptr : t.as<float>() + first;
}

/// Sums of d and d * y over the windows of planes [first, first + count).
void sum_planes(double* partial, double* totals, float* dmean, float* dstd, const float* d, const float* y,
                const Window& at, bool d_outer, std::int64_t count, Stream& stream) {
  const std::int64_t pieces = blocks_for(at.h * at.w, kPiece);
  launch("standardize_dots", standardize_dots_kernel, LaunchShape{{pieces, count}, {kThreads}}, stream,
         partial, d, y, at, d_outer);
  launch("standardize_totals", standardize_totals_kernel, LaunchShape{{count}, {kWarpSize}}, stream, totals,
         dmean, dstd, static_cast<const double*>(partial), static_cast<int>(pieces));
}

}  // namespace

void forward(TensorView y, TensorView mean, TensorView std, ConstTensorView x, const StandardizeOptions& o,
             Stream& stream) {
  const Window at = window_of(x.shape, y.shape, o);
  const std::int64_t pixels = x.plane(), pieces = blocks_for(pixels, kPiece);
  const float limit = o.limit > 0 ? static_cast<float>(o.limit) : HUGE_VALF;
  Scratch scratch(stream);
  double* partial = scratch.take<double>(static_cast<std::size_t>(planes_of(x.shape) * pieces * 2));
  for_plane_groups(planes_of(x.shape), [&](std::int64_t first, std::int64_t count) {
    const float* in = x.as<float>() + first * pixels;
    float *m = mean.as<float>() + first, *s = std.as<float>() + first;
    launch("standardize_moments", standardize_moments_kernel, LaunchShape{{pieces, count}, {kThreads}},
           stream, partial, in, pixels);
    launch("standardize_statistics", standardize_statistics_kernel, LaunchShape{{count}, {kWarpSize}}, stream,
           m, s, static_cast<const double*>(partial), static_cast<int>(pieces), pixels,
           standardize::divisor(pixels, o.unbiased));
    launch("standardize_apply", standardize_apply_kernel,
           LaunchShape{{blocks_for(y.plane(), kThreads), count}, {kThreads}}, stream,
           y.as<float>() + first * y.plane(), in, static_cast<const float*>(m), static_cast<const float*>(s),
           at, static_cast<float>(o.eps), limit);
  });
}

void backward(TensorView dx, ConstTensorView dy, ConstTensorView y, ConstTensorView std,
              ConstTensorView dmean, ConstTensorView dstd, const StandardizeOptions& o, Stream& stream) {
  const Window at = window_of(dx.shape, dy.shape, o);
  const std::int64_t planes = planes_of(dx.shape), pieces = blocks_for(dx.plane(), kPiece);
  Scratch scratch(stream);
  double* partial = scratch.take<double>(static_cast<std::size_t>(planes * pieces * 2));
  double* totals = scratch.take<double>(static_cast<std::size_t>(planes * 2));
  for_plane_groups(planes, [&](std::int64_t first, std::int64_t count) {
    const float *d = dy.as<float>() + first * dy.plane(), *kept = y.as<float>() + first * y.plane();
    sum_planes(partial, totals, nullptr, nullptr, d, kept, at, true, count, stream);
    const BackwardArgs args{dx.as<float>() + first * dx.plane(),
                            d,
                            kept,
                            std.as<float>() + first,
                            optional(dmean, first),
                            optional(dstd, first),
                            totals,
                            o.eps,
                            standardize::divisor(dx.plane(), o.unbiased)};
    launch("standardize_backward", standardize_backward_kernel,
           LaunchShape{{blocks_for(dx.plane(), kThreads), count}, {kThreads}}, stream, args, at);
  });
}

void back_forward(TensorView z, ConstTensorView y, ConstTensorView mean, ConstTensorView std,
                  const StandardizeOptions& o, Stream& stream) {
  const Window at = window_of(z.shape, y.shape, o);
  for_plane_groups(planes_of(z.shape), [&](std::int64_t first, std::int64_t count) {
    launch("unstandardize_apply", unstandardize_apply_kernel,
           LaunchShape{{blocks_for(z.plane(), kThreads), count}, {kThreads}}, stream,
           z.as<float>() + first * z.plane(), y.as<float>() + first * y.plane(), mean.as<float>() + first,
           std.as<float>() + first, at);
  });
}

void back_backward(TensorView dy, TensorView dmean, TensorView dstd, ConstTensorView dz, ConstTensorView y,
                   ConstTensorView std, const StandardizeOptions& o, Stream& stream) {
  const Window at = window_of(dz.shape, dy.shape, o);
  const std::int64_t planes = planes_of(dz.shape), pieces = blocks_for(dz.plane(), kPiece);
  Scratch scratch(stream);
  double* partial = scratch.take<double>(static_cast<std::size_t>(planes * pieces * 2));
  for_plane_groups(planes, [&](std::int64_t first, std::int64_t count) {
    const float* d = dz.as<float>() + first * dz.plane();
    if (!dmean.empty()) {
      sum_planes(partial, nullptr, dmean.as<float>() + first, dstd.as<float>() + first, d,
                 y.as<float>() + first * y.plane(), at, false, count, stream);
    }
    launch("standardize_apply", standardize_apply_kernel,
           LaunchShape{{blocks_for(dy.plane(), kThreads), count}, {kThreads}}, stream,
           dy.as<float>() + first * dy.plane(), d, static_cast<const float*>(nullptr),
           std.as<float>() + first, at, 0.0f, 0.0f);
  });
}

}  // namespace selfsame::SELFSAME_GPU::standardize_op
