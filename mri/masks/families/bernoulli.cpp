// SPDX-License-Identifier: Apache-2.0
#include "kernels/base/error.hpp"
#include "mri/masks/families/centre.hpp"

namespace selfsame {
namespace {

std::unique_ptr<MaskFamily> make_bernoulli(const MaskSite& site, const MaskOptions& options) {
  const double p = options.at("probability")[0], fraction = options.at("center_fraction")[0];
  const CentreBlock centre(site, false, fraction);
  SamplingLaw law;
  law.w = site.w;
  law.text = fmt::format("bernoulli, centre {}, P = {}", fraction, p);
  for (std::int64_t j = 0; j < site.w; ++j) {
    law.probability.push_back(centre.contains(j) ? 1.0 : p);
  }
  return std::make_unique<IndependentFamily>(std::move(law), centre.count());
}

SELFSAME_REGISTER_MASK_FAMILY(
    bernoulli,
    {"bernoulli",
     "columns, each by itself with the given probability outside the centre",
     {centre_option(0.08), {"probability", "P(sampled) of a column outside the centre", {0.25}, 0.0, 1.0}},
     false,
     false,
     make_bernoulli});

}  // namespace
}  // namespace selfsame
