// SPDX-License-Identifier: Apache-2.0
// The weight gradient of kernels/conv2d/conv2d.hpp where a side is planes. A block sums one pair of channel
// blocks over its part of the lane's pixels: every thread keeps the sums of all taps for its own pixels,
// which are added over the threads at the end. Not yet run on a GPU.
#include "kernels/conv2d/conv2d_gpu.hpp"
#include "kernels/conv2d/conv2d_planes.cuh"
#include "kernels/conv2d/conv2d_weight_parts.cuh"

namespace selfsame::SELFSAME_GPU::conv2d_planes {
namespace {

constexpr int kThreads = 256;

template <typename TX, typename TY>
struct PlanesWeightArgs {
  const TX* __restrict__ x;
  const TY* __restrict__ dy;
  std::int64_t x_stride, dy_stride, first_lane, lane_samples, parts;
  ChannelMap c_map, k_map;
  WeightSums sums;
  int h, w, c_blocks;
};

template <typename X, typename Y, int kFilter>
__global__ void conv2d_planes_weight_kernel(PlanesWeightArgs<typename X::Type, typename Y::Type> a) {
  constexpr int kTaps = kFilter * kFilter, kPad = kFilter / 2, kC = X::kBlock, kK = Y::kBlock;
  const int k_block = block_y() / a.c_blocks, c_block = block_y() % a.c_blocks;
  const std::int64_t lane = a.first_lane + block_z(), plane = static_cast<std::int64_t>(a.h) * a.w;
  const PartRange range = PartRange::of(a.lane_samples * plane, block_x(), a.parts);

  SELFSAME_SHARED(float, warp_sums, [kThreads / kWarpSize][kK * kC * kTaps]);

  float sums[kK][kC][kTaps] = {};
  for (std::int64_t i = range.first + thread_x(); i < range.last; i += kThreads) {
    const std::int64_t n = lane * a.lane_samples + i / plane;
    const int pixel = static_cast<int>(i % plane), h = pixel / a.w, w = pixel % a.w;
    const auto g = *reinterpret_cast<const Pack<typename Y::Type, kK>*>(a.dy + n * a.dy_stride +
                                                                        (k_block * plane + pixel) * kK);
    const auto* x = a.x + n * a.x_stride + c_block * plane * kC;
#pragma unroll
    for (int tap = 0; tap < kTaps; ++tap) {
      const int row = h + tap / kFilter - kPad, col = w + tap % kFilter - kPad;
      if (row >= 0 && row < a.h && col >= 0 && col < a.w) {
        const auto in = *reinterpret_cast<const Pack<typename X::Type, kC>*>(
            x + (static_cast<std::int64_t>(row) * a.w + col) * kC);
#pragma unroll
        for (int k = 0; k < kK; ++k) {
#pragma unroll
          for (int c = 0; c < kC; ++c) {
            sums[k][c][tap] += to_float(g.v[k]) * to_float(in.v[c]);
          }
        }
      }
    }
  }

#pragma unroll
  for (int i = 0; i < kK * kC * kTaps; ++i) {
    const float sum = warp_sum(sums[i / (kC * kTaps)][i / kTaps % kC][i % kTaps]);
    if (lane_id() == 0) {
      warp_sums[warp_id()][i] = sum;
    }
  }
  sync_threads();

  for (int i = thread_x(); i < kK * kC * kTaps; i += kThreads) {
    const int k = a.k_map.logical(k_block * kK + i / (kC * kTaps)),
              c = a.c_map.logical(c_block * kC + i / kTaps % kC);
    if (k >= 0 && c >= 0) {
      float total = 0;
      for (int warp = 0; warp < kThreads / kWarpSize; ++warp) {
        total += warp_sums[warp][i];
      }
      add_weight(a.sums, block_z(), block_x(), k, c * kTaps + i % kTaps, total);
    }
  }
}

template <typename X, typename Y>
void launch_weight(ParameterView dw, ConstTensorView dy, ConstTensorView x, const ConvWeightPlan& plan,
                   Scratch& scratch, Stream& stream) {
  PlanesWeightArgs<typename X::Type, typename Y::Type> a{};
  a.x = x.as<typename X::Type>(), a.dy = dy.as<typename Y::Type>();
  a.x_stride = x.sample_stride, a.dy_stride = dy.sample_stride;
  a.lane_samples = x.shape.n / dw.lanes, a.parts = plan.parts;
  a.c_map = plane_map(x), a.k_map = plane_map(dy);
  a.h = static_cast<int>(x.shape.h), a.w = static_cast<int>(x.shape.w);
  a.c_blocks = static_cast<int>(plan.c_tiles);
  sum_weight_parts(dw, plan, scratch, stream, [&](const WeightSums& sums, std::int64_t first, auto lanes) {
    a.sums = sums, a.first_lane = first;
    const LaunchShape shape{{plan.parts, plan.k_tiles * plan.c_tiles, lanes}, {kThreads, 1, 1}};
    launch("conv2d_planes_weight",
           dw.dims[2] == 3 ? conv2d_planes_weight_kernel<X, Y, 3> : conv2d_planes_weight_kernel<X, Y, 1>,
           shape, stream, a);
  });
}

}  // namespace

void backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                     Stream& stream) {
  if (x.shape.count() == 0) {
    return;
  }
  Scratch scratch(stream);
  const ConvWeightPlan plan = conv2d_planes_weight_plan(weight_shape(dw, dy, x));
  for_plane_sides(x, dy, [&](auto x_side, auto y_side) {
    launch_weight<decltype(x_side), decltype(y_side)>(dw, dy, x, plan, scratch, stream);
  });
  bias_gradient(db, dy, scratch, stream);
}

}  // namespace selfsame::SELFSAME_GPU::conv2d_planes
