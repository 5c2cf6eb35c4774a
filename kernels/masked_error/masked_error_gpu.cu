// SPDX-License-Identifier: Apache-2.0
// kernels/masked_error/masked_error.hpp on a GPU: every block sums a part of a sample in double and counts
// the pixels of J in its first channel; one warp per sample adds the parts; then the gradient, whose factor
// is known only now. Which thread adds which elements in which order depends on a sample's shape alone. Not
// yet run on a GPU.
#include "kernels/masked_error/masked_error_gpu.hpp"

#include <limits>

#include "kernels/device/gpu/block_sum.cuh"

namespace selfsame::SELFSAME_GPU::masked_error {
namespace {

constexpr int kThreads = 256;

struct Args {
  const float *p, *t, *mask;
  float* d;                                                // may be p or t
  std::int64_t p_stride, t_stride, mask_stride, d_stride;  // between samples
  int count, plane;                                        // elements of a sample, pixels
  int part;                                                // elements of a block
  double *sums, *counts;                                   // (N, parts)
  float* factors;                                          // (N): of the gradient
};

/// Calls f(i, m) for the thread's elements of the block's part: the element, and whether it is in J.
template <typename F>
__device__ void for_part(const Args& a, F f) {
  const std::int64_t n = block_y();
  const int first = block_x() * a.part, end = first + a.part < a.count ? first + a.part : a.count;
  for (int i = first + thread_x(); i < end; i += kThreads) {
    f(i, a.mask[n * a.mask_stride + i % a.plane] != 0.0f);
  }
}

__global__ void masked_error_parts_kernel(Args a) {
  const std::int64_t n = block_y();
  double sum = 0, pixels = 0;
  for_part(a, [&](int i, bool in_mask) {
    if (in_mask) {
      const double difference =
          static_cast<double>(a.p[n * a.p_stride + i]) - static_cast<double>(a.t[n * a.t_stride + i]);
      sum += difference * difference;
      pixels += i < a.plane ? 1.0 : 0.0;
    }
  });
  sum = block_sum<kThreads>(sum);
  pixels = block_sum<kThreads>(pixels);
  if (thread_x() == 0) {
    a.sums[n * grid_size_x() + block_x()] = sum;
    a.counts[n * grid_size_x() + block_x()] = pixels;
  }
}

__global__ void masked_error_samples_kernel(double* values, Args a, int parts, double channels,
                                            double batch) {
  const std::int64_t n = block_x();
  const double sum = sum_of_parts(a.sums + n * parts, parts);
  const double elements = channels * sum_of_parts(a.counts + n * parts, parts);
  if (lane_id() == 0) {
    values[n] = elements == 0 ? 0.0 : sum / elements;
    a.factors[n] = elements == 0 ? 0.0f : static_cast<float>(2 / (elements * batch));
  }
}

__global__ void masked_error_gradient_kernel(Args a) {
  const std::int64_t n = block_y();
  const float factor = a.factors[n];
  for_part(a, [&](int i, bool in_mask) {
    a.d[n * a.d_stride + i] = in_mask ? factor * (a.p[n * a.p_stride + i] - a.t[n * a.t_stride + i]) : 0.0f;
  });
}

}  // namespace

void run(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
         ConstTensorView target, ConstTensorView mask, std::int64_t lanes, Stream& stream) {
  const Shape4 shape = prediction.shape;
  const std::int64_t parts = masked_error_parts(shape), count = prediction.sample_size();
  SELFSAME_CHECK(count <= std::numeric_limits<int>::max() / 2, "masked_error: samples of {} are too large",
                 shape.text());
  const auto total = static_cast<std::size_t>(shape.n * parts);
  Scratch scratch(stream);
  const Args a{prediction.as<float>(),
               target.as<float>(),
               mask.as<float>(),
               static_cast<float*>(dprediction.data),
               prediction.sample_stride,
               target.sample_stride,
               mask.sample_stride,
               dprediction.sample_stride,
               static_cast<int>(count),
               static_cast<int>(mask.plane()),
               static_cast<int>(blocks_for(count, parts)),
               scratch.take<double>(total),
               scratch.take<double>(total),
               scratch.take<float>(static_cast<std::size_t>(shape.n))};
  const LaunchShape of_parts{{parts, shape.n, 1}, {kThreads, 1, 1}};
  launch("masked_error_parts", masked_error_parts_kernel, of_parts, stream, a);
  launch("masked_error_samples", masked_error_samples_kernel, LaunchShape{{shape.n, 1, 1}, {kWarpSize, 1, 1}},
         stream, sample_values.data(), a, static_cast<int>(parts), static_cast<double>(shape.c),
         static_cast<double>(shape.n / lanes));
  if (!dprediction.empty()) {
    launch("masked_error_gradient", masked_error_gradient_kernel, of_parts, stream, a);
  }
}

}  // namespace selfsame::SELFSAME_GPU::masked_error
