// SPDX-License-Identifier: Apache-2.0
// root_sum_of_squares, normalize_coils and their gradients, of mri/coils/coil_ops.hpp, on a GPU. Squares and
// sums are in double: of some bytes for every coil that are read, they cost nothing that is seen, and no
// square leaves the range of a float. Not yet run on a GPU.
#include "mri/coils/coil_gpu.hpp"
#include "mri/coils/coil_pixels.cuh"

namespace selfsame::SELFSAME_GPU::coil_ops {
namespace {

/// Re conj(a) b
__device__ inline double product(Complex a, Complex b) {
  return static_cast<double>(a.re) * static_cast<double>(b.re) +
         static_cast<double>(a.im) * static_cast<double>(b.im);
}

__device__ inline float root(const StackShape& s, const Complex* coils, std::int64_t first) {
  double sum = 0;
#pragma unroll 4
  for (int c = 0; c < s.coils; ++c) {
    const Complex k = coils[first + c * s.plane];
    sum += product(k, k);
  }
  return static_cast<float>(sqrt(sum));
}

__global__ void root_sum_of_squares_kernel(StackShape s, float* __restrict__ magnitude,
                                           const Complex* __restrict__ coils) {
  const Pixel at(s);
  if (at.inside) {
    magnitude[at.in_image(s)] = root(s, coils, at.in_stack(s));
  }
}

__global__ void root_sum_of_squares_backward_kernel(StackShape s, Complex* dcoils, const float* dmagnitude,
                                                    const float* magnitude, const Complex* coils) {
  const Pixel at(s);
  if (at.inside) {
    const float size = magnitude[at.in_image(s)];
    const float factor = size == 0.0f ? 0.0f : dmagnitude[at.in_image(s)];
    const float divisor = size == 0.0f ? 1.0f : size;
    const std::int64_t first = at.in_stack(s);
#pragma unroll 4
    for (int c = 0; c < s.coils; ++c) {
      const Complex k = coils[first + c * s.plane];
      // Dividing first keeps the factor at most 1: it overflows for no magnitude.
      dcoils[first + c * s.plane] = factor * Complex{k.re / divisor, k.im / divisor};
    }
  }
}

__global__ void normalize_coils_kernel(StackShape s, Complex* maps, float* magnitude, const Complex* coils) {
  const Pixel at(s);
  if (at.inside) {
    const std::int64_t first = at.in_stack(s);
    const float size = root(s, coils, first);
    magnitude[at.in_image(s)] = size;
#pragma unroll 4
    for (int c = 0; c < s.coils; ++c) {
      const Complex k = coils[first + c * s.plane];
      const Complex unit = size == 0.0f ? Complex{0.0f, 0.0f} : Complex{k.re / size, k.im / size};
      maps[first + c * s.plane] = unit;
    }
  }
}

__global__ void normalize_coils_backward_kernel(StackShape s, Complex* dcoils, const Complex* dmaps,
                                                const Complex* maps, const float* magnitude) {
  const Pixel at(s);
  if (at.inside) {
    const std::int64_t first = at.in_stack(s);
    const float size = magnitude[at.in_image(s)];
    double sum = 0;
#pragma unroll 4
    for (int c = 0; c < s.coils; ++c) {
      sum += product(maps[first + c * s.plane], dmaps[first + c * s.plane]);
    }
    const float along = static_cast<float>(sum);
#pragma unroll 4
    for (int c = 0; c < s.coils; ++c) {
      const Complex across = dmaps[first + c * s.plane] - along * maps[first + c * s.plane];
      const Complex dk = size == 0.0f ? Complex{0.0f, 0.0f} : Complex{across.re / size, across.im / size};
      dcoils[first + c * s.plane] = dk;
    }
  }
}

const float* real_data(const ConstTensorView& t) { return static_cast<const float*>(t.data); }

}  // namespace

void root_sum_of_squares(TensorView magnitude, ConstComplexView coils, Stream& stream) {
  launch("root_sum_of_squares", root_sum_of_squares_kernel, pixel_launch(coils.shape), stream,
         StackShape(coils.shape), static_cast<float*>(magnitude.data), complex_data(coils));
}

void root_sum_of_squares_backward(ComplexView dcoils, ConstTensorView dmagnitude, ConstTensorView magnitude,
                                  ConstComplexView coils, Stream& stream) {
  launch("root_sum_of_squares_backward", root_sum_of_squares_backward_kernel, pixel_launch(coils.shape),
         stream, StackShape(coils.shape), complex_data(dcoils), real_data(dmagnitude), real_data(magnitude),
         complex_data(coils));
}

void normalize(ComplexView maps, TensorView magnitude, ConstComplexView coils, Stream& stream) {
  launch("normalize_coils", normalize_coils_kernel, pixel_launch(coils.shape), stream,
         StackShape(coils.shape), complex_data(maps), static_cast<float*>(magnitude.data),
         complex_data(coils));
}

void normalize_backward(ComplexView dcoils, ConstComplexView dmaps, ConstComplexView maps,
                        ConstTensorView magnitude, Stream& stream) {
  launch("normalize_coils_backward", normalize_coils_backward_kernel, pixel_launch(maps.shape), stream,
         StackShape(maps.shape), complex_data(dcoils), complex_data(dmaps), complex_data(maps),
         real_data(magnitude));
}

}  // namespace selfsame::SELFSAME_GPU::coil_ops
