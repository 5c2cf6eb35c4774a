// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/verification.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>

namespace selfsame {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The most draws that fit into the time, a power of two times the first look, from what one run of lanes
/// takes. Fixed before any draw is looked at, so that no verdict depends on the clock by what it shows.
std::int64_t most_draws(const VerificationOptions& options, double seconds_per_draw) {
  std::int64_t most = options.most_draws;
  if (options.seconds > 0 && seconds_per_draw > 0) {
    const double fitting = options.seconds / seconds_per_draw / static_cast<double>(options.first_look);
    const auto doublings = static_cast<std::int64_t>(std::floor(std::log2(std::max(1.0, fitting))));
    most = std::min(most, options.first_look << std::clamp<std::int64_t>(doublings, 0, 40));
  }
  return std::max(most, options.first_look);
}

void add_details(Comparison& result, const DrawStatistics& statistics, const GroupedDifference* groups) {
  result.draws = statistics.draws();
  result.bias = estimate_bias(statistics);
  result.lower = result.bias.lower_bound();
  result.upper = result.bias.upper_bound();
  result.detectable = detectable_bias(statistics);
  result.variance = variance_ratio(statistics);
  const BiasTest test = bias_test(statistics);
  for (int l = 0; l < statistics.layers(); ++l) {
    const BiasEstimate layer = estimate_layer_bias(statistics, l);
    result.layers.push_back({statistics.sketch().tensors()[static_cast<std::size_t>(l)].name, layer.relative,
                             layer.upper_bound(), test.layers_holm[static_cast<std::size_t>(l)]});
  }
  if (groups != nullptr) {
    result.groups = groups->groups();
  }
}

}  // namespace

bool Comparison::as_claimed() const {
  return claim.unbiased && !control
             ? verdict == Verdict::kUnbiased || verdict == Verdict::kBiasedWithinTolerance
             : verdict == Verdict::kBiased;
}

Comparison compare_gradients(GradientPairs& pairs, const TrainedPoint& point, std::size_t claim,
                             const VerificationOptions& options,
                             const std::function<bool(std::int64_t, std::int64_t)>& progress) {
  Comparison result;
  result.point = point.name;
  result.claim = pairs.claims().at(claim);
  pairs.set_weights(point);
  const GradientSketch sketch(pairs.tensors());
  DrawStatistics statistics(sketch);
  std::unique_ptr<GroupedDifference> groups;
  if (pairs.groups() > 0) {
    std::vector<std::string> names;
    for (std::int64_t g = 0; g < pairs.groups(); ++g) {
      names.push_back(fmt::format("column {}", g));
    }
    groups = std::make_unique<GroupedDifference>(std::move(names));
  }
  const double start = now();
  const std::int64_t lanes = pairs.lanes();
  std::int64_t next = 0;  // the next draw; those of a run of lanes follow each other
  for (std::int64_t done = 0; done < options.pilot_draws; next += lanes) {
    pairs.run(next, claim, false);
    for (std::int64_t i = 0; i < lanes && done < options.pilot_draws; ++i, ++done) {
      statistics.add_pilot(pairs.supervised(i));
    }
  }
  double first_run = now();
  pairs.run(next, claim, true);  // the draws after the pilots, timed
  first_run = now() - first_run;
  SequentialPlan plan = SequentialPlan::doubling(most_draws(options, first_run / static_cast<double>(lanes)),
                                                 options.first_look);
  plan.alpha = options.alpha;
  plan.tolerance = options.tolerance;
  SequentialVerdict verdict(plan);
  bool go_on = true;
  for (std::int64_t lane = 0; go_on && !verdict.verdict(); ++lane) {
    if (lane == lanes) {
      lane = 0;
      next += lanes;
      pairs.run(next, claim, true);
      go_on = progress(statistics.draws(), plan.looks.back());
    }
    statistics.add(pairs.self_supervised(lane), pairs.supervised(lane));
    if (groups != nullptr) {
      groups->add(pairs.group_difference(lane), pairs.group_supervised(lane));
    }
    if (statistics.draws() == verdict.next_look()) {
      verdict.look(statistics);
    }
  }
  result.verdict = verdict.verdict().value_or(Verdict::kInconclusive);
  result.looks = verdict.looks();
  result.p_value = verdict.adjusted_p_value();
  if (statistics.draws() >= kFewestDraws) {
    add_details(result, statistics, groups.get());
  }
  result.seconds = now() - start;
  return result;
}

}  // namespace selfsame
