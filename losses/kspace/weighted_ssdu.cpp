// SPDX-License-Identifier: Apache-2.0
// weighted_ssdu: splitting with the weights of Millard and Chiew (IEEE Trans. Comput. Imaging, 2023):
//
//   L = 1/n sum over j in Omega \ Lambda of w_j |f_j(y_Lambda) - y_j|^2,   w_j = 1 / P(j in Omega | input
//   set)
//
// Let y_j = k_j + e_j with noise e_j of mean zero, independent between frequencies. Given the input set and
// what the network sees there, f is fixed, e_j of a frequency outside the input is independent of it, and
//
//   E[grad L | input] = 1/n sum over j not in the input of w_j P(j in Omega | input set)
//                         grad( |f_j - k_j|^2 - 2 Re(conj(f_j - k_j) E e_j) + E|e_j|^2 )
//                     = 1/n sum over j not in the input of grad |f_j - k_j|^2.
//
// The supervised gradient over the frequencies outside the input; those inside are left to the network's data
// consistency. Independent frequencies: P(j in Omega | input set) = P (1 - Ptilde) / (1 - P Ptilde) = 1 -
// K_j. Masks of one size: (|Omega| - |input|) / (n - |input|) outside the centre, by symmetry. Every
// frequency must have P > 0, and Ptilde < 1 unless P = 1.
#include "losses/kspace/disjoint_split.hpp"
#include "losses/kspace/kspace_loss.hpp"

namespace selfsame {
namespace {

class WeightedSsdu : public KSpaceLossObjective {
 public:
  explicit WeightedSsdu(const ObjectiveOptions& options) : split_(options) {}
  UnbiasednessClaim claim() const override {
    return {
        true, "E|f - k|^2 over the frequencies outside the input", "the input part of the sampled k-space",
        "noise of mean zero, independent between frequencies, or none; frequencies sampled independently or "
        "uniformly among the sets of one size, each with P > 0"};
  }
  bool resamples() const override { return split_.resamples(); }
  void split(std::span<float> input, std::span<float> weight, const SamplingMask& sampled,
             const SamplingLaw& law, const RandomStream& random) const override {
    const DisjointSplit::Sets sets = split_.weighted(sampled, law, random);
    write_split(input, weight, sets.input, sets.weight);
  }
  void risk(std::span<float> weight, std::span<float> keep, std::span<float> mix,
            std::span<const float> input, const SamplingLaw& law) const override {
    KSpaceObjective::risk(weight, keep, mix, input, law);
    weigh_outside(weight, input);
  }
  Preflight preflight(const SamplingLaw& law) const override { return split_.weighted_preflight(law); }

 private:
  DisjointSplit split_;
};

SELFSAME_REGISTER_KSPACE_OBJECTIVE(weighted_ssdu,
                                   {"weighted_ssdu",
                                    "sum over sampled frequencies outside the input of |f - k|^2 / ((1 - K) "
                                    "n), K = (1 - P) / (1 - P Ptilde)",
                                    "WeightedSplittingLoss", weighted_split_options(),
                                    [](const ObjectiveOptions& options) -> std::unique_ptr<KSpaceObjective> {
                                      return std::make_unique<WeightedSsdu>(options);
                                    }});

}  // namespace
}  // namespace selfsame
