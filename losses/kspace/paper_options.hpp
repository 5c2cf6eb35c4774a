// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "losses/kspace/kspace_objective.hpp"
#include "losses/kspace/registry.hpp"
#include "mri/masks/overlap_split.hpp"

namespace selfsame {

/// The options that both forms of the loss of Klug, Atik and Heckel share.
[[nodiscard]] std::span<const ObjectiveOption> paper_options();

/// Their split, made from these options.
class PaperSplit {
 public:
  explicit PaperSplit(const ObjectiveOptions& options);
  /// Input mask and weights of one example, as KSpaceObjective::split.
  void split(std::span<float> input, std::span<float> weight, const SamplingMask& sampled,
             const SamplingLaw& law, const RandomStream& random) const;
  [[nodiscard]] KSpaceObjective::Preflight preflight(const SamplingLaw& law) const;
  [[nodiscard]] bool resamples() const { return resample_; }
  [[nodiscard]] bool exact() const { return rule_.weights == OverlapRule::Weights::kExact; }

 private:
  OverlapRule rule_;
  bool resample_;
};

}  // namespace selfsame
