// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/power_law.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr int kGrid = 14;         // exponents, evenly in their logarithm, before golden section
constexpr int kOffsetGrid = 8;    // offsets likewise, evenly
constexpr int kGoldenSteps = 24;  // narrow a cell of the grid by 1e-5
constexpr double kEdge = 1e-3;    // relative distance from an end of the range that counts as the end

/// The x in [low, high] that minimises f, which is taken to have one minimum near the best of the grid.
template <typename F>
double minimise(double low, double high, int grid, F&& f) {
  const double step = (high - low) / (grid - 1);
  int best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < grid; ++i) {
    const double value = f(low + step * i);
    if (value < least) {
      least = value;
      best = i;
    }
  }
  double a = low + step * std::max(best - 1, 0), b = low + step * std::min(best + 1, grid - 1);
  const double part = 1 / std::numbers::phi;
  double left = b - part * (b - a), right = a + part * (b - a);
  double at_left = f(left), at_right = f(right);
  for (int i = 0; i < kGoldenSteps; ++i) {
    if (at_left <= at_right) {
      b = right;
      right = left;
      at_right = at_left;
      left = b - part * (b - a);
      at_left = f(left);
    } else {
      a = left;
      left = right;
      at_left = at_right;
      right = a + part * (b - a);
      at_right = f(right);
    }
  }
  return (a + b) / 2;
}

/// Everything for one exponent and offset is linear in floor and scales, with weights 1/R^2. Sizes that
/// several curves share have one power each.
class Fitter {
 public:
  explicit Fitter(std::span<const LawCurve> curves) : curves_(curves) {
    SELFSAME_CHECK(!curves.empty(), "a power law of no curves");
    for (const LawCurve& curve : curves) {
      SELFSAME_CHECK(!curve.examples.empty() && curve.examples.size() == curve.risks.size(),
                     "a curve of {} numbers of examples and {} risks", curve.examples.size(),
                     curve.risks.size());
      sizes_.insert(sizes_.end(), curve.examples.begin(), curve.examples.end());
    }
    std::ranges::sort(sizes_);
    const auto rest = std::ranges::unique(sizes_);
    sizes_.erase(rest.begin(), rest.end());
    powers_.resize(sizes_.size());
    logs_.resize(sizes_.size());
    for (const LawCurve& curve : curves) {
      Sums sums;
      sums.risks = curve.risks;
      for (std::size_t i = 0; i < curve.risks.size(); ++i) {
        const double weight = 1 / (curve.risks[i] * curve.risks[i]);
        sums.weights.push_back(weight);
        sums.places.push_back(
            static_cast<std::size_t>(std::ranges::lower_bound(sizes_, curve.examples[i]) - sizes_.begin()));
        sums.one += weight;
        sums.risk += weight * curve.risks[i];
        sums.square += 1;
      }
      sums_.push_back(std::move(sums));
    }
    law_.scales.resize(curves.size());
  }

  double smallest() const { return sizes_.front(); }
  const PowerLaw& law() const { return law_; }

  void set_offset(double offset) {
    law_.offset = offset;
    for (std::size_t i = 0; i < sizes_.size(); ++i) {
      logs_[i] = std::log((sizes_[i] - offset) / (sizes_.front() - offset));
    }
  }

  /// The misfit with the best floor and scales.
  double solve(double exponent) {
    for (std::size_t i = 0; i < sizes_.size(); ++i) {
      powers_[i] = std::exp(-exponent * logs_[i]);
    }
    double numerator = 0, denominator = 0;
    for (Sums& s : sums_) {
      s.power_square = s.power = s.power_risk = 0;
      for (std::size_t i = 0; i < s.places.size(); ++i) {
        const double x = s.weights[i] * powers_[s.places[i]];
        s.power += x;
        s.power_square += x * powers_[s.places[i]];
        s.power_risk += x * s.risks[i];
      }
      numerator += s.risk - s.power_risk * s.power / s.power_square;
      denominator += s.one - s.power * s.power / s.power_square;
    }
    law_.exponent = exponent;
    law_.floor = denominator > 0 ? std::max(numerator / denominator, 0.0) : 0.0;
    law_.misfit = 0;
    const double scale = std::pow(sizes_.front() - law_.offset, exponent);
    for (std::size_t m = 0; m < sums_.size(); ++m) {
      const Sums& s = sums_[m];
      const double first = (s.power_risk - law_.floor * s.power) / s.power_square;
      law_.scales[m] = first * scale;
      law_.misfit += s.square - 2 * law_.floor * s.risk + law_.floor * law_.floor * s.one -
                     first * first * s.power_square;
    }
    return law_.misfit;
  }

  double solve_best_exponent() {
    const double best = minimise(std::log(kSmallestExponent), std::log(kLargestExponent), kGrid,
                                 [&](double log_exponent) { return solve(std::exp(log_exponent)); });
    return solve(std::exp(best));
  }

  PowerLaw finish() {
    law_.misfit = law_.worst = 0;
    for (std::size_t m = 0; m < curves_.size(); ++m) {
      for (std::size_t i = 0; i < curves_[m].risks.size(); ++i) {
        const double fit =
            law_.floor + law_.scales[m] * std::pow(curves_[m].examples[i] - law_.offset, -law_.exponent);
        const double error = std::abs(curves_[m].risks[i] - fit) / curves_[m].risks[i];
        law_.misfit += error * error;
        law_.worst = std::max(law_.worst, error);
      }
    }
    return law_;
  }

 private:
  struct Sums {
    std::vector<double> weights, risks;
    std::vector<std::size_t> places;  // of the curve's sizes among all
    double one = 0, risk = 0, square = 0, power = 0, power_square = 0, power_risk = 0;
  };
  std::span<const LawCurve> curves_;
  std::vector<double> sizes_, logs_, powers_;
  std::vector<Sums> sums_;
  PowerLaw law_;
};

}  // namespace

bool PowerLaw::at_edge() const {
  return exponent < kSmallestExponent * (1 + kEdge) || exponent > kLargestExponent * (1 - kEdge);
}

bool PowerLaw::flat() const {
  return std::ranges::any_of(scales, [](double scale) { return !(scale > 0); });
}

PowerLaw fit_power_law(std::span<const LawCurve> curves, double offset) {
  Fitter fitter(curves);
  if (std::isnan(offset)) {
    offset = minimise(0.0, kLargestOffset * fitter.smallest(), kOffsetGrid, [&](double candidate) {
      fitter.set_offset(candidate);
      return fitter.solve_best_exponent();
    });
  }
  SELFSAME_CHECK(offset < fitter.smallest(), "an offset of {} with {} examples", offset, fitter.smallest());
  fitter.set_offset(offset);
  fitter.solve_best_exponent();
  return fitter.finish();
}

}  // namespace selfsame
