// SPDX-License-Identifier: Apache-2.0
#include "kernels/layout/layout_versions.hpp"

#include "kernels/device/vec.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr int kPiece = 64;  // pixels: 4 or 8 KiB, so that the strided side of a copy stays in the L1 cache

std::int64_t piece(std::int64_t begin, std::int64_t pixels) {
  return pixels - begin < kPiece ? pixels - begin : kPiece;
}

template <typename T>
void to_blocks(T* y, const float* const* planes, std::int64_t pixels, int block) {
  for (std::int64_t begin = 0; begin < pixels; begin += kPiece) {
    const std::int64_t count = piece(begin, pixels);
    T* to = y + begin * block;
    for (std::int64_t i = 0; i < count * block; i += kWidth) {
      store(to + i, Vec{});
    }
    for (int c = 0; c < block; ++c) {
      for (std::int64_t i = 0; i < count && planes[c] != nullptr; ++i) {
        store_one(to + i * block + c, planes[c][begin + i]);
      }
    }
  }
}

template <typename T>
void from_blocks(float* const* planes, const T* x, std::int64_t pixels, int block) {
  for (std::int64_t begin = 0; begin < pixels; begin += kPiece) {
    const std::int64_t count = piece(begin, pixels);
    for (int c = 0; c < block; ++c) {
      for (std::int64_t i = 0; i < count && planes[c] != nullptr; ++i) {
        planes[c][begin + i] = load_one(x + (begin + i) * block + c);
      }
    }
  }
}

constexpr LayoutKernels kKernels{{to_blocks<float>, from_blocks<float>},
                                 {to_blocks<bf16>, from_blocks<bf16>}};

}  // namespace

const LayoutKernels& layout_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
