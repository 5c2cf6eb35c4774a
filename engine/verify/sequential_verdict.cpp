// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/sequential_verdict.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/base/error.hpp"

namespace selfsame {

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kUnbiased:
      return "unbiased";
    case Verdict::kBiased:
      return "biased";
    case Verdict::kBiasedWithinTolerance:
      return "biased within tolerance";
    case Verdict::kInconclusive:
      return "inconclusive";
  }
  fail(ErrorKind::kInternal, "verdict {}", static_cast<int>(verdict));
}

SequentialPlan SequentialPlan::doubling(std::int64_t last, std::int64_t first) {
  SequentialPlan plan;
  for (std::int64_t draws = std::max<std::int64_t>(1, first); draws <= last / 2; draws *= 2) {
    plan.looks.push_back(draws);
  }
  plan.looks.push_back(last);
  return plan;
}

void SequentialPlan::validate() const {
  const auto check = [](bool good, const char* name, double value) {
    if (!good) {
      fail(ErrorKind::kUsage, "plan of the verdict: {} {} is outside its range", name, value);
    }
  };
  if (looks.empty()) {
    fail(ErrorKind::kUsage, "plan of the verdict: no looks");
  }
  for (std::size_t i = 0; i < looks.size(); ++i) {
    const std::int64_t least = i == 0 ? kFewestDraws : looks[i - 1] + 1;
    if (looks[i] < least) {
      fail(ErrorKind::kUsage, "plan of the verdict: look {} at {} draws, must be at {} or more", i + 1,
           looks[i], least);
    }
  }
  check(alpha > 0 && alpha < 1, "alpha", alpha);
  check(interim_share > 0 && interim_share < 1, "interim share", interim_share);
  check(bound_error > 0 && bound_error < 1, "bound error", bound_error);
  check(tolerance > 0 && std::isfinite(tolerance), "tolerance", tolerance);
}

double SequentialPlan::level(std::size_t look) const {
  SELFSAME_CHECK(look < looks.size(), "look {} of {}", look, looks.size());
  if (looks.size() == 1) {
    return alpha;
  }
  return look + 1 == looks.size() ? alpha * (1 - interim_share)
                                  : alpha * interim_share / static_cast<double>(looks.size() - 1);
}

double SequentialPlan::bound_confidence(std::size_t look) const {
  SELFSAME_CHECK(look < looks.size(), "look {} of {}", look, looks.size());
  return 1 - bound_error / static_cast<double>(looks.size());
}

SequentialVerdict::SequentialVerdict(SequentialPlan plan) : plan_(std::move(plan)) { plan_.validate(); }

std::optional<std::int64_t> SequentialVerdict::next_look() const {
  return verdict_ ? std::nullopt : std::optional(plan_.looks[looks_.size()]);
}

std::optional<Verdict> SequentialVerdict::look(const DrawStatistics& statistics) {
  SELFSAME_CHECK(next_look() == statistics.draws(), "a look at {} draws, expected {}", statistics.draws(),
                 next_look().value_or(0));
  const BiasEstimate estimate = estimate_bias(statistics);
  const double confidence = plan_.bound_confidence(looks_.size());
  Look evidence;
  evidence.draws = statistics.draws();
  evidence.p_value = bias_test(statistics).p_value;
  evidence.relative_bias = estimate.relative;
  evidence.lower = estimate.lower_bound(confidence);
  evidence.upper = estimate.upper_bound(confidence);
  return look(evidence);
}

std::optional<Verdict> SequentialVerdict::look(Look evidence) {
  SELFSAME_CHECK(next_look() == evidence.draws, "a look at {} draws, expected {}", evidence.draws,
                 next_look().value_or(0));
  evidence.level = plan_.level(looks_.size());
  evidence.bound_confidence = plan_.bound_confidence(looks_.size());
  looks_.push_back(evidence);
  const bool last = looks_.size() == plan_.looks.size();
  significant_ = significant_ || evidence.p_value <= evidence.level;
  if (significant_) {
    if (evidence.upper <= plan_.tolerance) {
      verdict_ = Verdict::kBiasedWithinTolerance;
    } else if (evidence.lower > plan_.tolerance || last) {
      verdict_ = Verdict::kBiased;
    }
  } else if (evidence.upper <= plan_.tolerance) {
    verdict_ = Verdict::kUnbiased;
  } else if (last) {
    verdict_ = Verdict::kInconclusive;
  }
  return verdict_;
}

double SequentialVerdict::adjusted_p_value() const {
  double p = 1;
  for (const Look& look : looks_) {
    p = std::min(p, look.p_value * plan_.alpha / look.level);
  }
  return p;
}

}  // namespace selfsame
