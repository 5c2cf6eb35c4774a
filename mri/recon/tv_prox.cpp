// SPDX-License-Identifier: Apache-2.0
#include "mri/recon/tv_prox.hpp"

#include <algorithm>
#include <cmath>

#include "mri/recon/sense_system.hpp"

namespace selfsame {

template <typename Real>
TotalVariation<Real>::TotalVariation(std::int64_t planes, std::int64_t h, std::int64_t w, Stream& stream)
    : planes_(planes),
      h_(h),
      w_(w),
      stream_(stream),
      dual_(static_cast<std::size_t>(2 * planes * h * w)),
      next_(dual_.size()),
      extrapolated_(dual_.size()) {}

template <typename Real>
double TotalVariation<Real>::value(std::span<const Complex> x) const {
  SELFSAME_CHECK(2 * x.size() == dual_.size(), "image of {} pixels, prepared for {}", x.size(),
                 dual_.size() / 2);
  double sum = 0;
  for (std::int64_t row = 0; row < planes_ * h_; ++row) {
    const Complex* here = x.data() + row * w_;
    const Complex* above = row % h_ > 0 ? here - w_ : here + (h_ - 1) * w_;
    for (std::int64_t i = 0; i < w_; ++i) {
      const std::complex<double> z(here[i]);
      sum += std::sqrt(std::norm(z - std::complex<double>(above[i])) +
                       std::norm(z - std::complex<double>(here[i > 0 ? i - 1 : w_ - 1])));
    }
  }
  return sum;
}

/// x = v - weight D^H p, row by row: (D^H p)(r) = p_y(r) - p_y(r + e_y) + p_x(r) - p_x(r + e_x).
template <typename Real>
void TotalVariation<Real>::primal_of(std::span<Complex> x, std::span<const Complex> v, Real weight,
                                     const std::vector<Complex>& dual) const {
  stream_.pool().run(planes_ * h_, [&](std::int64_t row, int) {
    const Complex* p = dual.data() + 2 * row * w_;
    const Complex* below = row % h_ + 1 < h_ ? p + 2 * w_ : p - 2 * (h_ - 1) * w_;
    for (std::int64_t i = 0; i < w_; ++i) {
      const std::int64_t right = i + 1 < w_ ? i + 1 : 0;
      const Complex d = p[2 * i] - below[2 * i] + p[2 * i + 1] - p[2 * right + 1];
      x[static_cast<std::size_t>(row * w_ + i)] = v[static_cast<std::size_t>(row * w_ + i)] - weight * d;
    }
  });
}

template <typename Real>
double TotalVariation<Real>::prox(std::span<Complex> x, std::span<const Complex> v, double weight,
                                  int iterations) {
  SELFSAME_CHECK(2 * x.size() == dual_.size() && v.size() == x.size() && weight >= 0 && x.data() != v.data(),
                 "image {}, argument {}, prepared for {}, weight {}", x.size(), v.size(), dual_.size() / 2,
                 weight);
  if (weight == 0) {
    std::copy(v.begin(), v.end(), x.begin());
    return 0;
  }
  const Real factor = static_cast<Real>(weight), step = static_cast<Real>(1 / (8 * weight));
  extrapolated_ = dual_;
  double momentum = 1;
  for (int iteration = 0; iteration < iterations; ++iteration) {
    primal_of(x, v, factor, extrapolated_);
    const double next_momentum = (1 + std::sqrt(1 + 4 * momentum * momentum)) / 2;
    const Real beta = static_cast<Real>((momentum - 1) / next_momentum);
    momentum = next_momentum;
    stream_.pool().run(planes_ * h_, [&](std::int64_t row, int) {
      const Complex* here = x.data() + row * w_;
      const Complex* above = row % h_ > 0 ? here - w_ : here + (h_ - 1) * w_;
      for (std::int64_t i = 0; i < w_; ++i) {
        const auto at = static_cast<std::size_t>(2 * (row * w_ + i));
        const Complex y = extrapolated_[at] + step * (here[i] - above[i]);
        const Complex z = extrapolated_[at + 1] + step * (here[i] - here[i > 0 ? i - 1 : w_ - 1]);
        const Real size = std::sqrt(std::norm(y) + std::norm(z));
        const Real shrink = size > 1 ? 1 / size : Real(1);
        next_[at] = y * shrink;
        next_[at + 1] = z * shrink;
      }
    });
    stream_.pool().run(planes_ * h_, [&](std::int64_t row, int) {
      for (auto at = static_cast<std::size_t>(2 * row * w_);
           at < static_cast<std::size_t>(2 * (row + 1) * w_); ++at) {
        extrapolated_[at] = next_[at] + beta * (next_[at] - dual_[at]);
      }
    });
    std::swap(dual_, next_);
  }
  primal_of(x, v, factor, dual_);
  // 1/2 ||x - v||^2 + weight TV(x) - (1/2 ||v||^2 - 1/2 ||x||^2) = weight TV(x) + Re sum conj(x) (x - v).
  double inner = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::complex<double> a(x[i]), b(v[i]);
    inner += std::norm(a) - (a.real() * b.real() + a.imag() * b.imag());
  }
  return weight * value(x) + inner;
}

template class TotalVariation<float>;
template class TotalVariation<double>;

}  // namespace selfsame
