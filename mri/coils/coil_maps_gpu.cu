// SPDX-License-Identifier: Apache-2.0
// coil_expand, coil_combine and coil_maps_gradient of mri/coils/coil_ops.hpp on a GPU. Not yet run on a GPU.
#include "mri/coils/coil_gpu.hpp"
#include "mri/coils/coil_pixels.cuh"

namespace selfsame::SELFSAME_GPU::coil_ops {
namespace {

__global__ void coil_expand_kernel(StackShape s, Complex* coils, const Complex* image, const Complex* maps) {
  const Pixel at(s);
  if (at.inside) {
    const Complex x = image[at.in_image(s)];
    const std::int64_t first = at.in_stack(s);
#pragma unroll 4
    for (int c = 0; c < s.coils; ++c) {
      coils[first + c * s.plane] = maps[first + c * s.plane] * x;
    }
  }
}

__global__ void coil_combine_kernel(StackShape s, Complex* __restrict__ image,
                                    const Complex* __restrict__ coils, const Complex* __restrict__ maps) {
  const Pixel at(s);
  if (at.inside) {
    Complex sum{0.0f, 0.0f};
    const std::int64_t first = at.in_stack(s);
#pragma unroll 4
    for (int c = 0; c < s.coils; ++c) {
      sum = sum + conj(maps[first + c * s.plane]) * coils[first + c * s.plane];
    }
    image[at.in_image(s)] = sum;
  }
}

__global__ void coil_maps_gradient_kernel(StackShape s, Complex* __restrict__ dmaps,
                                          const Complex* __restrict__ image,
                                          const Complex* __restrict__ coils) {
  const Pixel at(s);
  if (at.inside) {
    const Complex x = conj(image[at.in_image(s)]);
    const std::int64_t first = at.in_stack(s);
#pragma unroll 4
    for (int c = 0; c < s.coils; ++c) {
      dmaps[first + c * s.plane] = dmaps[first + c * s.plane] + x * coils[first + c * s.plane];
    }
  }
}

}  // namespace

void expand(ComplexView coils, ConstComplexView image, ConstComplexView maps, Stream& stream) {
  launch("coil_expand", coil_expand_kernel, pixel_launch(maps.shape), stream, StackShape(maps.shape),
         complex_data(coils), complex_data(image), complex_data(maps));
}

void combine(ComplexView image, ConstComplexView coils, ConstComplexView maps, Stream& stream) {
  launch("coil_combine", coil_combine_kernel, pixel_launch(maps.shape), stream, StackShape(maps.shape),
         complex_data(image), complex_data(coils), complex_data(maps));
}

void maps_gradient(ComplexView dmaps, ConstComplexView image, ConstComplexView coils, Stream& stream) {
  launch("coil_maps_gradient", coil_maps_gradient_kernel, pixel_launch(coils.shape), stream,
         StackShape(coils.shape), complex_data(dmaps), complex_data(image), complex_data(coils));
}

}  // namespace selfsame::SELFSAME_GPU::coil_ops
