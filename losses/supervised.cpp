// SPDX-License-Identifier: Apache-2.0
// supervised: |f(y) - x|^2 / n with the clean image x. The yardstick of every other objective.
#include "losses/registry.hpp"
#include "losses/target_objective.hpp"

namespace selfsame {
namespace {

class Supervised : public TargetObjective {
 public:
  TargetKind target_kind() const override { return TargetKind::kClean; }
  std::vector<UnbiasednessClaim> claims() const override {
    return {{true, "E|f(y) - x|^2", "the measurement y", "none: it is the supervised loss itself"}};
  }
};

SELFSAME_REGISTER_OBJECTIVE(supervised,
                            {"supervised",
                             "|f(y) - x|^2 / n",
                             "SupLoss",
                             {},
                             [](const ObjectiveOptions&, const NoiseModel&) -> std::unique_ptr<Objective> {
                               return std::make_unique<Supervised>();
                             }});

}  // namespace
}  // namespace selfsame
