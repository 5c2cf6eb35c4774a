// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "mri/masks/legacy_random.hpp"
#include "mri/masks/mask_family.hpp"

namespace selfsame {

/// What fastMRI's five generators share: pairs of centre fraction and acceleration, the fully sampled centre,
/// the order of draws, and numpy's generator. Masks are equal to theirs, bit for bit.
///
/// Columns [first, first + low) are the centre: low = round(w * fraction), halves to even, first = (w - low +
/// 1) / 2 (rounded down). Draws: which pair (none if there is one), then what the generator needs. Source:
/// facebookresearch/fastMRI, fastmri/data/subsample.py, commit 6fd5b70 (MIT); written anew from what it does.
class FastMriFamily : public MaskFamily {
 public:
  struct Pair {
    double centre_fraction = 0, acceleration = 1;
    std::int64_t low = 0;  ///< columns of the centre
  };
  [[nodiscard]] std::int64_t pairs() const override { return static_cast<std::int64_t>(pairs_.size()); }
  /// The generator is seeded with the four words of the stream's first group.
  [[nodiscard]] DrawnMask draw(const RandomStream& random) const override;
  [[nodiscard]] DrawnMask draw_for_file(std::string_view name) const override;
  [[nodiscard]] SamplingLaw law(std::int64_t pair) const override;

 protected:
  FastMriFamily(std::string_view name, std::int64_t w, const MaskOptions& options);
  /// Draws and sets what is sampled beside the centre.
  virtual void accelerate(std::span<std::uint8_t> sampled, const Pair& pair, LegacyRandom& random) const = 0;
  /// P(sampled) without the centre.
  [[nodiscard]] virtual std::vector<double> probability(const Pair& pair) const = 0;
  [[nodiscard]] virtual SamplingLaw::Dependence dependence() const = 0;

  std::string_view name_;
  std::int64_t w_;
  std::vector<Pair> pairs_;

 private:
  [[nodiscard]] DrawnMask draw(LegacyRandom random) const;
};

/// Families whose only random number is an offset from a finite set: the columns of each offset, and hence
/// every probability by counting offsets.
class OffsetFamily : public FastMriFamily {
 protected:
  using FastMriFamily::FastMriFamily;
  /// Number of offsets. Errors: Error(kUsage) for pairs that fastMRI's generator fails for.
  [[nodiscard]] virtual std::int64_t offsets(const Pair& pair) const = 0;
  virtual void sample(std::span<std::uint8_t> sampled, const Pair& pair, std::int64_t offset) const = 0;
  void check_pairs() const;  ///< for constructors: asks every pair for its offsets

  void accelerate(std::span<std::uint8_t> sampled, const Pair& pair, LegacyRandom& random) const override;
  [[nodiscard]] std::vector<double> probability(const Pair& pair) const override;
  [[nodiscard]] SamplingLaw::Dependence dependence() const override {
    return SamplingLaw::Dependence::kOther;
  }
};

/// center_fractions and accelerations, as all five take them.
[[nodiscard]] std::vector<MaskOption> fastmri_options();

/// The acceleration as a whole number. Errors: Error(kUsage) if it is none.
[[nodiscard]] std::int64_t whole_acceleration(std::string_view family, double acceleration);

}  // namespace selfsame
