// SPDX-License-Identifier: Apache-2.0
// noise2self: blind spots on a grid (Batson and Royer, ICML 2019; losses/blind_spot.hpp). J is one of the s^2
// shifts of a grid of spacing s, drawn in every step; its pixels are replaced by the mean of their
// neighbours. At test time the s^2 shifts are run one after the other and every pixel is taken from the run
// in which it was blind: the function that was trained. "plain" takes f(y), which sees the pixel too, once.
#include <array>

#include "kernels/take_masked/take_masked.hpp"
#include "losses/blind_spot.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

constexpr std::string_view kPredictions[] = {"blind", "plain"};
constexpr std::array kOptions = {
    ObjectiveOption{"spacing", "of the grid, in pixels", 4.0, 2, 64, {}},
    ObjectiveOption{"prediction",
                    "at test time: every pixel from a pass that is blind to it, or one plain pass",
                    std::string_view("blind"), 0, 0, kPredictions}};

class Noise2Self : public BlindSpotObjective {
 public:
  explicit Noise2Self(const ObjectiveOptions& options)
      : BlindSpotObjective({BlindSpotRule::Kind::kGrid, static_cast<int>(number(options, "spacing")), 1, -1}),
        blind_(word(options, "prediction") == "blind") {}
  bool corrects() const override { return blind_; }
  void plan_prediction(MemoryPlan& plan, Shape4 measurement, DType dtype) override {
    masked_ = plan.activation("objective.masked", measurement, dtype, 1, 0);
    merged_ = plan.activation("objective.merged", measurement, dtype, 1, 0);
    mask_ = plan.activation("objective.mask", {measurement.n, 1, measurement.h, measurement.w}, dtype, 1, 0);
  }
  ConstTensorView predict(ConstTensorView noisy, std::span<const SampleOrigin> origins,
                          NetworkHandle& network, Stream& stream) override {
    if (!blind_) {
      return network.forward(noisy, stream);
    }
    BlindSpotRule phase = rule();
    for (int i = 0; i < phase.spacing * phase.spacing; ++i) {
      phase.phase = i;
      blind_spots(*masked_, *mask_, noisy, origins, phase, stream);
      take_masked(*merged_, network.forward(*masked_, stream), *mask_, stream);
    }
    return *merged_;
  }

 private:
  bool blind_;
  const TensorView *masked_ = nullptr, *mask_ = nullptr, *merged_ = nullptr;
};

SELFSAME_REGISTER_OBJECTIVE(
    noise2self, {"noise2self", "sum over a shifted grid J of (f(y without J) - y)^2 / |J|", "", kOptions,
                 [](const ObjectiveOptions& options, const NoiseModel&) -> std::unique_ptr<Objective> {
                   return std::make_unique<Noise2Self>(options);
                 }});

}  // namespace
}  // namespace selfsame
