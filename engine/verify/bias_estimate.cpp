// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/bias_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/verify/distributions.hpp"
#include "engine/verify/spectrum.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// Unbiased estimate of <E a, E b> from <mean a, mean b> and the mean of <a_m, b_m>.
double without_diagonal(double of_means, double mean_of, double draws) {
  return (draws * of_means - mean_of) / (draws - 1);
}

double variance(const std::vector<double>& values) {
  double mean = 0, squares = 0;
  for (const double v : values) {
    mean += v / static_cast<double>(values.size());
  }
  for (const double v : values) {
    squares += (v - mean) * (v - mean);
  }
  return squares / static_cast<double>(values.size() - 1);
}

/// What the whole and a tensor have in common.
/// @param gradient_products  <g_sup of a draw, mean g_sup>, or a multiple of it in expectation
/// @param pilot_difference   <d of a draw, p>
BiasEstimate from_products(const DrawStatistics& statistics, int layer,
                           const std::vector<DrawProducts>& draws,
                           const std::vector<double>& gradient_products, double pilot_squared,
                           double& trace) {
  const auto m = static_cast<double>(draws.size());
  const DrawStatistics::MeanProducts means = statistics.mean_products(layer);
  DrawProducts mean;
  std::vector<double> pilot_difference;
  for (const DrawProducts& products : draws) {
    mean += products;
    pilot_difference.push_back(products.difference_pilot);
  }
  BiasEstimate e;
  e.draws = statistics.draws();
  e.bias_squared = without_diagonal(means.difference, mean.difference / m, m);
  e.gradient_squared = without_diagonal(means.supervised, mean.supervised / m, m);
  e.gradient_deviation = 2 * std::sqrt(variance(gradient_products) / m);
  trace = std::max(0.0, mean.difference / m - means.difference) * m / (m - 1);
  if (e.gradient_squared > 0) {
    const double n = e.gradient_squared, cross = without_diagonal(means.cross, mean.cross / m, m);
    e.relative = std::sqrt(std::max(0.0, e.bias_squared) / n);
    e.scale = 1 + cross / n;
    // |b - <b, g> g / |g|^2|^2 = |b|^2 - <b, g>^2 / |g|^2; the square of an estimate is too large by its
    // variance.
    const double noise = pilot_squared > 0 ? variance(pilot_difference) / m * n / pilot_squared : 0.0;
    const double along = std::max(0.0, cross * cross - noise) / n;
    e.relative_up_to_scale = std::sqrt(std::max(0.0, e.bias_squared - along) / n);
  } else {
    e.relative = e.relative_up_to_scale = e.bias_squared > 0 ? std::numeric_limits<double>::infinity() : 0.0;
  }
  return e;
}

/// Makes the two figures of the spectrum agree with what must hold: tr S^2 between (tr S)^2 / dimensions and
/// (tr S)^2, the largest eigenvalue between tr S^2 / tr S and sqrt(tr S^2).
void reconcile(BiasEstimate& e, double trace, double dimensions) {
  e.trace_squared = std::clamp(e.trace_squared, trace * trace / dimensions, trace * trace);
  if (trace > 0) {
    e.largest_variance = std::clamp(e.largest_variance, e.trace_squared / trace, std::sqrt(e.trace_squared));
  } else {
    e.largest_variance = 0;
  }
}

}  // namespace

std::vector<double> products_with_mean(const DrawStatistics& statistics, bool self_supervised) {
  const std::int64_t draws = statistics.draws(), buckets = statistics.sketch().buckets();
  const auto sketched = [&](std::int64_t m, std::int64_t k) {
    const double g = statistics.supervised_sketch(m)[at(k)];
    return self_supervised ? g + statistics.difference_sketch(m)[at(k)] : g;
  };
  std::vector<double> centre(at(buckets));  // sketch of (mean g - p)
  for (std::int64_t m = 0; m < draws; ++m) {
    for (std::int64_t k = 0; k < buckets; ++k) {
      centre[at(k)] += sketched(m, k);
    }
  }
  for (std::int64_t k = 0; k < buckets; ++k) {
    centre[at(k)] = centre[at(k)] / static_cast<double>(draws) - statistics.pilot_sketch()[at(k)];
  }
  std::vector<double> products(at(draws));
  for (std::int64_t m = 0; m < draws; ++m) {
    const DrawProducts& exact = statistics.products(m);
    double sum = exact.supervised_pilot + (self_supervised ? exact.difference_pilot : 0.0);
    for (std::int64_t k = 0; k < buckets; ++k) {
      sum += sketched(m, k) * centre[at(k)];
    }
    products[at(m)] = sum;
  }
  return products;
}

