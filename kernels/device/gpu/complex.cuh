// SPDX-License-Identifier: Apache-2.0
// Complex numbers of floats in kernels: as they lie in memory, and read and written by one instruction.
#pragma once
#include "kernels/device/complex_view.hpp"
#include "kernels/device/gpu/gpu.cuh"

namespace selfsame::SELFSAME_GPU {

struct alignas(8) Complex {
  float re, im;
};

__device__ inline Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
__device__ inline Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
__device__ inline Complex operator*(float a, Complex b) { return {a * b.re, a * b.im}; }
__device__ inline Complex operator*(Complex a, Complex b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
__device__ inline Complex conj(Complex a) { return {a.re, -a.im}; }

inline Complex* complex_data(const ComplexView& z) { return static_cast<Complex*>(z.data); }
inline const Complex* complex_data(const ConstComplexView& z) { return static_cast<const Complex*>(z.data); }

}  // namespace selfsame::SELFSAME_GPU
