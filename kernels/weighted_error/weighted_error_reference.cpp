// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/weighted_error/weighted_error.hpp: float or double storage.
#include "kernels/weighted_error/weighted_error_reference.hpp"

#include <cmath>
#include <complex>

#include "kernels/device/elementwise.hpp"

namespace selfsame::weighted_error_reference {
namespace {

using Complex = std::complex<double>;

/// Calls f(i, w) for every complex number of sample n: its index in the array and its weight.
template <typename Real, typename F>
void for_each_number(const Shape4& shape, const ConstTensorView& weights, std::int64_t n, F&& f) {
  for (std::int64_t c = 0; c < shape.c; ++c) {
    for (std::int64_t y = 0; y < shape.h; ++y) {
      for (std::int64_t x = 0; x < shape.w; ++x) {
        f(((n * shape.c + c) * shape.h + y) * shape.w + x,
          static_cast<double>(weights.at<Real>(n, 0, weights.shape.h == 1 ? 0 : y, x)));
      }
    }
  }
}

template <typename Real>
Complex number(const ConstComplexView& z, std::int64_t i) {
  return {z.as<Real>()[2 * i], z.as<Real>()[2 * i + 1]};
}

template <typename Real>
void set_number(const ComplexView& z, std::int64_t i, Complex value) {
  z.as<Real>()[2 * i] = static_cast<Real>(value.real());
  z.as<Real>()[2 * i + 1] = static_cast<Real>(value.imag());
}

template <typename F>
void for_each_sample(const ConstComplexView& z, Stream& stream, F&& f) {
  elementwise::for_dtype(
      z.dtype, [&](auto zero) { stream.pool().run(z.shape.n, [&](std::int64_t n, int) { f(n, zero); }); });
}

}  // namespace

void squared_error(std::span<double> sample_values, ComplexView dprediction, ConstComplexView prediction,
                   ConstComplexView target, ConstTensorView weights, std::span<const double> divisors,
                   std::int64_t lanes, Stream& stream) {
  const Shape4 shape = prediction.shape;
  const double B = static_cast<double>(shape.n / lanes);
  for_each_sample(prediction, stream, [&](std::int64_t n, auto zero) {
    using Real = decltype(zero);
    const auto sample = static_cast<std::size_t>(n);
    const double divisor =
        divisors.empty() ? static_cast<double>(shape.c * shape.h * shape.w) : divisors[sample];
    double sum = 0;
    for_each_number<Real>(shape, weights, n, [&](std::int64_t i, double w) {
      const Complex difference = number<Real>(prediction, i) - number<Real>(target, i);
      sum += w * std::norm(difference);
      if (!dprediction.empty()) {
        set_number<Real>(dprediction, i, 2 * w / (divisor * B) * difference);
      }
    });
    sample_values[sample] = sum / divisor;
  });
}

void squares(std::span<double> sums, ConstComplexView z, ConstTensorView weights, Stream& stream) {
  for_each_sample(z, stream, [&](std::int64_t n, auto zero) {
    using Real = decltype(zero);
    double sum = 0;
    for_each_number<Real>(z.shape, weights, n,
                          [&](std::int64_t i, double w) { sum += w * std::norm(number<Real>(z, i)); });
    sums[static_cast<std::size_t>(n)] = sum;
  });
}

void relative(std::span<double> sample_values, ComplexView dprediction, ConstComplexView prediction,
              ConstComplexView target, ConstTensorView weights, std::int64_t lanes, Stream& stream) {
  const double B = static_cast<double>(prediction.shape.n / lanes);
  for_each_sample(prediction, stream, [&](std::int64_t n, auto zero) {
    using Real = decltype(zero);
    double e2 = 0, n2 = 0, e1 = 0, n1 = 0;
    for_each_number<Real>(prediction.shape, weights, n, [&](std::int64_t i, double w) {
      const Complex t = number<Real>(target, i), difference = number<Real>(prediction, i) - t;
      e2 += w * std::norm(difference);
      n2 += w * std::norm(t);
      e1 += w * std::sqrt(std::norm(difference));
      n1 += w * std::sqrt(std::norm(t));
    });
    sample_values[static_cast<std::size_t>(n)] = 0.5 * std::sqrt(e2 / n2) + 0.5 * e1 / n1;
    if (!dprediction.empty()) {
      for_each_number<Real>(prediction.shape, weights, n, [&](std::int64_t i, double w) {
        const Complex difference = number<Real>(prediction, i) - number<Real>(target, i);
        const double modulus = std::sqrt(std::norm(difference));
        const double factor =
            w == 0 || modulus == 0 ? 0.0 : w * (0.5 / std::sqrt(e2 * n2) + 0.5 / (n1 * modulus)) / B;
        set_number<Real>(dprediction, i, factor * difference);
      });
    }
  });
}

}  // namespace selfsame::weighted_error_reference
