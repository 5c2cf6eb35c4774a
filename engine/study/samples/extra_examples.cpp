// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/extra_examples.hpp"

#include <algorithm>
#include <cmath>

#include "engine/study/samples/monotone_curve.hpp"

namespace selfsame {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// ln N / N_first(R), where R leaves the first method's curve: the ends between which it may lie.
struct LogFactor {
  double low = 0, high = 0;  // equal on the curve, else one is infinite
  double nearest = 0;        // the finite one
  bool on_curve() const { return low == high; }
};

LogFactor log_factor(double log_examples, const CurvePlace& place) {
  const double at = log_examples - place.x;
  switch (place.side) {
    case CurvePlace::Side::kAbove:
      return {at, kInfinity, at};
    case CurvePlace::Side::kBelow:
      return {-kInfinity, at, at};
    case CurvePlace::Side::kOn:
      break;
  }
  return {at, at, at};
}

class Inverter {
 public:
  Inverter(const std::vector<std::int64_t>& examples, const RiskDraws& first, const RiskDraws& other,
           std::size_t resamples)
      : other_(other), resamples_(first.repeated && other.repeated ? resamples : 0) {
    for (const std::int64_t count : examples) {
      log_examples_.push_back(std::log(static_cast<double>(count)));
    }
    std::vector<double> x;
    for (const std::size_t size : first.sizes) {
      x.push_back(log_examples_[size]);
    }
    const auto invert = [&](const double* first_logs, const double* other_logs, std::vector<LogFactor>& out) {
      const std::vector<double> falling = falling_fit({first_logs, x.size()}, first.weights);
      for (std::size_t k = 0; k < other.sizes.size(); ++k) {
        out.push_back(log_factor(log_examples_[other.sizes[k]], place_on_curve(x, falling, other_logs[k])));
      }
    };
    invert(first.logs.data(), other.logs.data(), found_);
    for (std::size_t i = 0; i < resamples_; ++i) {
      invert(first.row(i), other.row(i), resampled_);
    }
  }

  const LogFactor& found(std::size_t k) const { return found_[k]; }
  const LogFactor& resampled(std::size_t i, std::size_t k) const {
    return resampled_[i * other_.sizes.size() + k];
  }

  /// What may be said at the size other.sizes[k], if there is a gap.
  void classify(std::size_t k, ExtraExamples& extra) const {
    const LogFactor& found = found_[k];
    if (resamples_ == 0) {
      if (found.on_curve()) {
        extra.kind = ExtraKind::kEstimate;
        extra.factor.value = std::exp(found.nearest);
      }
      return;
    }
    std::vector<double> lows, highs;
    for (std::size_t i = 0; i < resamples_; ++i) {
      lows.push_back(resampled(i, k).low);
      highs.push_back(resampled(i, k).high);
    }
    const double low = std::exp(interval_of(found.nearest, std::move(lows)).low);
    const double high = std::exp(interval_of(found.nearest, std::move(highs)).high);
    const bool has_low = !std::isnan(low) && found.low > -kInfinity;
    const bool has_high = !std::isnan(high) && found.high < kInfinity;
    if (has_low && has_high) {
      extra.kind = ExtraKind::kValue;
      extra.factor = {std::exp(found.nearest), low, high};
    } else if (has_low) {
      extra.kind = ExtraKind::kAtLeast;
      extra.factor.low = low;
    } else if (has_high) {
      extra.kind = ExtraKind::kAtMost;
      extra.factor.high = high;
    } else {
      extra.kind = ExtraKind::kFlat;
    }
  }

  SampleInterval together(const std::vector<std::size_t>& places) const {
    if (places.empty()) {
      return {};
    }
    const auto mean = [&](auto&& factor_at) {
      double sum = 0;
      for (const std::size_t k : places) {
        sum += factor_at(k).nearest;
      }
      return std::exp(sum / static_cast<double>(places.size()));
    };
    std::vector<double> means;
    for (std::size_t i = 0; i < resamples_; ++i) {
      means.push_back(mean([&](std::size_t k) { return resampled(i, k); }));
    }
    return interval_of(mean([&](std::size_t k) { return found_[k]; }), std::move(means));
  }

 private:
  const RiskDraws& other_;
  std::size_t resamples_;
  std::vector<double> log_examples_;
  std::vector<LogFactor> found_, resampled_;  // by place in other.sizes; (resamples, places)
};

}  // namespace

const char* extra_kind_name(ExtraKind kind) {
  switch (kind) {
    case ExtraKind::kNothing:
      return "nothing";
    case ExtraKind::kValue:
      return "value";
    case ExtraKind::kEstimate:
      return "estimate";
    case ExtraKind::kAtLeast:
      return "at_least";
    case ExtraKind::kAtMost:
      return "at_most";
    case ExtraKind::kMerged:
      return "merged";
    case ExtraKind::kFlat:
      return "flat";
  }
  return "";
}

ExtraFactors extra_factors(const std::vector<std::int64_t>& examples, const RiskDraws& first,
                           const RiskDraws& other, const std::vector<bool>& significant,
                           std::size_t resamples) {
  ExtraFactors factors;
  factors.extras.resize(examples.size());
  for (std::size_t size = 0; size < examples.size(); ++size) {
    factors.extras[size].size = size;
  }
  if (first.sizes.empty() || other.sizes.empty()) {
    return factors;
  }
  const bool repeated = first.repeated && other.repeated;
  const bool falls = first.sizes.size() >= 2 && first.falls(resamples);
  const Inverter inverter(examples, first, other, resamples);
  std::vector<std::size_t> valued;
  for (std::size_t k = 0; k < other.sizes.size(); ++k) {
    const std::size_t size = other.sizes[k];
    ExtraExamples& extra = factors.extras[size];
    if (first.place(size) == first.sizes.size()) {
      continue;  // the first method has no run here: nothing tells whether there is a gap
    }
    if (repeated && !significant[size]) {
      extra.kind = ExtraKind::kMerged;
    } else if (!falls) {
      extra.kind = ExtraKind::kFlat;
    } else {
      inverter.classify(k, extra);
    }
  }
  // Between sizes that have a factor, those without a significant gap take part too if the inversion holds
  // there: the mean of what happens to be significant would be too far from 1.
  std::size_t first_place = other.sizes.size(), last_place = 0;
  for (std::size_t k = 0; k < other.sizes.size(); ++k) {
    if (factors.extras[other.sizes[k]].factor.known()) {
      first_place = std::min(first_place, k);
      last_place = k;
    }
  }
  for (std::size_t k = first_place; k < other.sizes.size() && k <= last_place; ++k) {
    ExtraExamples inverted = factors.extras[other.sizes[k]];
    if (inverted.kind == ExtraKind::kMerged) {
      inverter.classify(k, inverted);
    }
    if (inverted.factor.known()) {
      valued.push_back(k);
    }
  }
  factors.together = inverter.together(valued);
  return factors;
}

}  // namespace selfsame
