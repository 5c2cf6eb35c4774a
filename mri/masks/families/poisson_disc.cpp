// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/base/error.hpp"
#include "mri/masks/density.hpp"
#include "mri/masks/families/centre.hpp"

namespace selfsame {
namespace {

/// Frequencies of a plane that keep a distance from each other, on the torus of the plane (opposite edges
/// touch), and a fully sampled centre.
///
/// The frequencies are visited in a random order; one is taken if no taken one is nearer than the radius,
/// until exactly `count` are. If a round ends with fewer, the radius shrinks by a factor that depends on
/// nothing random and the rest is visited again in the same order. Every step treats all shifts of the torus
/// alike and the number is fixed, so P(sampled) = count / (h w) exactly, for every frequency outside the
/// centre. A density that varies (a radius that grows with the distance from DC) would lose this, and has no
/// closed form: it is not offered. Source: Cook, "Stochastic sampling in computer graphics", ACM TOG 1986
/// (dart throwing).
class PoissonDisc final : public MaskFamily {
 public:
  PoissonDisc(const MaskSite& site, const MaskOptions& options)
      : centre_(site, true, options.at("center_fraction")[0]) {
    const double acceleration = options.at("acceleration")[0];
    const double outside = outside_centre("poisson_disc", centre_, acceleration);
    const double size = static_cast<double>(centre_.h * centre_.w);
    count_ = std::max<std::int64_t>(
        1, round_half_even(size * outside / (size - static_cast<double>(centre_.count()))));
    text_ = fmt::format("poisson_disc, centre {}, R = {}", options.at("center_fraction")[0], acceleration);
  }

  [[nodiscard]] DrawnMask draw(const RandomStream& random) const override {
    DrawnMask drawn;
    drawn.mask.h = centre_.h;
    drawn.mask.w = centre_.w;
    drawn.low_frequencies = centre_.count();
    drawn.mask.sampled = discs(random);
    for (std::int64_t j = 0; j < std::ssize(drawn.mask.sampled); ++j) {
      if (centre_.contains(j)) {
        drawn.mask.sampled[static_cast<std::size_t>(j)] = 1;
      }
    }
    return drawn;
  }

  [[nodiscard]] SamplingLaw law(std::int64_t pair) const override {
    SELFSAME_CHECK(pair == 0, "pair {} of 1", pair);
    SamplingLaw law;
    law.h = centre_.h;
    law.w = centre_.w;
    law.dependence = SamplingLaw::Dependence::kOther;
    law.text = text_;
    const double p = static_cast<double>(count_) / static_cast<double>(centre_.h * centre_.w);
    for (std::int64_t j = 0; j < centre_.h * centre_.w; ++j) {
      law.probability.push_back(centre_.contains(j) ? 1.0 : p);
    }
    return law;
  }

 private:
  /// Nothing taken lies nearer than the radius to frequency j, measured around the torus.
  [[nodiscard]] bool free(const std::vector<std::uint8_t>& taken, std::int64_t j, double radius) const {
    const auto reach = static_cast<std::int64_t>(std::ceil(radius)) - 1;
    const std::int64_t reach_h = std::min(reach, centre_.h / 2), reach_w = std::min(reach, centre_.w / 2);
    for (std::int64_t dy = -reach_h; dy <= reach_h; ++dy) {
      const std::int64_t y = (j / centre_.w + dy + centre_.h) % centre_.h;
      for (std::int64_t dx = -reach_w; dx <= reach_w; ++dx) {
        const std::int64_t x = (j % centre_.w + dx + centre_.w) % centre_.w;
        if (static_cast<double>(dy * dy + dx * dx) < radius * radius &&
            taken[static_cast<std::size_t>(y * centre_.w + x)] != 0) {
          return false;
        }
      }
    }
    return true;
  }

  [[nodiscard]] std::vector<std::uint8_t> discs(const RandomStream& random) const {
    const std::int64_t size = centre_.h * centre_.w;
    std::vector<std::int64_t> order;
    for (std::int64_t j = 0; j < size; ++j) {
      order.push_back(j);
    }
    order = choose(std::move(order), size, random, 0);
    std::vector<std::uint8_t> taken(static_cast<std::size_t>(size), 0);
    std::int64_t number = 0;
    // Discs of half this distance around the points of the densest lattice just fill the plane.
    double radius = std::sqrt(2 / std::sqrt(3.0) * static_cast<double>(size) / static_cast<double>(count_));
    for (;; radius = radius > 1 ? std::max(1.0, 0.9 * radius) : 0.0) {
      std::vector<std::int64_t> left;
      for (const std::int64_t j : order) {
        if (number < count_ && free(taken, j, radius)) {
          taken[static_cast<std::size_t>(j)] = 1;
          ++number;
        } else {
          left.push_back(j);
        }
      }
      if (number == count_) {
        return taken;
      }
      order = std::move(left);
    }
  }

  CentreBlock centre_;
  std::int64_t count_ = 0;
  std::string text_;
};

SELFSAME_REGISTER_MASK_FAMILY(poisson_disc, {"poisson_disc",
                                             "a fixed number of frequencies of a plane that keep a distance "
                                             "from each other, uniform density: the same P "
                                             "outside the centre, but draws that depend on each other",
                                             {centre_option(0.08), acceleration_option(8.0)},
                                             true,
                                             false,
                                             [](const MaskSite& site,
                                                const MaskOptions& options) -> std::unique_ptr<MaskFamily> {
                                               return std::make_unique<PoissonDisc>(site, options);
                                             }});

}  // namespace
}  // namespace selfsame