BiasEstimate estimate_bias(const DrawStatistics& statistics) {
  const std::int64_t draws = statistics.draws();
  SELFSAME_CHECK(draws >= 4, "{} draws; an estimate needs 4", draws);
  const GradientSketch& sketch = statistics.sketch();
  std::vector<DrawProducts> products;
  for (std::int64_t m = 0; m < draws; ++m) {
    products.push_back(statistics.products(m));
  }
  double trace = 0;
  BiasEstimate e = from_products(statistics, -1, products, products_with_mean(statistics, false),
                                 statistics.pilot_norm() * statistics.pilot_norm(), trace);
  const SketchRows rows{statistics.difference_sketch(0).data(), draws, sketch.size(), sketch.buckets()};
  // The sketch adds to the squares of products: E <Sa, Sb>^2 = <a, b>^2 + (|a|^2 |b|^2 + <a, b>^2) / buckets.
  const double buckets = sketch.buckets();
  e.trace_squared = (trace_of_squared_covariance(rows) - trace * trace / buckets) / (1 + 1 / buckets);
  e.largest_variance = largest_eigenvalue_of_covariance(rows);
  reconcile(e, trace, static_cast<double>(sketch.parameters()));
  return e;
}

BiasEstimate estimate_layer_bias(const DrawStatistics& statistics, int layer) {
  const std::int64_t draws = statistics.draws();
  SELFSAME_CHECK(draws >= 4, "{} draws; an estimate needs 4", draws);
  SELFSAME_CHECK(layer >= 0 && layer < statistics.layers(), "layer {} of {}", layer, statistics.layers());
  const GradientSketch& sketch = statistics.sketch();
  const GradientTensor& tensor = sketch.tensors()[at(layer)];
  std::vector<DrawProducts> products;
  std::vector<double> gradient_products;
  double successive = 0;
  for (std::int64_t m = 0; m < draws; ++m) {
    products.push_back(statistics.layer_products(m, layer));
    // With the pilot in place of the mean: it is noisier, which makes the deviation larger.
    gradient_products.push_back(products.back().supervised_pilot);
    successive += products.back().successive * products.back().successive;
  }
  double pilot_squared = 0;
  for (std::int64_t i = tensor.offset; i < tensor.offset + tensor.count; ++i) {
    pilot_squared += static_cast<double>(statistics.pilot()[at(i)]) * statistics.pilot()[at(i)];
  }
  double trace = 0;
  BiasEstimate e = from_products(statistics, layer, products, gradient_products, pilot_squared, trace);
  // E <d_m, d_m+1>^2 = tr S^2 + 2 b' S b + |b|^4. The middle term stays: it is small beside 4 b' S b / M in
  // Var U.
  const double bias = std::max(0.0, e.bias_squared);
  e.trace_squared = successive / static_cast<double>(draws - 1) - bias * bias;
  const SketchRows rows{statistics.difference_sketch(0).data() + sketch.layer_offset(layer), draws,
                        sketch.size(), sketch.layer_size(layer)};
  e.largest_variance = largest_eigenvalue_of_covariance(rows);
  reconcile(e, trace, static_cast<double>(tensor.count));
  return e;
}

double BiasEstimate::upper_bound(double confidence) const {
  const auto m = static_cast<double>(draws);
  const double z = student_t_quantile(confidence, m - 1);
  const double u = std::max(0.0, bias_squared), tau = 2 * trace_squared / (m * (m - 1));
  if (u == 0 && tau == 0) {
    return 0.0;
  }
  const double c = gradient_squared - z * gradient_deviation;
  if (!(c > 0)) {
    return std::numeric_limits<double>::infinity();
  }
  // (x c - u)^2 = z^2 (slope x + tau), x = r^2: the larger root.
  const double slope = 4 * gradient_squared * largest_variance / m;
  const double half = c * u + z * z * slope / 2;
  const double discriminant = half * half - c * c * (u * u - z * z * tau);
  return std::sqrt((half + std::sqrt(std::max(0.0, discriminant))) / (c * c));
}

double BiasEstimate::lower_bound(double confidence) const {
  const auto m = static_cast<double>(draws);
  // Of U = sum of (normal^2 - 1) weighted by eigenvalues, in deviations: chi-squared with tr S^2 / largest^2
  // degrees of freedom is at least as skewed.
  const double df = largest_variance > 0
                        ? std::clamp(trace_squared / (largest_variance * largest_variance), 1.0, 1e4)
                        : 1.0;
  const double z = (df * f_upper_quantile(1 - confidence, df, m - 1) - df) / std::sqrt(2 * df);
  const double tau = 2 * trace_squared / (m * (m - 1));
  const double excess = bias_squared * bias_squared - z * z * tau;
  const double c = std::max(0.0, gradient_squared) + z * gradient_deviation;
  if (!(bias_squared > 0) || !(excess > 0) || !(c > 0)) {
    return 0.0;
  }
  // (u - x c)^2 = z^2 (slope x + tau): the smaller root, as excess / (larger root) to keep its digits.
  const double slope = 4 * std::max(0.0, gradient_squared) * largest_variance / m;
  const double half = c * bias_squared + z * z * slope / 2;
  const double discriminant = half * half - c * c * excess;
  return std::sqrt(excess / (half + std::sqrt(std::max(0.0, discriminant))));
}

}  // namespace selfsame
