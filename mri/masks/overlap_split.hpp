// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <vector>

#include "kernels/device/philox.hpp"
#include "mri/masks/sampling.hpp"

namespace selfsame {

// The split of Klug, Atik and Heckel (NeurIPS 2023): input and target sets overlap, so that a line is in the
// target with the same probability q_h whether the network saw it or not, and the loss is the ordinary
// supervised one, input lines included. Lines of the centre (always sampled) are in both, with weight 1. n
// lines, centre fraction nu, input rate p = 1 / acceleration, budget mu = 1 / total_acceleration:
//     q_h = (mu - p) / (1 - p),   q = (mu - p + nu - mu nu) / (1 - p),   W^2 = (1 - nu) / (q - nu) = 1 / q_h.
// Exact for k-space without noise: with noise, lines in both sets carry the same noise and bias the gradient.

/// Sizes of the sets, by rounding to the nearest integer (halves to even, as Python and numpy do).
struct OverlapSizes {
  std::int64_t n = 0;
  std::int64_t centre_first = 0, centre = 0;      ///< round(n nu) lines from (n - centre + 1) / 2
  std::int64_t input = 0, rest = 0, overlap = 0;  ///< outside the centre: |S_p|, |S_mu \ S_p|, in both sets
  double q_high = 0;                              ///< q_h

  [[nodiscard]] std::int64_t high() const { return n - centre; }
  [[nodiscard]] std::int64_t input_lines() const { return centre + input; }
  [[nodiscard]] std::int64_t target_lines() const { return centre + rest + overlap; }
};
/// Errors: Error(kUsage) unless 0 <= nu < p < mu <= 1 and every set is as large as its part of n asks for.
[[nodiscard]] OverlapSizes overlap_sizes(std::int64_t n, double centre_fraction, double acceleration,
                                         double total_acceleration);

struct OverlapRule {
  double acceleration = 4;  ///< of the input set
  /// The nominal nu and 1 / mu behind the paper's sizes and weights; absent: what the law's sets are.
  std::optional<double> centre_fraction, total_acceleration;
  enum class Weights {
    kAuthors,  ///< 1 / q_h on all target lines outside the centre: exact only up to the rounding of the sizes
    kExact,    ///< |S_p| / overlap on lines of the input, (H - |S_p|) / rest on the others
  };
  Weights weights = Weights::kExact;
  enum class Rounding {
    kNearest,
    kRandom,  ///< |S_p| and overlap are rounded up or down at random with the exact mean; weight 1 / q_h on
              ///< lines of the input is then exact, also where kNearest rounds the overlap to 0
  };
  Rounding rounding = Rounding::kNearest;
};

struct OverlapSplit {
  SamplingMask input;
  std::vector<double> weight;  ///< of squared errors; 0 outside the target set
};

/// Splits one example's sampled set. Laws of fixed size (`random_count`, the paper's) give the paper's split;
/// `sampled` then has the law's size. Independent laws give the split line by line: a sampled line is kept in
/// the input with the probability that makes input sets of acceleration p, and a line of the input is in the
/// target with q_j = P(j in Omega | j not in the input), so that weight 1 / q_j is exact for all (Rounding
/// and Weights have no meaning there). Give the same stream every epoch for the fixed split, one per epoch
/// for the resampled one. Errors: Error(kUsage) for laws whose draws depend on each other otherwise, for laws
/// that never sample a frequency, and for budgets that leave nothing beside the input.
[[nodiscard]] OverlapSplit overlap_split(const SamplingMask& sampled, const SamplingLaw& law,
                                         const OverlapRule& rule, const RandomStream& random);

/// Of every frequency, in closed form: P(in target | in input), P(in target | not in input) and the weights
/// given in the two cases. Always-sampled frequencies: 1, 1, 1, 1.
struct OverlapProbabilities {
  std::vector<double> in_loss_of_input, in_loss_of_rest, weight_of_input, weight_of_rest;
};
[[nodiscard]] OverlapProbabilities overlap_probabilities(const SamplingLaw& law, const OverlapRule& rule);

}  // namespace selfsame
