// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/distributions.hpp"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/non_central_f.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

using boost::math::cdf;
using boost::math::complement;
using boost::math::quantile;

void check_degrees(double df) { SELFSAME_CHECK(df > 0 && std::isfinite(df), "degrees of freedom {}", df); }
void check_probability(double p) {
  SELFSAME_CHECK(p > 0 && p < 1, "probability {} is not between 0 and 1", p);
}

}  // namespace

double f_upper_tail(double f, double df1, double df2) {
  check_degrees(df1);
  check_degrees(df2);
  SELFSAME_CHECK(!std::isnan(f), "F is NaN");
  if (f <= 0) {
    return 1.0;
  }
  return std::isinf(f) ? 0.0 : cdf(complement(boost::math::fisher_f(df1, df2), f));
}

double f_upper_quantile(double tail, double df1, double df2) {
  check_degrees(df1);
  check_degrees(df2);
  check_probability(tail);
  return quantile(complement(boost::math::fisher_f(df1, df2), tail));
}

double noncentral_f_upper_tail(double f, double df1, double df2, double noncentrality) {
  check_degrees(df1);
  check_degrees(df2);
  SELFSAME_CHECK(noncentrality >= 0 && std::isfinite(noncentrality), "noncentrality {}", noncentrality);
  if (f <= 0) {
    return 1.0;
  }
  if (noncentrality == 0) {
    return f_upper_tail(f, df1, df2);
  }
  return cdf(complement(boost::math::non_central_f(df1, df2, noncentrality), f));
}

double chi_squared_upper_tail(double x, double df) {
  check_degrees(df);
  return x <= 0 ? 1.0 : cdf(complement(boost::math::chi_squared(df), x));
}

double normal_cdf(double x) { return cdf(boost::math::normal(), x); }

double normal_quantile(double probability) {
  check_probability(probability);
  return quantile(boost::math::normal(), probability);
}

double student_t_two_sided(double t, double df) {
  check_degrees(df);
  SELFSAME_CHECK(!std::isnan(t), "t is NaN");
  return std::isinf(t) ? 0.0 : 2 * cdf(complement(boost::math::students_t(df), std::abs(t)));
}

double student_t_quantile(double probability, double df) {
  check_degrees(df);
  check_probability(probability);
  return quantile(boost::math::students_t(df), probability);
}

ProbabilityInterval binomial_interval(std::int64_t hits, std::int64_t trials, double confidence) {
  SELFSAME_CHECK(trials > 0 && hits >= 0 && hits <= trials, "{} hits of {} trials", hits, trials);
  check_probability(confidence);
  const double tail = (1 - confidence) / 2, h = static_cast<double>(hits), n = static_cast<double>(trials);
  ProbabilityInterval interval{0.0, 1.0};
  if (hits > 0) {
    interval.lower = quantile(boost::math::beta_distribution<>(h, n - h + 1), tail);
  }
  if (hits < trials) {
    interval.upper = quantile(complement(boost::math::beta_distribution<>(h + 1, n - h), tail));
  }
  return interval;
}

}  // namespace selfsame
