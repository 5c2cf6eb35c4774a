// SPDX-License-Identifier: Apache-2.0
// noise2void: blind spots at random places (Krull, Buchholz, Jug, CVPR 2019; losses/blind_spot.hpp). One
// pixel is drawn in every box of s x s pixels and replaced by another one of its window. Here that is never
// the pixel itself and never another one of J (the original takes any): only then is the input independent of
// the noise on J. At test time the network sees the measurement as it is.
#include <array>

#include "losses/blind_spot.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

constexpr std::array kOptions = {
    ObjectiveOption{"spacing", "one pixel in every box of this side is hidden", 8.0, 2, 256, {}},
    ObjectiveOption{"radius", "half the side of the window from which its value is taken", 2.0, 1, 32, {}}};

class Noise2Void : public BlindSpotObjective {
 public:
  explicit Noise2Void(const ObjectiveOptions& options)
      : BlindSpotObjective({BlindSpotRule::Kind::kStratified, static_cast<int>(number(options, "spacing")),
                            static_cast<int>(number(options, "radius")), -1}) {}
};

SELFSAME_REGISTER_OBJECTIVE(
    noise2void, {"noise2void", "sum over random pixels J of (f(y without J) - y)^2 / |J|", "", kOptions,
                 [](const ObjectiveOptions& options, const NoiseModel&) -> std::unique_ptr<Objective> {
                   return std::make_unique<Noise2Void>(options);
                 }});

}  // namespace
}  // namespace selfsame
