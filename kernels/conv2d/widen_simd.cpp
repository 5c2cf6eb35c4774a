// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv2d/widen_kernels.hpp"
#include "kernels/device/vec.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr int kChannels = 16;

void widen(float* to, const bf16* from, std::ptrdiff_t from_pixel, std::int64_t pixels) {
  for (std::int64_t i = 0; i < pixels; ++i) {
    for (int c = 0; c < kChannels; c += kWidth) {
      store(to + i * kChannels + c, load(from + i * from_pixel + c));
    }
  }
}

void narrow(bf16* to, std::ptrdiff_t to_pixel, const float* from, std::int64_t pixels) {
  for (std::int64_t i = 0; i < pixels; ++i) {
    for (int c = 0; c < kChannels; c += kWidth) {
      store(to + i * to_pixel + c, from != nullptr ? load(from + i * kChannels + c) : Vec{});
    }
  }
}

constexpr WidenKernels kKernels{widen, narrow};

}  // namespace

const WidenKernels& widen_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
