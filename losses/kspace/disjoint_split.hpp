// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>

#include "losses/kspace/kspace_objective.hpp"
#include "losses/kspace/registry.hpp"
#include "mri/masks/splits.hpp"

namespace selfsame {

// What the objectives that split the sampled set into disjoint parts share (SSDU and its descendants).
// SSDU's authors name a patent application and a non-commercial licence for their code; what is here is
// written from the published methods alone.

/// Options of a weighted splitting: loss_share, selection uniform|gaussian|fixed_count, width, resample,
/// allow_approximate.
[[nodiscard]] std::span<const ObjectiveOption> weighted_split_options();
/// Options of an unweighted one: loss_share, selection uniform|gaussian, width, resample.
[[nodiscard]] std::span<const ObjectiveOption> plain_split_options();

/// Disjoint input and loss sets, and the weights that make the loss right.
class DisjointSplit {
 public:
  explicit DisjointSplit(const ObjectiveOptions& options);
  [[nodiscard]] bool resamples() const { return resample_; }
  [[nodiscard]] const SplitRule& rule() const { return rule_; }

  /// Of one example: the input set, and the weights of squared errors outside it.
  struct Sets {
    SamplingMask input;
    std::vector<double> weight;
  };
  /// Weights 1 / P(j in Omega | input set). Errors: Error(kUsage) that says what is missing if they do not
  /// exist: a frequency that is never sampled or never in the loss, or draws that depend on each other in a
  /// way for which P(j in Omega | input set) is not known, unless allow_approximate is set.
  [[nodiscard]] Sets weighted(const SamplingMask& sampled, const SamplingLaw& law,
                              const RandomStream& random) const;
  [[nodiscard]] KSpaceObjective::Preflight weighted_preflight(const SamplingLaw& law) const;
  /// Weights 1 on all that was sampled outside the input, at least one frequency. Errors: Error(kUsage) if
  /// nothing but the centre was sampled.
  [[nodiscard]] Sets plain(const SamplingMask& sampled, const SamplingLaw& law,
                           const RandomStream& random) const;
  [[nodiscard]] KSpaceObjective::Preflight plain_preflight(const SamplingLaw& law) const;

 private:
  void check_weights(const SamplingLaw& law, std::span<const double> keep) const;
  [[nodiscard]] SamplingLaw without_counts(const SamplingLaw& law) const;
  SplitRule rule_;
  bool resample_, allow_approximate_;
};

}  // namespace selfsame
