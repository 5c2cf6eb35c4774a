// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace selfsame {

/// Which frequencies were sampled: (h, w), or (1, w) for columns, the same for every row. 1 or 0.
struct SamplingMask {
  std::int64_t h = 1, w = 0;
  std::vector<std::uint8_t> sampled;         ///< h * w
  [[nodiscard]] std::int64_t count() const;  ///< of ones
};

/// What is known of how masks of a family are drawn: what the weights of self-supervised objectives are made
/// from, in closed form, never from counting draws.
struct SamplingLaw {
  std::int64_t h = 1, w = 0;        ///< as of its masks
  std::vector<double> probability;  ///< h * w: P(sampled)
  /// How the draws of different frequencies depend on each other, beside those of probability 0 or 1.
  enum class Dependence {
    kIndependent,  ///< Bernoulli: each by itself
    kFixedSize,    ///< uniformly among the subsets of one size: every frequency has the same probability
    kOther,        ///< e.g. equispaced lines, Poisson discs: conditional probabilities are not those of above
  };
  Dependence dependence = Dependence::kIndependent;
  std::string text;  ///< "random, 0.08 centre, R = 4", for messages

  [[nodiscard]] std::int64_t size() const { return h * w; }
  /// The frequencies that are always sampled (the centre).
  [[nodiscard]] bool always(std::int64_t i) const { return probability[static_cast<std::size_t>(i)] >= 1.0; }
  [[nodiscard]] bool never(std::int64_t i) const { return probability[static_cast<std::size_t>(i)] <= 0.0; }
};

/// "24 of 368 columns are WHAT: 1, 4, 9, ..." (planes: "frequencies" and "(row, column)"); empty if none are.
[[nodiscard]] std::string describe_frequencies(const SamplingLaw& law, std::span<const std::int64_t> which,
                                               std::string_view what);

/// CRC-32 (that of zlib and PNG) of the mask's bytes, 0 and 1: a mask's fingerprint.
[[nodiscard]] std::uint32_t mask_crc32(const SamplingMask& mask);

}  // namespace selfsame
