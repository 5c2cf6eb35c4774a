// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/calibration.hpp"

#include <algorithm>
#include <cmath>

#include "engine/verify/bias_estimate.hpp"
#include "engine/verify/bias_test.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

/// The draws of one repeat, made as far as they are asked for.
class Repeat {
 public:
  Repeat(const GradientSketch& sketch, const DrawGenerator& draw, std::uint64_t number, std::int64_t pilots)
      : draw_(draw),
        number_(number),
        statistics_(sketch),
        self_supervised_(static_cast<std::size_t>(sketch.extent())),
        supervised_(self_supervised_) {
    for (; next_ < pilots; ++next_) {
      draw_(number_, next_, self_supervised_.data(), supervised_.data());
      statistics_.add_pilot(supervised_.data());
    }
  }
  const DrawStatistics& up_to(std::int64_t draws) {
    for (; statistics_.draws() < draws; ++next_) {
      draw_(number_, next_, self_supervised_.data(), supervised_.data());
      statistics_.add(self_supervised_.data(), supervised_.data());
    }
    return statistics_;
  }

 private:
  const DrawGenerator& draw_;
  std::uint64_t number_;
  std::int64_t next_ = 0;
  DrawStatistics statistics_;
  std::vector<float> self_supervised_, supervised_;
};

void count(Rate& rate, bool hit) {
  rate.hits += hit ? 1 : 0;
  ++rate.trials;
}

void check(const CalibrationOptions& options) {
  SELFSAME_CHECK(options.repeats > 0 && options.pilot_draws > 0, "{} repeats, {} pilot draws",
                 options.repeats, options.pilot_draws);
}

}  // namespace

CalibrationResult calibrate(const GradientSketch& sketch, const DrawGenerator& draw,
                            const CalibrationOptions& options) {
  check(options);
  CalibrationResult result;
  for (std::int64_t r = 0; r < options.repeats; ++r) {
    Repeat repeat(sketch, draw, static_cast<std::uint64_t>(r), options.pilot_draws);
    const DrawStatistics& statistics = repeat.up_to(options.draws);
    const BiasTest test = bias_test(statistics);
    result.p_values.push_back(test.p_value);
    count(result.combined, test.p_value <= options.level);
    count(result.global, test.global.p_value <= options.level);
    count(result.any_layer,
          *std::min_element(test.layers_holm.begin(), test.layers_holm.end()) <= options.level);
    if (!std::isnan(options.true_relative_bias)) {
      const BiasEstimate estimate = estimate_bias(statistics);
      count(result.upper_covers, estimate.upper_bound() >= options.true_relative_bias);
      count(result.lower_covers, estimate.lower_bound() <= options.true_relative_bias);
    }
    if (options.progress) {
      options.progress(r + 1);
    }
  }
  return result;
}

SequentialCalibration calibrate_sequential(const GradientSketch& sketch, const DrawGenerator& draw,
                                           const SequentialPlan& plan, const CalibrationOptions& options) {
  check(options);
  SequentialCalibration result;
  for (std::int64_t r = 0; r < options.repeats; ++r) {
    Repeat repeat(sketch, draw, static_cast<std::uint64_t>(r), options.pilot_draws);
    SequentialVerdict sequential(plan);
    while (const std::optional<std::int64_t> draws = sequential.next_look()) {
      sequential.look(repeat.up_to(*draws));
    }
    ++result.verdicts[*sequential.verdict()];
    count(result.significant, sequential.significant());
    result.mean_draws +=
        static_cast<double>(sequential.looks().back().draws) / static_cast<double>(options.repeats);
    if (options.progress) {
      options.progress(r + 1);
    }
  }
  return result;
}

}  // namespace selfsame
