// SPDX-License-Identifier: Apache-2.0
#include "kernels/base/error.hpp"
#include "mri/masks/density.hpp"
#include "mri/masks/families/centre.hpp"

namespace selfsame {
namespace {

/// A fixed number of columns outside the centre, uniformly among the sets of that size: round((1 / R - nu)
/// w), as Klug, Atik and Heckel (NeurIPS 2023) sample.
class RandomCount final : public MaskFamily {
 public:
  RandomCount(const MaskSite& site, const MaskOptions& options)
      : centre_(site, false, options.at("center_fraction")[0]) {
    const double fraction = options.at("center_fraction")[0], acceleration = options.at("acceleration")[0];
    const double w = static_cast<double>(site.w);
    count_ = round_half_even((1 / acceleration - fraction) * w);
    const std::int64_t high = site.w - centre_.count();
    if (count_ < 1 || count_ > high) {
      fail(ErrorKind::kUsage,
           "masks 'random_count': acceleration {} with a centre of {} of {} columns asks for {} of the {} "
           "columns "
           "outside it",
           acceleration, centre_.count(), site.w, count_, high);
    }
    text_ = fmt::format("random_count, centre {}, R = {}", fraction, acceleration);
  }

  [[nodiscard]] DrawnMask draw(const RandomStream& random) const override {
    DrawnMask drawn;
    drawn.mask.w = centre_.w;
    drawn.low_frequencies = centre_.count();
    std::vector<std::int64_t> high;
    for (std::int64_t j = 0; j < centre_.w; ++j) {
      drawn.mask.sampled.push_back(centre_.contains(j));
      if (!centre_.contains(j)) {
        high.push_back(j);
      }
    }
    for (const std::int64_t j : choose(std::move(high), count_, random, 0)) {
      drawn.mask.sampled[static_cast<std::size_t>(j)] = 1;
    }
    return drawn;
  }

  [[nodiscard]] SamplingLaw law(std::int64_t pair) const override {
    SELFSAME_CHECK(pair == 0, "pair {} of 1", pair);
    SamplingLaw law;
    law.w = centre_.w;
    law.dependence = SamplingLaw::Dependence::kFixedSize;
    law.text = text_;
    const double p = static_cast<double>(count_) / static_cast<double>(centre_.w - centre_.count());
    for (std::int64_t j = 0; j < centre_.w; ++j) {
      law.probability.push_back(centre_.contains(j) ? 1.0 : p);
    }
    return law;
  }

 private:
  CentreBlock centre_;
  std::int64_t count_ = 0;
  std::string text_;
};

SELFSAME_REGISTER_MASK_FAMILY(random_count, {"random_count",
                                             "exactly round((1 / R - centre) w) columns outside the centre, "
                                             "uniformly: the total set of Klug, Atik and Heckel",
                                             {centre_option(0.08), acceleration_option(4.0)},
                                             false,
                                             false,
                                             [](const MaskSite& site,
                                                const MaskOptions& options) -> std::unique_ptr<MaskFamily> {
                                               return std::make_unique<RandomCount>(site, options);
                                             }});

}  // namespace
}  // namespace selfsame
