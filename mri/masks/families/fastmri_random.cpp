// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "mri/masks/families/fastmri.hpp"

namespace selfsame {
namespace {

/// Every column by itself, with the probability that makes w / acceleration columns on average.
class RandomColumns final : public FastMriFamily {
 public:
  RandomColumns(const MaskSite& site, const MaskOptions& options)
      : FastMriFamily("random", site.w, options) {}

 private:
  [[nodiscard]] double outside(const Pair& pair) const {
    const auto w = static_cast<double>(w_), low = static_cast<double>(pair.low);
    return (w / pair.acceleration - low) / (w - low);
  }
  void accelerate(std::span<std::uint8_t> sampled, const Pair& pair, LegacyRandom& random) const override {
    const double p = outside(pair);
    for (std::uint8_t& s : sampled) {
      s = random.uniform() < p;
    }
  }
  [[nodiscard]] std::vector<double> probability(const Pair& pair) const override {
    const double p = pair.low == w_ ? 1.0 : std::clamp(outside(pair), 0.0, 1.0);
    return std::vector<double>(static_cast<std::size_t>(w_), p);
  }
  [[nodiscard]] SamplingLaw::Dependence dependence() const override {
    return SamplingLaw::Dependence::kIndependent;
  }
};

SELFSAME_REGISTER_MASK_FAMILY(
    random,
    {"random",
     "fastMRI's random columns: each by itself, outside the centre with P = (w / R - low) / (w - low)",
     fastmri_options(), false, true,
     [](const MaskSite& site, const MaskOptions& options) -> std::unique_ptr<MaskFamily> {
       return std::make_unique<RandomColumns>(site, options);
     }});

}  // namespace
}  // namespace selfsame
