// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>
#include <vector>

#include "mri/masks/sampling.hpp"

namespace selfsame {

/// How a value varies over frequencies.
struct Spread {
  std::int64_t count = 0;
  double min = 0, max = 0, mean = 0;
  double cv = 0;  ///< coefficient of variation: standard deviation (over count) / mean
};

/// What is known of a mask and a split before a run, from closed forms alone.
///
/// Per frequency outside the input the expected loss has the weight  P(in loss | not in input) * weight:  1
/// for all means that the gradient is that of the supervised loss on those frequencies; equal for all, that
/// it is that gradient times a number; otherwise some frequencies count more than others.
struct MaskPreflight {
  enum class Verdict {
    kExact,         ///< expected weight 1 everywhere
    kProportional,  ///< the same expected weight everywhere, not 1
    kUneven,        ///< frequencies count differently: biased
    kDependent,     ///< as the marginal probabilities say, but draws depend on each other: not for each input
                    ///< set
    kImpossible,    ///< some frequency is never compared: no weights can be right
  };
  Verdict verdict = Verdict::kExact;
  std::int64_t size = 0, always = 0, never = 0;
  double expected = 0;                ///< number of sampled frequencies, on average
  Spread sampled;                     ///< P(sampled) of the frequencies that are not always sampled
  Spread in_loss, weight, effective;  ///< of those that can be outside the input and in the loss
  std::vector<std::string> notes;     ///< sentences for a person: what the verdict means here, and why

  [[nodiscard]] double acceleration() const { return static_cast<double>(size) / expected; }
};
[[nodiscard]] const char* name_of(MaskPreflight::Verdict verdict);  ///< "exact", "proportional", ...

/// @param in_loss  P(in loss | not in input) per frequency; 0 with P(sampled) = 1 means always in the input
/// @param weight   of the frequency's squared error when it is in the loss
[[nodiscard]] MaskPreflight mask_preflight(const SamplingLaw& law, std::span<const double> in_loss,
                                           std::span<const double> weight);

/// What the law alone says: sizes and P(sampled), without a split, a verdict or notes.
[[nodiscard]] MaskPreflight mask_law_preflight(const SamplingLaw& law);

/// The rows of a compact table and the notes, each line ended.
[[nodiscard]] std::string preflight_table(const MaskPreflight& preflight);

}  // namespace selfsame
