// SPDX-License-Identifier: Apache-2.0
// kernels/weighted_error/weighted_error.hpp on a GPU: every block sums a part of a sample in double; then one
// warp per sample adds the parts. Which thread adds which numbers in which order depends on a sample's shape
// alone. The weight of number i of a sample is weights[i mod period], period W or H*W. Not yet run on a GPU.
#include "kernels/weighted_error/weighted_error_gpu.hpp"

#include <cmath>
#include <limits>

#include "kernels/device/gpu/block_sum.cuh"
#include "kernels/device/gpu/flat_map.cuh"

namespace selfsame::SELFSAME_GPU::weighted_error {
namespace {

constexpr int kThreads = 256;
using Number = Pack<float, 2>;

struct Args {
  const Number *p, *t;  // t: null = zeros
  Number* d;            // null = not wanted; may be p or t
  const float* weights;
  int count, period;       // complex numbers of a sample, weights of a sample
  int part;                // numbers of a block
  double* sums;            // parts of sample n: [n * parts, (n + 1) * parts); of `relative`: four such arrays
  const double* divisors;  // null = divisor
  double divisor, batch;
};

struct Difference {
  double re, im, t_re, t_im, weight;
};

__device__ inline double divisor_of(const Args& a, std::int64_t n) {
  return a.divisors != nullptr ? a.divisors[n] : a.divisor;
}

/// Calls f(index, difference) for the numbers of this thread.
template <typename F>
__device__ void for_numbers(const Args& a, F f) {
  const std::int64_t n = block_y();
  const int first = block_x() * a.part, end = first + a.part < a.count ? first + a.part : a.count;
  for (int i = first + thread_x(); i < end; i += kThreads) {
    const std::int64_t at = n * a.count + i;
    const Number p = a.p[at], t = a.t != nullptr ? a.t[at] : Number{};
    const double t_re = static_cast<double>(t.v[0]), t_im = static_cast<double>(t.v[1]);
    f(at, Difference{static_cast<double>(p.v[0]) - t_re, static_cast<double>(p.v[1]) - t_im, t_re, t_im,
                     static_cast<double>(a.weights[n * a.period + i % a.period])});
  }
}

__device__ inline Number scaled(const Difference& d, double factor) {
  return {{static_cast<float>(factor * d.re), static_cast<float>(factor * d.im)}};
}

__global__ void squares_parts_kernel(Args a) {
  const double scale = 2 / (divisor_of(a, block_y()) * a.batch);
  double sum = 0;
  for_numbers(a, [&](std::int64_t at, const Difference& d) {
    sum += d.weight * (d.re * d.re + d.im * d.im);
    if (a.d != nullptr) {
      a.d[at] = scaled(d, scale * d.weight);
    }
  });
  sum = block_sum<kThreads>(sum);
  if (thread_x() == 0) {
    a.sums[std::int64_t{block_y()} * grid_size_x() + block_x()] = sum;
  }
}

__global__ void squares_samples_kernel(double* values, Args a, int parts) {
  const std::int64_t n = block_x();
  const double sum = sum_of_parts(a.sums + n * parts, parts);
  if (lane_id() == 0) {
    values[n] = sum / divisor_of(a, n);
  }
}

__global__ void relative_parts_kernel(Args a, int stride) {
  double sums[4] = {};
  for_numbers(a, [&](std::int64_t, const Difference& d) {
    const double e2 = d.re * d.re + d.im * d.im, n2 = d.t_re * d.t_re + d.t_im * d.t_im;
    sums[0] += d.weight * e2;
    sums[1] += d.weight * n2;
    sums[2] += d.weight * std::sqrt(e2);
    sums[3] += d.weight * std::sqrt(n2);
  });
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    const double sum = block_sum<kThreads>(sums[k]);
    if (thread_x() == 0) {
      a.sums[std::int64_t{k} * stride + std::int64_t{block_y()} * grid_size_x() + block_x()] = sum;
    }
  }
}

/// Also the factors of the gradient: factors[2n] + factors[2n + 1] / |p - t|.
__global__ void relative_samples_kernel(double* values, double* factors, Args a, int stride, int parts) {
  const std::int64_t n = block_x();
  double sums[4];
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    sums[k] = sum_of_parts(a.sums + std::int64_t{k} * stride + n * parts, parts);
  }
  if (lane_id() == 0) {
    values[n] = 0.5 * std::sqrt(sums[0] / sums[1]) + 0.5 * sums[2] / sums[3];
    factors[2 * n] = 0.5 / (std::sqrt(sums[0] * sums[1]) * a.batch);
    factors[2 * n + 1] = 0.5 / (sums[3] * a.batch);
  }
}

