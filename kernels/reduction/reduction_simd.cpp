// SPDX-License-Identifier: Apache-2.0
// Pieces of kernels/reduction/reduction.hpp, vectorised by the compiler.
#include "kernels/reduction/reduction_versions.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr int kWays = kReductionWays;

double sum_of_squares(const float* data, std::int64_t n) {
  double sums[kWays] = {};
  std::int64_t i = 0;
  for (; i + kWays <= n; i += kWays) {
    for (int j = 0; j < kWays; ++j) {
      const double v = static_cast<double>(data[i + j]);
      sums[j] += v * v;
    }
  }
  for (int j = 0; i + j < n; ++j) {
    const double v = static_cast<double>(data[i + j]);
    sums[j] += v * v;
  }
  double total = 0;
  for (const double sum : sums) {
    total += sum;
  }
  return total;
}

bool all_finite(const float* data, std::int64_t n) {
  // x - x is zero for every finite x and NaN for the others, and a sum keeps a NaN.
  float flags[kWays] = {};
  std::int64_t i = 0;
  for (; i + kWays <= n; i += kWays) {
    for (int j = 0; j < kWays; ++j) {
      flags[j] += data[i + j] - data[i + j];
    }
  }
  for (int j = 0; i + j < n; ++j) {
    flags[j] += data[i + j] - data[i + j];
  }
  float total = 0;
  for (const float flag : flags) {
    total += flag;
  }
  return total == 0.0f;
}

}  // namespace

const ReductionTable& reduction_table() {
  static constexpr ReductionTable kTable{sum_of_squares, all_finite};
  return kTable;
}

}  // namespace selfsame::SELFSAME_ISA
