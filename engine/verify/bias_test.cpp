// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/bias_test.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/verify/multiplicity.hpp"
#include "engine/verify/sign_flip.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr double kRounding = 1.0 / (1 << 20);

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// p-values in between are taken from sign flips, which know the tails of these draws; those outside decide
/// the same way by either, and flips cannot count that far.
constexpr double kClearlyLarge = 0.3, kClearlySmall = 1e-7;

HotellingResult tested(std::span<const double> rows, int dimensions) {
  HotellingResult result = hotelling(rows, dimensions);
  if (result.p_value > kClearlySmall && result.p_value < kClearlyLarge) {
    result.p_value = sign_flip_p_value(rows, dimensions);
  }
  return result;
}

/// Does float arithmetic alone explain d of this tensor?
bool equal_to_rounding(const DrawStatistics& statistics, int layer) {
  double difference = 0, supervised = 0, whole = 0;
  for (std::int64_t m = 0; m < statistics.draws(); ++m) {
    difference += statistics.layer_products(m, layer).difference;
    supervised += statistics.layer_products(m, layer).supervised;
    whole += statistics.products(m).supervised;
  }
  const double share = static_cast<double>(statistics.sketch().tensors()[at(layer)].count) /
                       static_cast<double>(statistics.sketch().parameters());
  return difference <= kRounding * kRounding * std::max(supervised, share * whole);
}

HotellingResult layer_test(const DrawStatistics& statistics, int layer) {
  const GradientSketch& sketch = statistics.sketch();
  const int size = sketch.layer_size(layer), offset = sketch.layer_offset(layer);
  const int dimensions = std::min(size, projections_for(statistics.draws()));
  std::vector<double> rows(at(statistics.draws() * dimensions));
  for (std::int64_t m = 0; m < statistics.draws(); ++m) {
    const float* values = statistics.difference_sketch(m).data() + offset;
    for (int k = 0; k < size; ++k) {
      rows[at(m * dimensions + k % dimensions)] += values[k];
    }
  }
  return tested(rows, dimensions);
}

}  // namespace

int projections_for(std::int64_t draws) {
  const std::int64_t wanted = std::min<std::int64_t>(kMostProjections, draws / 8);
  return static_cast<int>(std::bit_floor(static_cast<std::uint64_t>(std::max<std::int64_t>(1, wanted))));
}

std::vector<double> global_projections(const DrawStatistics& statistics, int projections) {
  const int buckets = statistics.sketch().buckets();
  const int count = std::min(projections, buckets), dimensions = count + 1;
  std::vector<double> rows(at(statistics.draws() * dimensions));
  for (std::int64_t m = 0; m < statistics.draws(); ++m) {
    const std::span<const float> values = statistics.difference_sketch(m);
    double* row = rows.data() + m * dimensions;
    for (int k = 0; k < buckets; ++k) {
      row[k % count] += values[at(k)];
    }
    row[count] =
        statistics.pilot_norm() > 0 ? statistics.products(m).difference_pilot / statistics.pilot_norm() : 0.0;
  }
  return rows;
}

BiasTest bias_test(const DrawStatistics& statistics) {
  SELFSAME_CHECK(statistics.draws() >= kFewestDraws, "{} draws; a test needs {}", statistics.draws(),
                 kFewestDraws);
  BiasTest test;
  std::vector<double> layer_p;  // of those that take part
  for (int layer = 0; layer < statistics.layers(); ++layer) {
    HotellingResult result;
    result.draws = statistics.draws();
    if (!equal_to_rounding(statistics, layer)) {
      result = layer_test(statistics, layer);
      if (result.dimensions > 0) {
        layer_p.push_back(result.p_value);
      }
    }
    test.layers.push_back(result);
  }
  test.layers_holm.assign(test.layers.size(), 1.0);
  test.global.draws = statistics.draws();
  if (layer_p.empty()) {
    return test;
  }
  const std::vector<double> holm = holm_adjusted(layer_p);
  for (std::size_t layer = 0, next = 0; layer < test.layers.size(); ++layer) {
    if (test.layers[layer].dimensions > 0) {
      test.layers_holm[layer] = holm[next++];
    }
  }

  const int projections = std::min(projections_for(statistics.draws()), statistics.sketch().buckets());
  test.global = tested(global_projections(statistics, projections), projections + 1);
  test.p_value = std::min({1.0, test.global.p_value / kGlobalShare,
                           *std::min_element(holm.begin(), holm.end()) / (1 - kGlobalShare)});
  return test;
}

}  // namespace selfsame
