// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/conv2d/conv2d_winograd_kernels.hpp"
#include "kernels/device/vec.hpp"

// What the two files of Winograd inner loops share. Only they include it: it exists once per instruction set.

namespace selfsame::SELFSAME_ISA {

constexpr int kPoints = kWinogradTile + 2;  // 6: along one side of an input tile

// conv2d_winograd_filter_simd.cpp
void winograd_filter(const WinogradFilterJob& job);
void winograd_weight_output(float* dw, const float* sums, int g, int group);
void winograd_weight_add(float* dw, std::ptrdiff_t out_stride, const float* sums, int outs, int ins);

}  // namespace selfsame::SELFSAME_ISA
