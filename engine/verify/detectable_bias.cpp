// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/detectable_bias.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "engine/verify/bias_estimate.hpp"
#include "engine/verify/bias_test.hpp"
#include "engine/verify/distributions.hpp"
#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

constexpr int kDirections = 32;

/// The x > 0 at which a rising function reaches `value`, to a relative 1e-4.
double solve_rising(const std::function<double(double)>& f, double value, double guess) {
  double low = guess, high = guess;
  while (f(high) < value) {
    low = high;
    high *= 2;
  }
  while (f(low) >= value) {
    high = low;
    low /= 2;
  }
  while (high - low > 1e-4 * high) {
    const double middle = 0.5 * (low + high);
    (f(middle) < value ? low : high) = middle;
  }
  return high;
}

}  // namespace

DetectableBias detectable_bias(const DrawStatistics& statistics, double level, double power) {
  SELFSAME_CHECK(statistics.draws() >= kFewestDraws, "{} draws; a test needs {}", statistics.draws(),
                 kFewestDraws);
  SELFSAME_CHECK(level > 0 && level < power && power < 1, "level {}, power {}", level, power);
  constexpr double kNever = std::numeric_limits<double>::infinity();
  const int projections = std::min(projections_for(statistics.draws()), statistics.sketch().buckets());
  const int dimensions = projections + 1;
  const SampleMoments moments = sample_moments(global_projections(statistics, projections), dimensions);
  const PivotedCholesky cholesky(moments.covariance, dimensions);
  const auto m = static_cast<double>(statistics.draws());
  const double rank = cholesky.rank();
  const double gradient = estimate_bias(statistics).gradient_squared;
  if (rank == 0 || !(gradient > 0)) {
    return rank == 0 ? DetectableBias{0, 0} : DetectableBias{kNever, kNever};
  }
  // E S^-1 = (m - 1) / (m - rank - 2) times the inverse of the covariance, for Gaussian draws.
  const double unbiased = m * gradient * (m - rank - 2) / (m - 1);
  const double critical = f_upper_quantile(level, rank, m - rank);
  const auto chance = [&](double noncentrality) {
    // Beyond this every power of interest is reached; the series of the noncentral F would be long.
    constexpr double kCertain = 1e5;
    return noncentrality > kCertain ? 1.0 : noncentral_f_upper_tail(critical, rank, m - rank, noncentrality);
  };

  // Projections of a random unit vector: independent, of variance 1 / projections.
  std::vector<double> forms;  // noncentrality for a relative bias of 1
  double mean_form = 0;
  for (int direction = 0; direction < kDirections; ++direction) {
    const RandomStream random(0, RandomPurpose::kDirection, 1, static_cast<std::uint32_t>(direction));
    std::vector<double> q(static_cast<std::size_t>(dimensions));
    for (int k = 0; k < projections; ++k) {
      q[static_cast<std::size_t>(k)] = random.normal(static_cast<std::uint64_t>(k)) / std::sqrt(projections);
    }
    forms.push_back(unbiased * cholesky.inverse_form(q));
    mean_form += forms.back() / kDirections;
  }
  DetectableBias result;
  const auto generic = [&](double relative) {
    double sum = 0;
    for (const double form : forms) {
      sum += chance(relative * relative * form);
    }
    return sum / kDirections;
  };
  result.generic = mean_form > 0 ? solve_rising(generic, power, std::sqrt(rank / mean_form)) : kNever;

  std::vector<double> q(static_cast<std::size_t>(dimensions));
  if (statistics.pilot_norm() > 0) {
    for (int k = 0; k < statistics.sketch().buckets(); ++k) {
      q[static_cast<std::size_t>(k % projections)] +=
          statistics.pilot_sketch()[static_cast<std::size_t>(k)] / statistics.pilot_norm();
    }
    q.back() = 1;
  }
  const double form = unbiased * cholesky.inverse_form(q);
  const auto along = [&](double relative) { return chance(relative * relative * form); };
  result.along_gradient = form > 0 ? solve_rising(along, power, std::sqrt(rank / form)) : kNever;
  return result;
}

}  // namespace selfsame
