// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/variance_ratio.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "engine/verify/bias_estimate.hpp"
#include "engine/verify/distributions.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

/// tr Cov of one kind of gradient, and what leaving out one draw makes of it.
struct TraceOfCovariance {
  double squares = 0, sum_squared = 0, draws = 0;  // sum |g|^2, |sum g|^2

  [[nodiscard]] double all() const { return (squares - sum_squared / draws) / (draws - 1); }
  /// @param square, product  |g|^2 and <g, sum g> of the draw that is left out
  [[nodiscard]] double without(double square, double product) const {
    const double rest = sum_squared - 2 * product + square;
    return (squares - square - rest / (draws - 1)) / (draws - 2);
  }
};

double self_supervised_square(const DrawProducts& p) { return p.supervised + 2 * p.cross + p.difference; }

}  // namespace

VarianceRatio variance_ratio(const DrawStatistics& statistics, double confidence) {
  const std::int64_t draws = statistics.draws();
  SELFSAME_CHECK(draws >= 4, "{} draws; a variance ratio needs 4", draws);
  const auto m = static_cast<double>(draws);
  const DrawStatistics::MeanProducts means = statistics.mean_products();
  TraceOfCovariance sup{0, m * m * means.supervised, m};
  TraceOfCovariance ss{0, m * m * (means.supervised + 2 * means.cross + means.difference), m};
  for (std::int64_t i = 0; i < draws; ++i) {
    sup.squares += statistics.products(i).supervised;
    ss.squares += self_supervised_square(statistics.products(i));
  }
  VarianceRatio result;
  result.supervised = sup.all();
  result.self_supervised = ss.all();
  const double n = (m * means.supervised - sup.squares / m) / (m - 1);
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  result.relative_supervised = n > 0 ? result.supervised / n : kUnknown;
  result.relative_self_supervised = n > 0 ? result.self_supervised / n : kUnknown;
  if (!(result.supervised > 0) || !(result.self_supervised > 0)) {
    result.ratio = result.lower = result.upper = kUnknown;
    return result;
  }
  result.ratio = result.self_supervised / result.supervised;

  const std::vector<double> sup_products = products_with_mean(statistics, false);
  const std::vector<double> ss_products = products_with_mean(statistics, true);
  std::vector<double> logs;
  double mean = 0;
  for (std::int64_t i = 0; i < draws; ++i) {
    const auto index = static_cast<std::size_t>(i);
    const DrawProducts& p = statistics.products(i);
    logs.push_back(std::log(ss.without(self_supervised_square(p), m * ss_products[index]) /
                            sup.without(p.supervised, m * sup_products[index])));
    mean += logs.back() / m;
  }
  double squares = 0;
  for (const double value : logs) {
    squares += (value - mean) * (value - mean);
  }
  const double deviation = std::sqrt(squares * (m - 1) / m);
  const double width = student_t_quantile((1 + confidence) / 2, m - 1) * deviation;
  result.lower = result.ratio * std::exp(-width);
  result.upper = result.ratio * std::exp(width);
  return result;
}

}  // namespace selfsame
