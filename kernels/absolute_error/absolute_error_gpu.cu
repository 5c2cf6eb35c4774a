// SPDX-License-Identifier: Apache-2.0
// kernels/absolute_error/absolute_error.hpp on a GPU: every block sums a piece of a sample in double and
// writes its gradient; then one warp per sample adds the pieces. Not yet run on a GPU.
#include <cmath>
#include <limits>

#include "kernels/absolute_error/absolute_error_versions.hpp"
#include "kernels/device/gpu/block_sum.cuh"

namespace selfsame::SELFSAME_GPU::absolute_error {
namespace {

constexpr int kThreads = 256;

struct Args {
  const float *p, *t;
  float* d;  // null = not wanted; may be p or t
  int count;
  double* sums;  // (N, parts)
  float step;    // of the gradient
};

__global__ void absolute_error_parts_kernel(Args a) {
  constexpr int kPiece = static_cast<int>(kAbsoluteErrorPiece);
  const std::int64_t n = block_y();
  const int first = block_x() * kPiece, end = first + kPiece < a.count ? first + kPiece : a.count;
  double sum = 0;
  for (int i = first + thread_x(); i < end; i += kThreads) {
    const std::int64_t at = n * a.count + i;
    const float p = a.p[at], t = a.t[at], difference = p - t;
    sum += std::abs(static_cast<double>(p) - static_cast<double>(t));
    if (a.d != nullptr) {
      a.d[at] = difference > 0 ? a.step : difference < 0 ? -a.step : difference;
    }
  }
  sum = block_sum<kThreads>(sum);
  if (thread_x() == 0) {
    a.sums[n * grid_size_x() + block_x()] = sum;
  }
}

__global__ void absolute_error_samples_kernel(double* values, const double* sums, int parts, double divisor) {
  const std::int64_t n = block_x();
  const double sum = sum_of_parts(sums + n * parts, parts);
  if (lane_id() == 0) {
    values[n] = sum / divisor;
  }
}

}  // namespace

void run(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
         ConstTensorView target, std::int64_t lanes, Stream& stream) {
  const Shape4 shape = prediction.shape;
  const std::int64_t count = shape.c * shape.h * shape.w, parts = absolute_error_parts(shape);
  SELFSAME_CHECK(count <= std::numeric_limits<int>::max() - kAbsoluteErrorPiece,
                 "absolute_error: samples of {} are too large", shape.text());
  const double elements = static_cast<double>(count);
  Scratch scratch(stream);
  double* sums = scratch.take<double>(static_cast<std::size_t>(shape.n * parts));
  const Args a{static_cast<const float*>(prediction.data),
               static_cast<const float*>(target.data),
               static_cast<float*>(dprediction.data),
               static_cast<int>(count),
               sums,
               static_cast<float>(1 / (elements * static_cast<double>(shape.n / lanes)))};
  launch("absolute_error_parts", absolute_error_parts_kernel,
         LaunchShape{{parts, shape.n, 1}, {kThreads, 1, 1}}, stream, a);
  launch("absolute_error_samples", absolute_error_samples_kernel,
         LaunchShape{{shape.n, 1, 1}, {kWarpSize, 1, 1}}, stream, sample_values.data(),
         static_cast<const double*>(sums), static_cast<int>(parts), elements);
}

}  // namespace selfsame::SELFSAME_GPU::absolute_error
