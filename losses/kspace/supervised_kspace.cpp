// SPDX-License-Identifier: Apache-2.0
// supervised_kspace: |f(M k) - k|^2 / n over all coils and frequencies, with fully sampled k-space k and the
// sampled part M k as the input. The yardstick of the objectives that see only what was sampled.
#include "losses/kspace/kspace_loss.hpp"
#include "losses/kspace/registry.hpp"

namespace selfsame {
namespace {

class SupervisedKSpace : public KSpaceLossObjective {
 public:
  UnbiasednessClaim claim() const override {
    return {true, "E|f - k|^2 over all frequencies", "the sampled k-space",
            "none: it is the supervised loss itself"};
  }
  bool needs_truth() const override { return true; }
  void split(std::span<float> input, std::span<float> weight, const SamplingMask& sampled, const SamplingLaw&,
             const RandomStream&) const override {
    write_split(input, weight, sampled, std::vector<double>(sampled.sampled.size(), 1.0));
  }
  Preflight preflight(const SamplingLaw& law) const override {
    const std::vector<double> ones(static_cast<std::size_t>(law.size()), 1.0);
    return {ones, ones};
  }
};

SELFSAME_REGISTER_KSPACE_OBJECTIVE(supervised_kspace,
                                   {"supervised_kspace",
                                    "|f - k|^2 / n over all frequencies",
                                    "SupLoss",
                                    {},
                                    [](const ObjectiveOptions&) -> std::unique_ptr<KSpaceObjective> {
                                      return std::make_unique<SupervisedKSpace>();
                                    }});

}  // namespace
}  // namespace selfsame
