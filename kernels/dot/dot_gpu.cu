// SPDX-License-Identifier: Apache-2.0
// kernels/dot/dot.hpp on a GPU: every block sums the products of a part of a sample in double; then one warp
// per sample adds the parts and updates the value. Which thread adds which elements in which order depends on
// a sample's shape alone. Not yet run on a GPU.
#include "kernels/dot/dot_gpu.hpp"

#include "kernels/device/gpu/block_sum.cuh"

namespace selfsame::SELFSAME_GPU::dot {
namespace {

constexpr int kThreads = 256;

struct Args {
  const float *a, *b;
  std::int64_t a_stride, b_stride, count;
  std::int64_t part;  // elements of a block
  double* sums;       // (N, parts)
};

__global__ void sample_dot_parts_kernel(Args x) {
  const std::int64_t n = block_y(), first = block_x() * x.part;
  const std::int64_t end = first + x.part < x.count ? first + x.part : x.count;
  double sum = 0;
  for (std::int64_t i = first + thread_x(); i < end; i += kThreads) {
    sum += static_cast<double>(x.a[n * x.a_stride + i]) * static_cast<double>(x.b[n * x.b_stride + i]);
  }
  sum = block_sum<kThreads>(sum);
  if (thread_x() == 0) {
    x.sums[n * grid_size_x() + block_x()] = sum;
  }
}

__global__ void sample_dot_samples_kernel(double* values, const double* sums, int parts, double count,
                                          DotRule rule) {
  const std::int64_t n = block_x();
  const double sum = sum_of_parts(sums + n * parts, parts);
  if (lane_id() == 0) {
    const double before = rule.keep == 0 ? 0.0 : rule.keep * values[n];
    values[n] = before + rule.scale * (sum / count) + rule.offset;
  }
}

}  // namespace

void sample_dot(std::span<double> values, const DotRule& rule, ConstTensorView a, ConstTensorView b,
                Stream& stream) {
  const Shape4 shape = a.shape;
  const std::int64_t parts = dot_parts(shape), count = a.sample_size();
  Scratch scratch(stream);
  double* sums = scratch.take<double>(static_cast<std::size_t>(shape.n * parts));
  const Args x{
      a.as<float>(), b.as<float>(), a.sample_stride, b.sample_stride, count, blocks_for(count, parts), sums};
  launch("sample_dot_parts", sample_dot_parts_kernel, LaunchShape{{parts, shape.n, 1}, {kThreads, 1, 1}},
         stream, x);
  launch("sample_dot_samples", sample_dot_samples_kernel, LaunchShape{{shape.n, 1, 1}, {kWarpSize, 1, 1}},
         stream, values.data(), static_cast<const double*>(sums), static_cast<int>(parts),
         static_cast<double>(count), rule);
}

}  // namespace selfsame::SELFSAME_GPU::dot
