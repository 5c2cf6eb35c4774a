// SPDX-License-Identifier: Apache-2.0
// kernels/squared_error/squared_error.hpp on a GPU: every block sums a part of a sample in double and writes
// its gradient; then one warp per sample adds the parts. Which thread adds which elements in which order
// depends on a sample's shape alone, neither on addresses nor on other samples. Padding channels are zero in
// both tensors, so whole samples are summed as they lie in memory. Not yet run on a GPU.
#include "kernels/squared_error/squared_error_gpu.hpp"

#include "kernels/device/gpu/block_sum.cuh"
#include "kernels/device/gpu/flat_map.cuh"

namespace selfsame::SELFSAME_GPU::squared_error {
namespace {

constexpr int kThreads = 256;
constexpr int kGroup = 4;  // neighbouring elements of a thread: 16 bytes of float

template <typename T>
struct Args {
  const T *p, *t;
  T* d;  // null = not wanted; may be p or t
  std::int64_t p_stride, t_stride, d_stride, count;
  std::int64_t part;  // elements of a block
  double* sums;       // (N, parts)
  double divisor;     // of the sums
  float scale;        // of the gradient
  bool wide;          // groups can be read and written at once
};

// ---- device helpers
// -----------------------------------------------------------------------------------------

/// Elements from `left` on are zeros.
template <typename T>
__device__ Pack<T, kGroup> load_group(const T* from, std::int64_t left, bool wide) {
  Pack<T, kGroup> group{};
  if (wide && left >= kGroup) {
    return *reinterpret_cast<const Pack<T, kGroup>*>(from);
  }
  for (int v = 0; v < kGroup && v < left; ++v) {
    group.v[v] = from[v];
  }
  return group;
}

template <typename T>
__device__ void store_group(T* to, const Pack<T, kGroup>& group, std::int64_t left, bool wide) {
  if (wide && left >= kGroup) {
    *reinterpret_cast<Pack<T, kGroup>*>(to) = group;
    return;
  }
  for (int v = 0; v < kGroup && v < left; ++v) {
    to[v] = group.v[v];
  }
}

// ---- kernels
// ------------------------------------------------------------------------------------------------

template <typename T>
__global__ void squared_error_parts_kernel(Args<T> a) {
  const std::int64_t n = block_y(), first = block_x() * a.part;
  const std::int64_t end = first + a.part < a.count ? first + a.part : a.count;

  double sum = 0;
  for (std::int64_t i = first + thread_x() * kGroup; i < end; i += kThreads * kGroup) {
    const Pack<T, kGroup> p = load_group(a.p + n * a.p_stride + i, end - i, a.wide);
    const Pack<T, kGroup> t = load_group(a.t + n * a.t_stride + i, end - i, a.wide);
    Pack<T, kGroup> d;
#pragma unroll
    for (int v = 0; v < kGroup; ++v) {
      const float from = to_float(p.v[v]), to = to_float(t.v[v]);
      const double difference = static_cast<double>(from) - static_cast<double>(to);
      sum += difference * difference;
      d.v[v] = from_float<T>(a.scale * (from - to));
    }
    if (a.d != nullptr) {
      store_group(a.d + n * a.d_stride + i, d, end - i, a.wide);
    }
  }

  sum = block_sum<kThreads>(sum);
  if (thread_x() == 0) {
    a.sums[n * grid_size_x() + block_x()] = sum / a.divisor;
  }
}

__global__ void squared_error_samples_kernel(double* values, const double* sums, int parts, double divisor) {
  const std::int64_t n = block_x();
  const double sum = sum_of_parts(sums + n * parts, parts);
  if (lane_id() == 0) {
    values[n] = sum / divisor;
  }
}

// ---- launcher
// -----------------------------------------------------------------------------------------------

bool has_aligned_groups(const ConstTensorView& t) {
  const std::size_t bytes = kGroup * size_of(t.dtype);
  return t.empty() ||
         (reinterpret_cast<std::uintptr_t>(t.data) % bytes == 0 && t.sample_stride % kGroup == 0);
}

}  // namespace

void run(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
         ConstTensorView target, std::int64_t lanes, Stream& stream) {
  const Shape4 shape = prediction.shape;
  const double elements = static_cast<double>(shape.c * shape.h * shape.w);
  const std::int64_t parts = squared_error_parts(shape), count = prediction.sample_size();
  Scratch scratch(stream);
  // One part is the whole sample.
  double* sums =
      parts > 1 ? scratch.take<double>(static_cast<std::size_t>(shape.n * parts)) : sample_values.data();
  for_gpu_dtype(prediction.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Args<T> a{
        static_cast<const T*>(prediction.data),
        static_cast<const T*>(target.data),
        static_cast<T*>(dprediction.data),
        prediction.sample_stride,
        target.sample_stride,
        dprediction.sample_stride,
        count,
        blocks_for(count, parts * kGroup) * kGroup,
        sums,
        parts > 1 ? 1.0 : elements,
        static_cast<float>(2 / (elements * static_cast<double>(shape.n / lanes))),
        has_aligned_groups(prediction) && has_aligned_groups(target) && has_aligned_groups(dprediction)};
    launch("squared_error_parts", squared_error_parts_kernel<T>,
           LaunchShape{{parts, shape.n, 1}, {kThreads, 1, 1}}, stream, a);
  });
  if (parts > 1) {
    launch("squared_error_samples", squared_error_samples_kernel,
           LaunchShape{{shape.n, 1, 1}, {kWarpSize, 1, 1}}, stream, sample_values.data(), sums,
           static_cast<int>(parts), elements);
  }
}

}  // namespace selfsame::SELFSAME_GPU::squared_error
