// SPDX-License-Identifier: Apache-2.0
// supervised: |f(y) - x|^2 / n with the clean image x. The yardstick of every other objective.
#include "losses/registry.hpp"
#include "losses/target_loss.hpp"

namespace selfsame {
namespace {

class Supervised : public Objective {
 public:
  TargetKind target_kind() const override { return TargetKind::kClean; }
  UnbiasednessClaim claim() const override {
    return {true, "E|f(y) - x|^2", "the measurement y", "none: it is the supervised loss itself"};
  }
  void plan(MemoryPlan& plan, Shape4 prediction, DType dtype) override {
    loss_.plan(plan, prediction, dtype);
  }
  void value_and_gradient(std::span<double> sample_losses, const Measurement& measurement, std::int64_t lanes,
                          NetworkHandle& network, Stream& stream) override {
    loss_.run(sample_losses, measurement, lanes, network, stream);
  }

 private:
  TargetLoss loss_;
};

SELFSAME_REGISTER_OBJECTIVE(supervised, {"supervised",
                                         "|f(y) - x|^2 / n",
                                         {},
                                         [](const ObjectiveOptions&) -> std::unique_ptr<Objective> {
                                           return std::make_unique<Supervised>();
                                         }});

}  // namespace
}  // namespace selfsame
