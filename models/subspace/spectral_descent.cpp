// SPDX-License-Identifier: Apache-2.0
#include "models/subspace/spectral_descent.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr double kTolerance = 1e-9;  // relative to the risk

}  // namespace

SpectralDescent::SpectralDescent(std::span<const double> eigenvalues, std::span<const double> quadratic,
                                 std::span<const double> linear, double step)
    : values_(eigenvalues), quadratic_(quadratic), linear_(linear) {
  const std::size_t r = values_.size();
  SELFSAME_CHECK(r >= 1 && quadratic.size() == r * r && linear.size() == r,
                 "{} eigenvalues, form of {} and {} numbers", r, quadratic.size(), linear.size());
  SELFSAME_CHECK(values_.back() > 0 && step > 0 && step * values_.front() < 1,
                 "step {} for eigenvalues from {} to {}", step, values_.back(), values_.front());
  rate_.resize(r);
  for (std::size_t i = 0; i < r; ++i) {
    rate_[i] = -std::log1p(-step * values_[i]);
  }
}

std::vector<double> SpectralDescent::filter(std::int64_t iterations) const {
  std::vector<double> f(values_.size());
  for (std::size_t i = 0; i < f.size(); ++i) {
    f[i] = -std::expm1(-rate_[i] * static_cast<double>(iterations)) / values_[i];
  }
  return f;
}

double SpectralDescent::risk_of(std::span<const double> filter) const {
  const std::size_t r = values_.size();
  SELFSAME_CHECK(filter.size() == r, "filter of {} numbers for {}", filter.size(), r);
  double risk = 1;
  for (std::size_t i = 0; i < r; ++i) {
    double sum = -2 * linear_[i];
    for (std::size_t j = 0; j < r; ++j) {
      sum += quadratic_[i * r + j] * filter[j];
    }
    risk += filter[i] * sum;
  }
  return risk;
}

double SpectralDescent::risk(std::int64_t iterations) const { return risk_of(filter(iterations)); }

double SpectralDescent::converged_risk() const {
  std::vector<double> f(values_.size());
  for (std::size_t i = 0; i < f.size(); ++i) {
    f[i] = 1 / values_[i];
  }
  return risk_of(f);
}

SpectralDescent::Place SpectralDescent::place(std::int64_t k) const {
  const std::size_t r = values_.size();
  Place p;
  p.k = k;
  p.filter = filter(k);
  p.gradient.resize(r);
  p.decay.resize(r);
  for (std::size_t i = 0; i < r; ++i) {
    p.gradient[i] = -2 * linear_[i];
    p.decay[i] = std::exp(-rate_[i] * static_cast<double>(k));
  }
  for (std::size_t j = 0; j < r; ++j) {  // by columns, which are rows: along memory
    const double factor = 2 * p.filter[j];
    const double* column = quadratic_.data() + j * r;
    for (std::size_t i = 0; i < r; ++i) {
      p.gradient[i] += factor * column[i];
    }
  }
  p.risk = 1;
  for (std::size_t i = 0; i < r; ++i) {
    p.risk += p.filter[i] * (p.gradient[i] / 2 - linear_[i]);  // f (M f - v) - v f
  }
  return p;
}

/// With S = k2 - k1, the change from the left end is T(s) = sum c_i (1 - exp(-rate_i s)), c_i = g_i decay_i /
/// lambda_i, so T(0) = 0, T' (0) = sum c_i rate_i and T'' >= -sum over c_i > 0 of c_i rate_i^2. From the
/// right end, going back by s: T(s) = -sum c_i (exp(rate_i s) - 1), and T'' >= the same with decay at the
/// left end. A parabola that bends down is smallest at an end of [0, S].
double SpectralDescent::lower_bound(const Place& left, const Place& right) const {
  const auto length = static_cast<double>(right.k - left.k);
  double box_left = 0, box_right = 0, slope_left = 0, slope_right = 0, bend_left = 0, bend_right = 0;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const double growth = right.filter[i] - left.filter[i];
    box_left += std::min(0.0, left.gradient[i] * growth);
    box_right += std::min(0.0, -right.gradient[i] * growth);
    const double speed_left = left.decay[i] * rate_[i] / values_[i];  // df/dk
    const double speed_right = right.decay[i] * rate_[i] / values_[i];
    slope_left += left.gradient[i] * speed_left;
    slope_right -= right.gradient[i] * speed_right;
    bend_left += std::max(0.0, left.gradient[i]) * speed_left * rate_[i];
    bend_right += std::max(0.0, right.gradient[i]) * speed_left * rate_[i];
  }
  const auto parabola = [&](double slope, double bend) {
    return std::min(0.0, length * (slope - bend * length / 2));
  };
  return std::max({left.risk + box_left, right.risk + box_right, left.risk + parabola(slope_left, bend_left),
                   right.risk + parabola(slope_right, bend_right)});
}

void SpectralDescent::refine(const Place& left, const Place& right, Best& best) const {
  if (right.k - left.k < 2 || lower_bound(left, right) >= best.risk * (1 - kTolerance)) {
    return;
  }
  const Place middle = place(left.k + (right.k - left.k) / 2);
  ++best.evaluations;
  if (middle.risk < best.risk) {
    best.risk = middle.risk;
    best.iterations = middle.k;
  }
  // The better half first: what it finds may settle the other.
  if (left.risk < right.risk) {
    refine(left, middle, best);
    refine(middle, right, best);
  } else {
    refine(middle, right, best);
    refine(left, middle, best);
  }
}

SpectralDescent::Best SpectralDescent::best(std::int64_t most) const {
  SELFSAME_CHECK(most >= 0, "{} iterations", most);
  std::vector<Place> places;
  for (std::int64_t k = 0;; k = std::min(most, k < 4 ? k + 1 : k + k / 3)) {
    places.push_back(place(k));
    if (k == most) {
      break;
    }
  }
  Best best;
  best.evaluations = static_cast<int>(places.size());
  best.risk = places.front().risk;
  std::size_t lowest = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i].risk < best.risk) {
      best.risk = places[i].risk;
      best.iterations = places[i].k;
      lowest = i;
    }
  }
  // Around the lowest first, then everything.
  if (lowest > 0) {
    refine(places[lowest - 1], places[lowest], best);
  }
  for (std::size_t i = 0; i + 1 < places.size(); ++i) {
    if (i + 1 != lowest) {
      refine(places[i], places[i + 1], best);
    }
  }
  return best;
}

}  // namespace selfsame
