// SPDX-License-Identifier: Apache-2.0
#include "kernels/average_pool/average_pool_versions.hpp"
#include "kernels/device/vec.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

template <typename T>
void forward_row(T* y, const T* upper, const T* lower, std::int64_t count, int block) {
  for (std::int64_t q = 0; q < count; ++q) {
    for (int c = 0; c < block; c += kWidth) {
      const std::int64_t left = 2 * q * block + c, right = left + block;
      const Vec sum = (load(upper + left) + load(upper + right)) + (load(lower + left) + load(lower + right));
      store(y + q * block + c, sum * 0.25f);
    }
  }
}

template <typename T>
void backward_row(T* dx, const T* dy, const T* add, std::int64_t width, int block) {
  const std::int64_t windows = dy != nullptr ? width / 2 : 0;
  for (std::int64_t w = 0; w < width; ++w) {
    for (int c = 0; c < block; c += kWidth) {
      Vec sum = add != nullptr ? load(add + w * block + c) : Vec{};
      if (w / 2 < windows) {
        sum += load(dy + w / 2 * block + c) * 0.25f;
      }
      store(dx + w * block + c, sum);
    }
  }
}

constexpr AveragePoolKernels kKernels{{forward_row<float>, backward_row<float>},
                                      {forward_row<bf16>, backward_row<bf16>}};

}  // namespace

const AveragePoolKernels& average_pool_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
