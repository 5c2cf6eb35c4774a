// SPDX-License-Identifier: Apache-2.0
#include "kernels/average_pool/average_pool_versions.hpp"
#include "kernels/device/vec.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr int kBlock = 16;

void forward_row(float* y, const float* upper, const float* lower, std::int64_t count) {
  for (std::int64_t q = 0; q < count; ++q) {
    for (int c = 0; c < kBlock; c += kWidth) {
      const std::int64_t left = 2 * q * kBlock + c, right = left + kBlock;
      const Vec sum = (load(upper + left) + load(upper + right)) + (load(lower + left) + load(lower + right));
      store(y + q * kBlock + c, sum * 0.25f);
    }
  }
}

void backward_row(float* dx, const float* dy, const float* add, std::int64_t width) {
  const std::int64_t windows = dy != nullptr ? width / 2 : 0;
  for (std::int64_t w = 0; w < width; ++w) {
    for (int c = 0; c < kBlock; c += kWidth) {
      Vec sum = add != nullptr ? load(add + w * kBlock + c) : Vec{};
      if (w / 2 < windows) {
        sum += load(dy + w / 2 * kBlock + c) * 0.25f;
      }
      store(dx + w * kBlock + c, sum);
    }
  }
}

constexpr AveragePoolKernels kKernels{forward_row, backward_row};

}  // namespace

const AveragePoolKernels& average_pool_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
