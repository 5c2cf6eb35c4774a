// SPDX-License-Identifier: Apache-2.0
// paper_split_normalized: the loss that Klug, Atik and Heckel trained in practice: that of paper_split
// divided by the squared norm of the same example's weighted masked target,
//
//   L = sum_j w_j |f_j - k_j|^2 / N,    N = sum_j w_j |k_j|^2.
//
// N is drawn with the target set T. Given the input set S and the example,
//
//   E[grad L | S, k] = sum_j E[w_j 1(j in T) / N | S] grad |f_j - k_j|^2
//
// and E[w_j 1(j in T) / N] is not the same for all j: a frequency counts less when it is large itself, as N
// is then large whenever it is in T. Biased; the bias is small where the centre, which is in every T, holds
// nearly all of the energy. Dividing by a scale of the input alone would keep the gradient unbiased.
#include "losses/kspace/kspace_loss.hpp"
#include "losses/kspace/paper_options.hpp"

namespace selfsame {
namespace {

class PaperSplitNormalized : public KSpaceLossObjective {
 public:
  explicit PaperSplitNormalized(const ObjectiveOptions& options) : split_(options) {}
  UnbiasednessClaim claim() const override {
    return {false, "near E |f - k|^2 / |k|^2 over all frequencies", "the input part of the sampled k-space",
            "divided by a norm that is drawn with the target set; small where the centre holds nearly all "
            "energy"};
  }
  bool resamples() const override { return split_.resamples(); }
  bool predicts_from_split() const override { return true; }
  void split(std::span<float> input, std::span<float> weight, const SamplingMask& sampled,
             const SamplingLaw& law, const RandomStream& random) const override {
    split_.split(input, weight, sampled, law, random);
  }
  Preflight preflight(const SamplingLaw& law) const override { return split_.preflight(law); }
  void plan(MemoryPlan& plan, Shape4 kspace, std::int64_t, Stream&, DType dtype) override {
    loss_.plan(plan, kspace, dtype, KSpaceLoss::Scale::kTarget);
  }

 private:
  PaperSplit split_;
};

SELFSAME_REGISTER_KSPACE_OBJECTIVE(paper_split_normalized,
                                   {"paper_split_normalized",
                                    "sum over targets of w |f - k|^2 / sum over targets of w |k|^2", "",
                                    paper_options(),
                                    [](const ObjectiveOptions& options) -> std::unique_ptr<KSpaceObjective> {
                                      return std::make_unique<PaperSplitNormalized>(options);
                                    }});

}  // namespace
}  // namespace selfsame
