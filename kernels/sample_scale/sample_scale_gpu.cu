// SPDX-License-Identifier: Apache-2.0
// kernels/sample_scale/sample_scale.hpp on a GPU: one thread per element, or one per lane or sample. Not yet
// run on a GPU.
#include "kernels/sample_scale/sample_scale_gpu.hpp"

#include "kernels/device/gpu/gpu.cuh"

namespace selfsame::SELFSAME_GPU::sample_scale {
namespace {

constexpr int kThreads = 256;

__device__ std::int64_t thread_number() {
  return static_cast<std::int64_t>(block_x()) * kThreads + thread_x();
}

__global__ void scale_lanes_kernel(float* y, const float* a, const float* scalars, std::int64_t stride,
                                   double offset, double factor, std::int64_t lane_size,
                                   std::int64_t elements) {
  const std::int64_t i = thread_number();
  if (i < elements) {
    const double s = offset + factor * static_cast<double>(scalars[i / lane_size * stride]);
    y[i] = static_cast<float>(s * static_cast<double>(a[i]));
  }
}

__global__ void add_lane_means_kernel(float* gradient, std::int64_t stride, const double* values,
                                      double factor, std::int64_t samples, std::int64_t lanes) {
  const std::int64_t l = thread_number();
  if (l < lanes) {
    double sum = 0;
    for (std::int64_t n = 0; n < samples; ++n) {
      sum += values[l * samples + n];
    }
    gradient[l * stride] = static_cast<float>(static_cast<double>(gradient[l * stride]) +
                                              factor * sum / static_cast<double>(samples));
  }
}

__global__ void divide_kernel(float* y, const double* divisors, std::int64_t sample_size,
                              std::int64_t elements) {
  const std::int64_t i = thread_number();
  if (i < elements) {
    y[i] = static_cast<float>(static_cast<double>(y[i]) / divisors[i / sample_size]);
  }
}

__global__ void divide_values_kernel(double* values, const double* divisors, std::int64_t samples) {
  const std::int64_t n = thread_number();
  if (n < samples) {
    values[n] /= divisors[n];
  }
}

LaunchShape shape_for(std::int64_t threads) { return {{blocks_for(threads, kThreads)}, {kThreads}}; }

}  // namespace

void scale_lanes(TensorView y, ConstTensorView a, ConstParameterView scalars, double offset, double factor,
                 Stream& stream) {
  const std::int64_t elements = y.shape.count();
  launch("scale_lanes", scale_lanes_kernel, shape_for(elements), stream, y.as<float>(), a.as<float>(),
         static_cast<const float*>(scalars.data), scalars.lane_stride, offset, factor,
         elements / scalars.lanes, elements);
}

void add_lane_means(ParameterView gradient, std::span<const double> values, double factor, Stream& stream) {
  launch("add_lane_means", add_lane_means_kernel, shape_for(gradient.lanes), stream,
         static_cast<float*>(gradient.data), gradient.lane_stride, values.data(), factor,
         static_cast<std::int64_t>(values.size()) / gradient.lanes, gradient.lanes);
}

void divide_samples(TensorView y, std::span<double> values, std::span<const double> divisors,
                    Stream& stream) {
  const std::int64_t elements = y.shape.count(), samples = y.shape.n;
  launch("divide_samples", divide_kernel, shape_for(elements), stream, y.as<float>(), divisors.data(),
         y.sample_size(), elements);
  launch("divide_values", divide_values_kernel, shape_for(samples), stream, values.data(), divisors.data(),
         samples);
}

}  // namespace selfsame::SELFSAME_GPU::sample_scale
