// SPDX-License-Identifier: Apache-2.0
// paper_split: the loss of Klug, Atik and Heckel (NeurIPS 2023) with exact weights and a fixed scale,
//
//   L = 1/n sum_j w_j |f_j(M k) - k_j|^2,    n = C H W, w_j = 0 outside the target set T.
//
// Of the sampled set Omega a part S (with the centre) is the network's input; T holds the centre, all of
// Omega \ S, and a random part of S, drawn so that the input tells nothing about T. Let k be noiseless. For a
// given input set S and example k the network's prediction is fixed, and only T is random:
//
//   E[grad L | S, k] = 1/n sum_j E[w_j 1(j in T) | S] grad |f_j - k_j|^2 = 1/n sum_j grad |f_j - k_j|^2
//
// when w_j = 1 / P(j in T | S). mri/masks/overlap_split.hpp: for masks of a fixed size, S is a uniform subset
// of Omega's high lines and Omega a uniform set of lines, so by symmetry P = overlap / |S| for j in S and
// (|Omega| - |S|) / (H - |S|) for the others; for independent lines P = P(j in Omega | j not in S) outside S,
// and lines of S are drawn into T with the same probability. The mean over S and k is the supervised gradient
// at inputs of acceleration p.
//
// With noise, k_j + e_j is input and target at the lines of S in T and of the centre: then
// E<f_j - k_j, e_j> is not zero (the network may copy e_j) and the gradient is biased. The authors' weights
// 1 / q_h differ from 1 / P by the rounding of the sizes.
#include "losses/kspace/kspace_loss.hpp"
#include "losses/kspace/paper_options.hpp"

namespace selfsame {
namespace {

class PaperSplitObjective : public KSpaceLossObjective {
 public:
  explicit PaperSplitObjective(const ObjectiveOptions& options) : split_(options) {}
  UnbiasednessClaim claim() const override {
    if (!split_.exact()) {
      return {false, "E|f - k|^2 over all frequencies, up to the rounding of the sets' sizes",
              "the input part of the sampled k-space",
              "weights: authors are right only where the sizes need no rounding; weights: exact are right "
              "always"};
    }
    return {true, "E|f - k|^2 over all frequencies", "the input part of the sampled k-space",
            "k-space without noise (input and target share the centre and the overlap, and with them their "
            "noise); "
            "frequencies sampled independently or uniformly among the sets of one size, each with P > 0"};
  }
  bool resamples() const override { return split_.resamples(); }
  bool predicts_from_split() const override { return true; }
  void split(std::span<float> input, std::span<float> weight, const SamplingMask& sampled,
             const SamplingLaw& law, const RandomStream& random) const override {
    split_.split(input, weight, sampled, law, random);
  }
  Preflight preflight(const SamplingLaw& law) const override { return split_.preflight(law); }

 private:
  PaperSplit split_;
};

SELFSAME_REGISTER_KSPACE_OBJECTIVE(
    paper_split,
    {"paper_split", "sum over targets of w |f - k|^2 / n, w = 1 / P(in the target | input set)", "",
     paper_options(), [](const ObjectiveOptions& options) -> std::unique_ptr<KSpaceObjective> {
       return std::make_unique<PaperSplitObjective>(options);
     }});

}  // namespace
}  // namespace selfsame
