// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/conv2d/conv2d_winograd_kernels.hpp"

// What the two files of Winograd inner loops share. Only they include it: it exists once per instruction set.

namespace selfsame::SELFSAME_ISA {

#if defined(SELFSAME_ISA_avx512)
constexpr int kWidth = 16;
#elif defined(SELFSAME_ISA_avx2)
constexpr int kWidth = 8;
#else
constexpr int kWidth = 4;
#endif
constexpr int kPoints = kWinogradTile + 2;  // 6: along one side of an input tile

typedef float Vec __attribute__((vector_size(kWidth * 4), aligned(4)));

inline Vec load(const float* p) { return *reinterpret_cast<const Vec*>(p); }
inline void store(float* p, Vec v) { *reinterpret_cast<Vec*>(p) = v; }

// conv2d_winograd_filter_simd.cpp
void winograd_filter(const WinogradFilterJob& job);
void winograd_weight_output(float* dw, const float* sums, int g, int group);
void winograd_weight_add(float* dw, std::ptrdiff_t out_stride, const float* sums, int outs, int ins);

}  // namespace selfsame::SELFSAME_ISA
