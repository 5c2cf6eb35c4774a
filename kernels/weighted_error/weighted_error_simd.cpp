// SPDX-License-Identifier: Apache-2.0
#include "kernels/weighted_error/weighted_error_versions.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr int kRunning = 8;  // complex numbers, each with a running sum of either part

/// sum w (f_re^2 + f_im^2), f = part(2 x), part(2 x + 1)
template <typename Part>
inline double sum_of_squares(const float* w, std::int64_t count, Part part) {
  double running[2 * kRunning] = {};
  std::int64_t x = 0;
  for (; x + kRunning <= count; x += kRunning) {
    for (int j = 0; j < 2 * kRunning; ++j) {
      const double v = part(2 * x + j);
      running[j] += static_cast<double>(w[x + j / 2]) * (v * v);
    }
  }
  double total = 0;
  for (; x < count; ++x) {
    const double re = part(2 * x), im = part(2 * x + 1);
    total += static_cast<double>(w[x]) * (re * re + im * im);
  }
  for (int j = 0; j < 2 * kRunning; ++j) {
    total += running[j];
  }
  return total;
}

double squared_error(const float* p, const float* t, const float* w, std::int64_t count) {
  return sum_of_squares(
      w, count, [=](std::int64_t i) { return static_cast<double>(p[i]) - static_cast<double>(t[i]); });
}

double squares(const float* z, const float* w, std::int64_t count) {
  return sum_of_squares(w, count, [=](std::int64_t i) { return static_cast<double>(z[i]); });
}

// The output may be an input, element on element: no iteration depends on another.
void gradient(float* d, const float* p, const float* t, const float* w, float scale, std::int64_t count) {
#pragma GCC ivdep
  for (std::int64_t x = 0; x < count; ++x) {
    const float factor = scale * w[x];
    d[2 * x] = factor * (p[2 * x] - t[2 * x]);
    d[2 * x + 1] = factor * (p[2 * x + 1] - t[2 * x + 1]);
  }
}

inline double difference(const float* p, const float* t, std::int64_t i) {
  return static_cast<double>(p[i]) - static_cast<double>(t[i]);
}

void relative(RelativeSums& sums, const float* p, const float* t, const float* w, std::int64_t count) {
  RelativeSums row{};
  for (std::int64_t x = 0; x < count; ++x) {
    const double re = difference(p, t, 2 * x), im = difference(p, t, 2 * x + 1);
    const double t_re = t[2 * x], t_im = t[2 * x + 1], weight = w[x];
    const double e2 = re * re + im * im, n2 = t_re * t_re + t_im * t_im;
    row.e2 += weight * e2;
    row.n2 += weight * n2;
    row.e1 += weight * __builtin_sqrt(e2);
    row.n1 += weight * __builtin_sqrt(n2);
  }
  sums.e2 += row.e2;
  sums.n2 += row.n2;
  sums.e1 += row.e1;
  sums.n1 += row.n1;
}

void relative_gradient(float* d, const float* p, const float* t, const float* w, double a, double b,
                       std::int64_t count) {
  for (std::int64_t x = 0; x < count; ++x) {
    const double re = difference(p, t, 2 * x), im = difference(p, t, 2 * x + 1);
    const double modulus = __builtin_sqrt(re * re + im * im);
    const double factor =
        w[x] == 0.0f || modulus == 0.0 ? 0.0 : static_cast<double>(w[x]) * (a + b / modulus);
    d[2 * x] = static_cast<float>(factor * re);
    d[2 * x + 1] = static_cast<float>(factor * im);
  }
}

constexpr WeightedErrorKernels kKernels{squared_error, squares, gradient, relative, relative_gradient};

}  // namespace

const WeightedErrorKernels& weighted_error_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
