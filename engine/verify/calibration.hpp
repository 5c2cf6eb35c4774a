// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <vector>

#include "engine/verify/distributions.hpp"
#include "engine/verify/gradient_sketch.hpp"
#include "engine/verify/sequential_verdict.hpp"

namespace selfsame {

/// Makes draw number `draw` of repeat `repeat`: two gradients of sketch.extent() floats. Draws must be
/// independent and identically distributed; the first are used as pilots.
using DrawGenerator =
    std::function<void(std::uint64_t repeat, std::int64_t draw, float* self_supervised, float* supervised)>;

struct CalibrationOptions {
  std::int64_t repeats = 1000, draws = 256, pilot_draws = 16;
  double level = 0.05;
  double true_relative_bias = std::numeric_limits<double>::quiet_NaN();  ///< to count coverage; NaN: do not
  std::function<void(std::int64_t done)> progress;                       ///< after each repeat; may be empty
};

/// Counts of one event and its probability with the exact 95 % interval.
struct Rate {
  std::int64_t hits = 0, trials = 0;
  [[nodiscard]] double value() const { return static_cast<double>(hits) / static_cast<double>(trials); }
  [[nodiscard]] ProbabilityInterval interval() const { return binomial_interval(hits, trials); }
};

/// How often the test of a fixed number of draws rejects: its level if the draws are unbiased, its power if
/// not.
struct CalibrationResult {
  Rate combined, global,
      any_layer;  ///< p_value, global, smallest Holm-adjusted p-value of the layers <= level
  Rate upper_covers, lower_covers;  ///< 95 % bounds that hold; no trials without a true value
  std::vector<double> p_values;     ///< combined, by repeat
};
[[nodiscard]] CalibrationResult calibrate(const GradientSketch& sketch, const DrawGenerator& draw,
                                          const CalibrationOptions& options);

/// How often the whole sequential procedure ends in each verdict, and how many draws it takes.
struct SequentialCalibration {
  std::map<Verdict, std::int64_t> verdicts;
  Rate significant;
  double mean_draws = 0;
};
/// `options.draws` and `options.level` are not used: the plan says.
[[nodiscard]] SequentialCalibration calibrate_sequential(const GradientSketch& sketch,
                                                         const DrawGenerator& draw,
                                                         const SequentialPlan& plan,
                                                         const CalibrationOptions& options);

}  // namespace selfsame
