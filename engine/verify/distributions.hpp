// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace selfsame {

/// The distributions of the tests, by Boost.Math, kept in one file because its headers compile slowly.
/// Upper tails are computed as such, so small p-values keep their relative accuracy.
///
/// Errors:  Error(kInternal) for degrees of freedom or probabilities outside their range, with the value.
/// Exact:   relative error below 1e-10 (1e-8 for the noncentral F), tested against SciPy.

/// P(F > f) for F(df1, df2). Noncentral: df1 F is a noncentral chi-squared over chi-squared / df2.
[[nodiscard]] double f_upper_tail(double f, double df1, double df2);
[[nodiscard]] double f_upper_quantile(double tail, double df1, double df2);
[[nodiscard]] double noncentral_f_upper_tail(double f, double df1, double df2, double noncentrality);

/// P(X > x) for chi-squared with df degrees of freedom.
[[nodiscard]] double chi_squared_upper_tail(double x, double df);

/// Normal and Student t. The quantile q has P(X <= q) = probability.
[[nodiscard]] double normal_cdf(double x);
[[nodiscard]] double normal_quantile(double probability);
[[nodiscard]] double student_t_two_sided(double t, double df);  ///< P(|X| > |t|)
[[nodiscard]] double student_t_quantile(double probability, double df);

/// The exact (Clopper, Pearson 1934) interval for a probability after `hits` of `trials`.
struct ProbabilityInterval {
  double lower, upper;
};
[[nodiscard]] ProbabilityInterval binomial_interval(std::int64_t hits, std::int64_t trials,
                                                    double confidence = 0.95);

}  // namespace selfsame
