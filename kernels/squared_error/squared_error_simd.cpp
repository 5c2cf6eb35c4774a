// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/vec.hpp"
#include "kernels/squared_error/squared_error_versions.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr int kRunning = 16;

template <typename T>
inline double difference_of(const T* p, const T* t) {
  return static_cast<double>(load_one(p)) - static_cast<double>(load_one(t));
}

template <typename T>
double sum(const T* p, const T* t, std::int64_t count) {
  double running[kRunning] = {};
  std::int64_t i = 0;
  for (; i + kRunning <= count; i += kRunning) {
    for (int j = 0; j < kRunning; ++j) {
      const double difference = difference_of(p + i + j, t + i + j);
      running[j] += difference * difference;
    }
  }
  double total = 0;
  for (; i < count; ++i) {
    const double difference = difference_of(p + i, t + i);
    total += difference * difference;
  }
  for (int j = 0; j < kRunning; ++j) {
    total += running[j];
  }
  return total;
}

// The output may be an input, element on element: no iteration depends on another.
template <typename T>
void gradient(T* d, const T* p, const T* t, float scale, std::int64_t count) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) {
    store_one(d + i, scale * (load_one(p + i) - load_one(t + i)));
  }
}

constexpr SquaredErrorKernels kKernels{{sum<float>, gradient<float>}, {sum<bf16>, gradient<bf16>}};

}  // namespace

const SquaredErrorKernels& squared_error_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
