// SPDX-License-Identifier: Apache-2.0
// ssdu: unweighted splitting (Yaman et al., MRM 84, 2020, with a squared error): the network sees a part
// Lambda of the sampled set Omega, and
//
//   L = 1/n sum over j in Omega \ Lambda of |f_j(y_Lambda) - y_j|^2.
//
// SSDU's authors name a patent application and a non-commercial licence for their code; this is written from
// the published method alone. The centre (always sampled) stays in the input. Given the input set,
//
//   E[grad L | input] = 1/n sum over j not in the input of (1 - K_j) grad E|f_j - k_j|^2,
//   1 - K_j = P(j in Omega | j not in the input) = P (1 - Ptilde) / (1 - P Ptilde)
//
// (noise of the target is independent of the input and drops out). So frequencies that are sampled rarely,
// with small P_j, count less: biased unless P and Ptilde are the same for all. The pointwise minimiser is
// still E[k | y_Lambda]: a network that can do everything does not notice, one that cannot makes its errors
// where samples are rare. weighted_ssdu is the loss without that bias.
#include "losses/kspace/disjoint_split.hpp"
#include "losses/kspace/kspace_loss.hpp"

namespace selfsame {
namespace {

class Ssdu : public KSpaceLossObjective {
 public:
  explicit Ssdu(const ObjectiveOptions& options) : split_(options) {}
  UnbiasednessClaim claim() const override {
    return {false,
            "E sum of (1 - K) |f - k|^2 over the frequencies outside the input, K = (1 - P) / (1 - P Ptilde)",
            "the input part of the sampled k-space",
            "frequencies that are sampled rarely count less; proportional to the supervised gradient only "
            "where P and "
            "Ptilde are the same for all frequencies"};
  }
  bool resamples() const override { return split_.resamples(); }
  void split(std::span<float> input, std::span<float> weight, const SamplingMask& sampled,
             const SamplingLaw& law, const RandomStream& random) const override {
    const DisjointSplit::Sets sets = split_.plain(sampled, law, random);
    write_split(input, weight, sets.input, sets.weight);
  }
  void risk(std::span<float> weight, std::span<float> keep, std::span<float> mix,
            std::span<const float> input, const SamplingLaw& law) const override {
    KSpaceObjective::risk(weight, keep, mix, input, law);
    weigh_outside(weight, input);
  }
  Preflight preflight(const SamplingLaw& law) const override { return split_.plain_preflight(law); }

 private:
  DisjointSplit split_;
};

SELFSAME_REGISTER_KSPACE_OBJECTIVE(ssdu,
                                   {"ssdu", "sum over sampled frequencies outside the input of |f - k|^2 / n",
                                    "SplittingLoss", plain_split_options(),
                                    [](const ObjectiveOptions& options) -> std::unique_ptr<KSpaceObjective> {
                                      return std::make_unique<Ssdu>(options);
                                    }});

}  // namespace
}  // namespace selfsame
