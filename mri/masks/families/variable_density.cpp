// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/base/error.hpp"
#include "mri/masks/density.hpp"
#include "mri/masks/families/centre.hpp"

namespace selfsame {
namespace {

/// The density's shape at r, the distance from DC in units of half an axis: (1 - r)^order within r < 1, or
/// exp(-r^2 / (2 width^2)).
double shape_at(double r, const MaskOptions& options) {
  const auto width = options.find("width");
  if (width != options.end()) {
    return std::exp(-0.5 * r * r / (width->second[0] * width->second[0]));
  }
  return std::pow(std::max(0.0, 1 - r), options.at("order")[0]);
}

std::unique_ptr<MaskFamily> make_density(const char* name, bool planes, const MaskSite& site,
                                         const MaskOptions& options) {
  const double fraction = options.at("center_fraction")[0], acceleration = options.at("acceleration")[0];
  const double floor = options.at("floor")[0];
  const CentreBlock centre(site, planes, fraction);
  const double outside = outside_centre(name, centre, acceleration);
  const std::int64_t high = centre.h * centre.w - centre.count();
  if (floor * static_cast<double>(high) > outside) {
    fail(ErrorKind::kUsage,
         "masks '{}': P of at least {} for {} frequencies is more than the {:.4g} that an acceleration of {} "
         "samples "
         "outside the centre; lower the floor",
         name, floor, high, outside, acceleration);
  }
  std::vector<double> shape = squared_radius(centre.h, centre.w), mass;
  for (std::size_t j = 0; j < shape.size(); ++j) {
    shape[j] = shape_at(std::sqrt(shape[j]), options);
    mass.push_back(centre.contains(static_cast<std::int64_t>(j)) ? 0.0 : 1.0);
  }
  const double c = density_scale(shape, mass, floor, outside);
  SamplingLaw law;
  law.h = centre.h;
  law.w = centre.w;
  for (std::size_t j = 0; j < shape.size(); ++j) {
    law.probability.push_back(mass[j] == 0 ? 1.0 : std::min(1.0, floor + c * shape[j]));
  }
  law.text =
      fmt::format("{}, {}, centre {}, R = {}", name,
                  options.contains("width") ? fmt::format("gaussian of width {}", options.at("width")[0])
                                            : fmt::format("order {}", options.at("order")[0]),
                  fraction, acceleration);
  return std::make_unique<IndependentFamily>(std::move(law), centre.count());
}

std::vector<MaskOption> density_options(double acceleration) {
  return {
      centre_option(0.08),
      acceleration_option(acceleration),
      {"order",
       "of the polynomial density (1 - r)^order; r = distance from DC over half the axis",
       {4.0},
       0.0,
       100.0},
      {"width",
       "of a gaussian density exp(-r^2 / (2 width^2)), taken instead of the polynomial if given",
       {},
       1e-3,
       100.0},
      {"floor",
       "smallest P(sampled): weights of self-supervised losses are finite only if it is above 0",
       {0.05},
       0.0,
       1.0},
  };
}

SELFSAME_REGISTER_MASK_FAMILY(variable_density, {"variable_density",
                                                 "columns, each by itself, more often near DC: P = min(1, "
                                                 "floor + c * density), c by bisection so that w / R are "
                                                 "sampled on average",
                                                 density_options(4.0), false, false,
                                                 [](const MaskSite& site, const MaskOptions& options) {
                                                   return make_density("variable_density", false, site,
                                                                       options);
                                                 }});

SELFSAME_REGISTER_MASK_FAMILY(variable_density_2d,
                              {"variable_density_2d",
                               "frequencies of a plane (two phase-encoded axes), each by itself, more often "
                               "near DC: P = min(1, floor + c * "
                               "density), c by bisection so that h w / R are sampled on average",
                               density_options(8.0), true, false,
                               [](const MaskSite& site, const MaskOptions& options) {
                                 return make_density("variable_density_2d", true, site, options);
                               }});

}  // namespace
}  // namespace selfsame