__global__ void relative_gradient_kernel(Args a, const double* factors) {
  const double constant = factors[2 * std::int64_t{block_y()}];
  const double over_modulus = factors[2 * std::int64_t{block_y()} + 1];
  for_numbers(a, [&](std::int64_t at, const Difference& d) {
    const double modulus = std::sqrt(d.re * d.re + d.im * d.im);
    const bool none = d.weight == 0.0 || modulus == 0.0;
    a.d[at] = scaled(d, none ? 0.0 : d.weight * (constant + over_modulus / modulus));
  });
}

// ---- launchers
// ----------------------------------------------------------------------------------------------

Args args_of(const ComplexView& d, const ConstComplexView& p, const ConstComplexView& t,
             const ConstTensorView& weights, std::int64_t lanes) {
  const Shape4 shape = p.shape;
  const std::int64_t count = shape.c * shape.h * shape.w;
  SELFSAME_CHECK(count <= std::numeric_limits<int>::max() - kThreads,
                 "weighted_error: samples of {} are too large", shape.text());
  Args a{};
  a.p = static_cast<const Number*>(p.data);
  a.t = static_cast<const Number*>(t.data);
  a.d = static_cast<Number*>(d.data);
  a.weights = weights.as<float>();
  a.count = static_cast<int>(count);
  a.period = static_cast<int>(weights.shape.h * weights.shape.w);
  a.part = static_cast<int>(blocks_for(count, weighted_error_parts(shape)));
  a.divisor = static_cast<double>(count);
  a.batch = static_cast<double>(shape.n / lanes);
  return a;
}

LaunchShape parts_shape(const Shape4& shape) {
  return {{weighted_error_parts(shape), shape.n, 1}, {kThreads, 1, 1}};
}

void sum_squares(std::span<double> values, Args a, const Shape4& shape, Stream& stream) {
  const std::int64_t parts = weighted_error_parts(shape);
  Scratch scratch(stream);
  a.sums = scratch.take<double>(static_cast<std::size_t>(shape.n * parts));
  launch("weighted_squares_parts", squares_parts_kernel, parts_shape(shape), stream, a);
  launch("weighted_squares_samples", squares_samples_kernel, LaunchShape{{shape.n, 1, 1}, {kWarpSize, 1, 1}},
         stream, values.data(), a, static_cast<int>(parts));
}

}  // namespace

void squared_error(std::span<double> sample_values, ComplexView dprediction, ConstComplexView prediction,
                   ConstComplexView target, ConstTensorView weights, std::span<const double> divisors,
                   std::int64_t lanes, Stream& stream) {
  Args a = args_of(dprediction, prediction, target, weights, lanes);
  a.divisors = divisors.data();
  sum_squares(sample_values, a, prediction.shape, stream);
}

void squares(std::span<double> sums, ConstComplexView z, ConstTensorView weights, Stream& stream) {
  Args a = args_of({}, z, {}, weights, 1);
  a.divisor = 1.0;
  sum_squares(sums, a, z.shape, stream);
}

void relative(std::span<double> sample_values, ComplexView dprediction, ConstComplexView prediction,
              ConstComplexView target, ConstTensorView weights, std::int64_t lanes, Stream& stream) {
  const Shape4 shape = prediction.shape;
  const std::int64_t parts = weighted_error_parts(shape), stride = shape.n * parts;
  Scratch scratch(stream);
  Args a = args_of(dprediction, prediction, target, weights, lanes);
  a.sums = scratch.take<double>(static_cast<std::size_t>(4 * stride));
  double* factors = scratch.take<double>(static_cast<std::size_t>(2 * shape.n));
  launch("relative_error_parts", relative_parts_kernel, parts_shape(shape), stream, a,
         static_cast<int>(stride));
  launch("relative_error_samples", relative_samples_kernel, LaunchShape{{shape.n, 1, 1}, {kWarpSize, 1, 1}},
         stream, sample_values.data(), factors, a, static_cast<int>(stride), static_cast<int>(parts));
  if (a.d != nullptr) {
    launch("relative_error_gradient", relative_gradient_kernel, parts_shape(shape), stream, a,
           static_cast<const double*>(factors));
  }
}

}  // namespace selfsame::SELFSAME_GPU::weighted_error
