// SPDX-License-Identifier: Apache-2.0
#include "mri/masks/families/centre.hpp"

#include "kernels/base/error.hpp"
#include "mri/masks/density.hpp"

namespace selfsame {

CentreBlock::CentreBlock(const MaskSite& site, bool planes, double fraction)
    : h(planes ? site.h : 1), w(site.w) {
  const auto low = [fraction](std::int64_t n) {
    return n == 1 ? 1 : round_half_even(static_cast<double>(n) * fraction);
  };
  low_h = low(h);
  low_w = low(w);
  first_h = (h - low_h + 1) / 2;
  first_w = (w - low_w + 1) / 2;
}

bool CentreBlock::contains(std::int64_t i) const {
  const std::int64_t y = i / w - first_h, x = i % w - first_w;
  return y >= 0 && y < low_h && x >= 0 && x < low_w;
}

MaskOption centre_option(double default_value) {
  return {"center_fraction", "part of every axis that is fully sampled around DC", {default_value}, 0.0, 1.0};
}

MaskOption acceleration_option(double default_value) {
  return {"acceleration", "frequencies per sampled one, the centre included", {default_value}, 1.0, 65536.0};
}

double outside_centre(std::string_view family, const CentreBlock& centre, double acceleration) {
  const double outside =
      static_cast<double>(centre.h * centre.w) / acceleration - static_cast<double>(centre.count());
  if (!(outside > 0)) {
    fail(ErrorKind::kUsage,
         "masks '{}': a centre of {} of {} frequencies leaves nothing to sample outside it for an "
         "acceleration of {}",
         family, centre.count(), centre.h * centre.w, acceleration);
  }
  return outside;
}

IndependentFamily::IndependentFamily(SamplingLaw law, std::int64_t low_frequencies)
    : law_(std::move(law)), low_frequencies_(low_frequencies) {}

DrawnMask IndependentFamily::draw(const RandomStream& random) const {
  DrawnMask drawn;
  drawn.mask.h = law_.h;
  drawn.mask.w = law_.w;
  drawn.low_frequencies = low_frequencies_;
  drawn.mask.sampled.resize(law_.probability.size());
  for (std::size_t j = 0; j < law_.probability.size(); ++j) {
    drawn.mask.sampled[j] = uniform_double(random, j) < law_.probability[j];
  }
  return drawn;
}

SamplingLaw IndependentFamily::law(std::int64_t pair) const {
  SELFSAME_CHECK(pair == 0, "pair {} of 1", pair);
  return law_;
}

}  // namespace selfsame
