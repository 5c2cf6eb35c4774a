// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>
#include <vector>

#include "kernels/device/philox.hpp"
#include "mri/masks/sampling.hpp"

namespace selfsame {

// Splitting what was sampled, Omega, into what the network sees (the input set, Lambda and Omega) and what
// its prediction is compared with (the loss set, the rest of Omega). P_j = P(j in Omega), Ptilde_j = P(j in
// Lambda).
//
// The condition of unbiasedness, which everything here is made for and the tests enumerate: for every input
// set that can occur and every frequency j outside it,
//     E[weight_j 1(j in the loss) | input set] = 1.
// Source: Millard, Chiew, "A theoretical framework for self-supervised MR image reconstruction using
// sub-sampling via variable density Noisier2Noise", IEEE Trans. Comput. Imaging 2023; the counts for laws of
// fixed size and the conditions are derived in docs/sampling.md.

/// Which of the sampled frequencies go to the loss.
struct SplitRule {
  enum class Selection {
    kUniform,    ///< each by itself, with probability loss_share
    kGaussian,   ///< each by itself, more often near the centre: probability min(1, c exp(-r^2 / 2)), r =
                 ///< distance from DC in units of width times the axis; c such that loss_share go to the loss
                 ///< on average
    kFixedCount  ///< exactly round(loss_share times those there are), at least one; uniformly among them
  };
  Selection selection = Selection::kUniform;
  double loss_share = 0.4;  ///< of the frequencies that may be in the loss; SSDU's rho
  double width = 0.25;      ///< kGaussian: standard deviation as a part of the axis' length
  bool keep_always = true;  ///< frequencies that are always sampled (the centre) are always in the input
};

/// Whether the weights of `split_weights` meet the condition above.
enum class SplitExactness {
  kExact,
  kApproximate,  ///< right on average over input sets, not for each: draws that depend on each other
};
/// Errors: Error(kUsage) with the reason if the rule cannot be used with the law: kFixedCount needs one
/// probability for all frequencies outside the centre, kGaussian needs draws that are not of a fixed size.
[[nodiscard]] SplitExactness split_exactness(const SamplingLaw& law, const SplitRule& rule);

/// P(j in Omega | j not in the input) = P (1 - Ptilde) / (1 - P Ptilde), what Millard and Chiew call 1 - K.
/// 0 if the frequency is always in the input (P = Ptilde = 1).
[[nodiscard]] double in_loss_probability(double sampled, double keep);

/// Ptilde of every frequency, in closed form. Errors: as split_exactness.
[[nodiscard]] std::vector<double> keep_probability(const SamplingLaw& law, const SplitRule& rule);

/// P(j in the loss | j not in the input) of every frequency, in closed form: for the preflight. For laws and
/// rules of a fixed size it is the ratio of the counts; 0 where the frequency is always in the input.
[[nodiscard]] std::vector<double> in_loss_probabilities(const SamplingLaw& law, const SplitRule& rule);

/// Their inverses, the weights that make a split unbiased; 0 where the probability is 0.
[[nodiscard]] std::vector<double> loss_weights(std::span<const double> in_loss);

/// The input set of one example. `keep` is keep_probability(law, rule). Of a law of fixed size one frequency
/// at least goes to the loss: if all were kept, one chosen uniformly is taken out, which keeps the weights
/// exact. Uses elements [0, 2 size + 2) of the stream's words.
[[nodiscard]] SamplingMask draw_input(const SamplingMask& sampled, const SamplingLaw& law,
                                      const SplitRule& rule, std::span<const double> keep,
                                      const RandomStream& random);

/// Weights of one example's squared errors: 0 outside the loss set; inside it 1 / P(j in Omega | input set).
/// Independent draws: 1 / in_loss_probability(P, Ptilde). Laws or rules of a fixed size: from the counts of
/// this example outside the always-sampled frequencies, (n - |input|) / (|Omega| - |input|); always-sampled
/// frequencies have weight 1.
/// Errors: Error(kUsage) naming how many and which frequencies if one outside the input is never sampled, or
/// is never in the loss (Ptilde = 1 and P < 1).
[[nodiscard]] std::vector<double> split_weights(const SamplingMask& sampled, const SamplingMask& input,
                                                const SamplingLaw& law, const SplitRule& rule,
                                                std::span<const double> keep);

/// "3 of 368 columns are never sampled by TEXT: 0, 2, 367", or empty: what makes every weight impossible.
/// With `keep`, also frequencies that are never in the loss.
[[nodiscard]] std::string impossible_frequencies(const SamplingLaw& law, std::span<const double> keep);

}  // namespace selfsame
