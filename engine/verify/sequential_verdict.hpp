// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/verify/bias_estimate.hpp"
#include "engine/verify/bias_test.hpp"

namespace selfsame {

enum class Verdict {
  kUnbiased,               ///< no sign of bias, and the bound is within the tolerance
  kBiased,                 ///< significant, and not shown to be within the tolerance
  kBiasedWithinTolerance,  ///< significant, but the bound is within the tolerance
  kInconclusive,           ///< no sign of bias, but the draws do not suffice for the bound
};
[[nodiscard]] std::string_view verdict_name(Verdict verdict);  ///< "unbiased", "biased", ...

/// When to look, and what may be concluded from a look.
struct SequentialPlan {
  std::vector<std::int64_t> looks;  ///< numbers of draws, rising
  double alpha = 0.05;              ///< chance of calling an unbiased method biased, over all looks
  double interim_share = 0.1;       ///< of alpha, spent in equal parts on all looks but the last
  double bound_error = 0.05;        ///< chance that a bound is wrong at any look, spent in equal parts
  double tolerance = 0.01;          ///< relative bias that does not matter

  /// 64, 128, 256, ... and `last`.
  [[nodiscard]] static SequentialPlan doubling(std::int64_t last, std::int64_t first = 64);
  /// Errors: Error(kUsage) with the value that does not fit.
  void validate() const;
  [[nodiscard]] double level(std::size_t look) const;             ///< for the p-value of this look
  [[nodiscard]] double bound_confidence(std::size_t look) const;  ///< for its bounds
};

/// What was seen at one look.
struct Look {
  std::int64_t draws = 0;
  double p_value = 1, level = 0;  ///< p-value and what it is compared with
  double relative_bias = 0;       ///< estimate
  double lower = 0, upper = 0;    ///< bounds, each at bound_confidence
  double bound_confidence = 0;
};

/// Decides after each look whether to go on.
///
/// A p-value at or below its look's level is significant, once and for all. Then: lower bound above the
/// tolerance: biased; upper bound within: biased within tolerance; else more draws settle the size, and at
/// the last look it is biased. Not significant: upper bound within the tolerance: unbiased; at the last look
/// else inconclusive.
///
/// Error rates, by the union bound over looks: an unbiased method is called biased with probability <= alpha;
/// a bias above the tolerance is called within it with probability <= bound_error, and one within it is
/// called above likewise.
class SequentialVerdict {
 public:
  explicit SequentialVerdict(SequentialPlan plan);

  [[nodiscard]] const SequentialPlan& plan() const { return plan_; }
  /// Draws that the next look needs; nothing after the verdict.
  [[nodiscard]] std::optional<std::int64_t> next_look() const;

  /// Errors: Error(kInternal) for another number of draws than next_look().
  std::optional<Verdict> look(const DrawStatistics& statistics);
  /// The same from numbers; `evidence` needs draws, p_value, relative_bias, lower and upper.
  std::optional<Verdict> look(Look evidence);

  [[nodiscard]] std::optional<Verdict> verdict() const { return verdict_; }
  [[nodiscard]] bool significant() const { return significant_; }
  [[nodiscard]] const std::vector<Look>& looks() const { return looks_; }
  /// The smallest p that this procedure, not the single looks, would have given: the least alpha at which
  /// some look was significant.
  [[nodiscard]] double adjusted_p_value() const;

 private:
  SequentialPlan plan_;
  std::vector<Look> looks_;
  bool significant_ = false;
  std::optional<Verdict> verdict_;
};

}  // namespace selfsame
