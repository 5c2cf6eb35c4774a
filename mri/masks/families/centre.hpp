// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>
#include <vector>

#include "mri/masks/mask_family.hpp"

namespace selfsame {

/// A fully sampled block around DC: round(fraction * length) of each axis (all of an axis of length 1), from
/// (length - low + 1) / 2, as fastMRI places it.
struct CentreBlock {
  std::int64_t h = 1, w = 0;  ///< of the mask
  std::int64_t first_h = 0, low_h = 1, first_w = 0, low_w = 0;

  CentreBlock(const MaskSite& site, bool planes, double fraction);
  [[nodiscard]] bool contains(std::int64_t i) const;
  [[nodiscard]] std::int64_t count() const { return low_h * low_w; }
};

[[nodiscard]] MaskOption centre_option(double default_value);
[[nodiscard]] MaskOption acceleration_option(double default_value);

/// The number of frequencies that should be sampled outside the centre, size / acceleration - centre; not
/// rounded. Errors: Error(kUsage) if it is not positive.
[[nodiscard]] double outside_centre(std::string_view family, const CentreBlock& centre, double acceleration);

/// Masks whose frequencies are drawn each by itself, with given probabilities.
class IndependentFamily : public MaskFamily {
 public:
  /// Of law.dependence = kIndependent.
  IndependentFamily(SamplingLaw law, std::int64_t low_frequencies);
  [[nodiscard]] DrawnMask draw(const RandomStream& random) const override;
  [[nodiscard]] SamplingLaw law(std::int64_t pair) const override;

 private:
  SamplingLaw law_;
  std::int64_t low_frequencies_;
};

}  // namespace selfsame
