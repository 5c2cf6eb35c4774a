// SPDX-License-Identifier: Apache-2.0
#include "kernels/add/add_versions.hpp"
#include "kernels/device/vec.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

// The output may be an input, element on element: no iteration depends on another.

template <typename T>
void scale(T* y, float alpha, const T* a, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    store(y + i, alpha * load(a + i));
  }
  for (; i < count; ++i) {
    store_one(y + i, alpha * load_one(a + i));
  }
}

template <typename T>
void add(T* y, float alpha, const T* a, float beta, const T* b, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    store(y + i, alpha * load(a + i) + beta * load(b + i));
  }
  for (; i < count; ++i) {
    store_one(y + i, alpha * load_one(a + i) + beta * load_one(b + i));
  }
}

constexpr AddKernels kKernels{{scale<float>, add<float>}, {scale<bf16>, add<bf16>}};

}  // namespace

const AddKernels& add_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
