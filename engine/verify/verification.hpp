// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "engine/verify/bias_estimate.hpp"
#include "engine/verify/detectable_bias.hpp"
#include "engine/verify/gradient_pairs.hpp"
#include "engine/verify/grouped_difference.hpp"
#include "engine/verify/sequential_verdict.hpp"
#include "engine/verify/variance_ratio.hpp"

namespace selfsame {

struct VerificationOptions {
  std::int64_t pilot_draws = 16;   ///< fix the directions that are tested, and are not tested themselves
  std::int64_t first_look = 64;    ///< draws before the first look; later ones double
  std::int64_t most_draws = 4096;  ///< the last look
  double seconds = 0;              ///< 0 = no limit: fewer draws if they would take longer than this
  double alpha = 0.05;             ///< chance that an unbiased gradient is called biased
  double tolerance = 0.05;         ///< relative bias that does not matter
};

/// A verdict on one claim of one objective at given weights, and the numbers behind it.
struct Comparison {
  std::string objective;  ///< with its options, for a person
  std::string point;      ///< of the training
  UnbiasednessClaim claim;
  bool control = false;  ///< a negative control: it must be found biased, whatever the claim

  Verdict verdict = Verdict::kInconclusive;
  std::vector<Look> looks;
  double p_value = 1;      ///< of the whole sequential procedure
  std::int64_t draws = 0;  ///< of the last look
  double seconds = 0;
  BiasEstimate bias;
  double lower = 0, upper = 0;  ///< 95 % bounds of the relative bias, each by itself
  DetectableBias detectable;    ///< by these draws with 95 % power
  VarianceRatio variance;
  struct Layer {
    std::string name;
    double relative = 0, upper = 0, p_holm = 1;
  };
  std::vector<Layer> layers;
  std::vector<GroupedDifference::Group> groups;  ///< columns of k-space; else empty

  /// Whether the verdict is what the objective says of itself.
  [[nodiscard]] bool as_claimed() const;
};

/// Draws pairs until the verdict is certain. @param progress  draws done and the most that there may be;
/// returns false to stop: the verdict is then inconclusive unless it was reached.
/// Errors: Error(kDiverged) for gradients that are not finite.
[[nodiscard]] Comparison compare_gradients(GradientPairs& pairs, const TrainedPoint& point, std::size_t claim,
                                           const VerificationOptions& options,
                                           const std::function<bool(std::int64_t, std::int64_t)>& progress);

}  // namespace selfsame
