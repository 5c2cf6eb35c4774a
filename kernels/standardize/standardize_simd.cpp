// SPDX-License-Identifier: Apache-2.0
// The loops of kernels/standardize/standardize.hpp, vectorised by the compiler.
#include "kernels/standardize/standardize_versions.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr int kWays = 16;  // fixes the order of summation for every instruction set

/// Calls add(j, i) for all i < n, i = j modulo kWays but for the last n % kWays, and sums over the ways.
template <typename Add>
inline void interleaved(std::int64_t n, Add&& add) {
  std::int64_t i = 0;
  for (; i + kWays <= n; i += kWays) {
    for (int j = 0; j < kWays; ++j) {
      add(j, i + j);
    }
  }
  for (int j = 0; i + j < n; ++j) {
    add(j, i + j);
  }
}

inline double total_of(const double* sums) {
  double total = 0;
  for (int j = 0; j < kWays; ++j) {
    total += sums[j];
  }
  return total;
}

double sum(const float* x, std::int64_t n, double shift, bool squares) {
  double sums[kWays] = {};
  if (squares) {
    interleaved(n, [&](int j, std::int64_t i) {
      const double d = static_cast<double>(x[i]) - shift;
      sums[j] += d * d;
    });
  } else {
    interleaved(n, [&](int j, std::int64_t i) { sums[j] += static_cast<double>(x[i]) - shift; });
  }
  return total_of(sums);
}

void dots(double* sums, const float* d, const float* y, std::int64_t n) {
  double of_d[kWays] = {}, of_dy[kWays] = {};
  if (y == nullptr) {
    interleaved(n, [&](int j, std::int64_t i) { of_d[j] += static_cast<double>(d[i]); });
  } else {
    interleaved(n, [&](int j, std::int64_t i) {
      of_d[j] += static_cast<double>(d[i]);
      of_dy[j] += static_cast<double>(d[i]) * static_cast<double>(y[i]);
    });
  }
  sums[0] += total_of(of_d);
  sums[1] += total_of(of_dy);
}

void scale(float* y, const float* x, std::int64_t n, float mean, float r, float limit) {
  for (std::int64_t i = 0; i < n; ++i) {
    const float v = (x[i] - mean) * r;
    const float low = v < -limit ? -limit : v;
    y[i] = low > limit ? limit : low;
  }
}

void combine(float* z, const float* d, const float* y, std::int64_t n, float slope, float offset,
             float tilt) {
  if (y == nullptr) {
    for (std::int64_t i = 0; i < n; ++i) {
      z[i] = slope * d[i] + offset;
    }
    return;
  }
  for (std::int64_t i = 0; i < n; ++i) {
    z[i] = (slope * d[i] + offset) + tilt * y[i];
  }
}

constexpr StandardizeKernels kKernels{sum, dots, scale, combine};

}  // namespace

const StandardizeKernels& standardize_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
