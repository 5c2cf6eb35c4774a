// SPDX-License-Identifier: Apache-2.0
// Sums of parts for the weight and bias gradients of conv2d. Not yet run on a GPU.
#include "kernels/conv2d/conv2d_weight_parts.cuh"

#include <algorithm>

namespace selfsame::SELFSAME_GPU {
namespace {

constexpr int kThreads = 256;

// ---- weights ----------------------------------------------------------------------------------------

// dw[i] += sums of the parts. A block has kThreads / kGroups elements; group g of threads adds parts g,
// g + kGroups, ... in order, then the groups are added in order.
template <int kGroups>
__global__ void conv2d_add_parts_kernel(float* __restrict__ dw, std::int64_t dw_lane,
                                        const float* __restrict__ sums, std::int64_t count,
                                        std::int64_t parts) {
  constexpr int kElements = kThreads / kGroups;
  const int element = thread_x() % kElements, group = thread_x() / kElements;
  const std::int64_t i = static_cast<std::int64_t>(block_x()) * kElements + element;
  const std::int64_t lane = block_y();

  SELFSAME_SHARED(float, group_sums, [kGroups][kElements]);

  float sum = 0;
  if (i < count) {
    const float* from = sums + lane * parts * count + i;
#pragma unroll 4
    for (std::int64_t part = group; part < parts; part += kGroups) {
      sum += from[part * count];
    }
  }
  group_sums[group][element] = sum;
  sync_threads();

  if (group == 0 && i < count) {
    for (int g = 1; g < kGroups; ++g) {
      sum += group_sums[g][element];
    }
    dw[lane * dw_lane + i] += sum;
  }
}

// ---- bias -------------------------------------------------------------------------------------------

template <typename T>
struct BiasArgs {
  double* __restrict__ sums;  // (L, parts, blocks*kBlock)
  const T* __restrict__ dy;
  std::int64_t dy_stride, lane_samples, plane;
  int blocks, parts;
};

// One block: one channel block of one part of a lane's pixels.
template <typename T, int kBlock>
__global__ void conv2d_bias_gradient_kernel(BiasArgs<T> a) {
  const std::int64_t lane = block_z();
  const int part = block_x(), q = block_y();
  const std::int64_t pixels = a.lane_samples * a.plane;
  const std::int64_t first = pixels * part / a.parts, last = pixels * (part + 1) / a.parts;

  SELFSAME_SHARED(double, warp_sums, [kThreads / kWarpSize][kBlock]);

  double sum[kBlock] = {};
  for (std::int64_t i = first + thread_x(); i < last; i += kThreads) {
    const std::int64_t n = lane * a.lane_samples + i / a.plane, pixel = i % a.plane;
    const auto v =
        *reinterpret_cast<const Pack<T, kBlock>*>(a.dy + n * a.dy_stride + (q * a.plane + pixel) * kBlock);
#pragma unroll
    for (int r = 0; r < kBlock; ++r) {
      sum[r] += static_cast<double>(to_float(v.v[r]));
    }
  }
#pragma unroll
  for (int r = 0; r < kBlock; ++r) {
    sum[r] = warp_sum(sum[r]);
    if (lane_id() == 0) {
      warp_sums[warp_id()][r] = sum[r];
    }
  }
  sync_threads();

  if (thread_x() < kBlock) {
    double total = 0;
    for (int warp = 0; warp < kThreads / kWarpSize; ++warp) {
      total += warp_sums[warp][thread_x()];
    }
    const std::int64_t channels = static_cast<std::int64_t>(a.blocks) * kBlock;
    a.sums[(lane * a.parts + part) * channels + q * kBlock + thread_x()] = total;
  }
}

// One thread per channel of a lane: its parts in order.
__global__ void conv2d_add_bias_parts_kernel(float* __restrict__ db, std::int64_t db_lane,
                                             const double* __restrict__ sums, int channels, int padded,
                                             int parts) {
  const int k = block_x() * kThreads + thread_x();
  const std::int64_t lane = block_y();
  if (k >= channels) {
    return;
  }
  double total = 0;
#pragma unroll 8
  for (int part = 0; part < parts; ++part) {
    total += sums[(lane * parts + part) * padded + k];
  }
  float& to = db[lane * db_lane + k];
  to = static_cast<float>(static_cast<double>(to) + total);
}

template <typename T, int kBlock>
void bias_parts(double* sums, int parts, std::int64_t lanes, const ConstTensorView& dy, Stream& stream) {
  const BiasArgs<T> a{
      sums, dy.as<T>(), dy.sample_stride, dy.shape.n / lanes, dy.plane(), static_cast<int>(dy.blocks()),
      parts};
  launch("conv2d_bias_gradient", conv2d_bias_gradient_kernel<T, kBlock>,
         LaunchShape{{parts, dy.blocks(), lanes}, {kThreads, 1, 1}}, stream, a);
}

}  // namespace

// ---- launchers --------------------------------------------------------------------------------------

void sum_weight_parts(ParameterView dw, const ConvWeightPlan& plan, Scratch& scratch, Stream& stream,
                      SumLanes sum) {
  const std::int64_t count = dw.count(), row = dw.dims[1] * dw.dims[2] * dw.dims[3];
  if (plan.parts == 1) {
    sum({static_cast<float*>(dw.data), dw.lane_stride, 0, row, true}, 0, dw.lanes);
    return;
  }
  const std::int64_t at_once = std::min(plan.lanes_at_once, dw.lanes);
  float* sums = scratch.take<float>(static_cast<std::size_t>(at_once * plan.parts * count));
  // Many parts: eight threads share the parts of an element, so that small weights keep the GPU busy too.
  constexpr int kGroups = 8;
  const bool shared = plan.parts >= 2 * kGroups;
  for (std::int64_t first = 0; first < dw.lanes; first += at_once) {
    const std::int64_t lanes = std::min(at_once, dw.lanes - first);
    sum({sums, plan.parts * count, count, row, false}, first, lanes);
    float* to = static_cast<float*>(dw.data) + first * dw.lane_stride;
    const LaunchShape shape{{blocks_for(count, shared ? kThreads / kGroups : kThreads), lanes, 1},
                            {kThreads, 1, 1}};
    shared ? launch("conv2d_add_parts", conv2d_add_parts_kernel<kGroups>, shape, stream, to, dw.lane_stride,
                    sums, count, plan.parts)
           : launch("conv2d_add_parts", conv2d_add_parts_kernel<1>, shape, stream, to, dw.lane_stride, sums,
                    count, plan.parts);
  }
}

void bias_gradient(ParameterView db, ConstTensorView dy, Scratch& scratch, Stream& stream) {
  if (db.empty() || dy.shape.count() == 0) {
    return;
  }
  const int parts = static_cast<int>(conv2d_bias_parts(dy.shape.n / db.lanes, dy.plane()));
  const int padded = static_cast<int>(dy.blocks() * dy.block);
  double* sums = scratch.take<double>(static_cast<std::size_t>(db.lanes * parts * padded));
  if (dy.block == 1) {
    bias_parts<float, 1>(sums, parts, db.lanes, dy, stream);
  } else {
    for_gpu_dtype(dy.dtype, [&](auto zero) {
      bias_parts<decltype(zero), kGpuChannelBlock>(sums, parts, db.lanes, dy, stream);
    });
  }
  const int channels = static_cast<int>(dy.shape.c);
  launch("conv2d_add_bias_parts", conv2d_add_bias_parts_kernel,
         LaunchShape{{blocks_for(channels, kThreads), db.lanes, 1}, {kThreads, 1, 1}}, stream,
         static_cast<float*>(db.data), db.lane_stride, sums, channels, padded, parts);
}

}  // namespace selfsame::SELFSAME_GPU
