// SPDX-License-Identifier: Apache-2.0
#include "kernels/layout/layout_versions.hpp"

#include "kernels/device/vec.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr int kBlock = 16;
constexpr int kPiece =
    64;  // pixels: 4 KiB, so that the strided side of a copy stays in the first-level cache

std::int64_t piece(std::int64_t begin, std::int64_t pixels) {
  return pixels - begin < kPiece ? pixels - begin : kPiece;
}

void to_blocks(float* y, const float* const* planes, std::int64_t pixels) {
  for (std::int64_t begin = 0; begin < pixels; begin += kPiece) {
    const std::int64_t count = piece(begin, pixels);
    float* to = y + begin * kBlock;
    for (std::int64_t i = 0; i < count * kBlock; i += kWidth) {
      store(to + i, Vec{});
    }
    for (int c = 0; c < kBlock; ++c) {
      for (std::int64_t i = 0; i < count && planes[c] != nullptr; ++i) {
        to[i * kBlock + c] = planes[c][begin + i];
      }
    }
  }
}

void from_blocks(float* const* planes, const float* x, std::int64_t pixels) {
  for (std::int64_t begin = 0; begin < pixels; begin += kPiece) {
    const std::int64_t count = piece(begin, pixels);
    for (int c = 0; c < kBlock; ++c) {
      for (std::int64_t i = 0; i < count && planes[c] != nullptr; ++i) {
        planes[c][begin + i] = x[(begin + i) * kBlock + c];
      }
    }
  }
}

constexpr LayoutKernels kKernels{to_blocks, from_blocks};

}  // namespace

const LayoutKernels& layout_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
