// SPDX-License-Identifier: Apache-2.0
// noisier2noise_kspace: variable density Noisier2Noise (Millard and Chiew, IEEE Trans. Comput. Imaging,
// 2023). The network sees ytilde = M_Lambda y, a second subsampling of the measurement y = M_Omega k, and is
// compared with the measurement at all frequencies, those that were not sampled being zero there:
//
//   L = 1/n sum over all j of |f_j(ytilde) - y_j|^2 / (1 - K_j)^2,   K = (1 - P) / (1 - P Ptilde)
//
// The reconstruction is not f but g = (f - K ytilde) / (1 - K). Outside the input ytilde_j = 0, so
// f_j = (1 - K_j) g_j, and y_j = k_j with probability 1 - K_j, else 0, independently of ytilde:
//
//   |f_j - y_j|^2 / (1 - K_j)^2 = |g_j - y_j / (1 - K_j)|^2,   E[y_j / (1 - K_j) | ytilde, k] = k_j
//
// (also with noise of mean zero). In the input y_j = ytilde_j, so f_j - y_j = (1 - K_j) (g_j - ytilde_j), and
// the term is |g_j - ytilde_j|^2: without noise |g_j - k_j|^2. Together, for noiseless k,
//
//   E[grad L] = 1/n E sum over all j of grad |g_j - k_j|^2:
//
// unbiased for the reconstruction g, not for f. With noise the terms of the input teach g to copy ytilde,
// noise and all: a network with hard data consistency (f_j = ytilde_j in the input, hence g_j = ytilde_j) has
// no gradient there, and for it the statement holds over the frequencies outside the input. The target is 0
// with probability K: a gradient of higher variance than that of weighted_ssdu. Of frequencies that are
// always in the input K = 0.
#include "losses/kspace/disjoint_split.hpp"
#include "losses/kspace/kspace_loss.hpp"

namespace selfsame {
namespace {

class Noisier2NoiseKSpace : public KSpaceLossObjective {
 public:
  explicit Noisier2NoiseKSpace(const ObjectiveOptions& options) : split_(options) {}
  UnbiasednessClaim claim() const override {
    return {
        true, "E|g - k|^2 over all frequencies, of the corrected g = (f - K ytilde) / (1 - K)",
        "the input part of the sampled k-space",
        "the correction is applied to every prediction; k-space without noise, or a network that copies its "
        "input "
        "where it was sampled (the risk is then over the frequencies outside the input); frequencies sampled "
        "independently, each with P > 0"};
  }
  bool resamples() const override { return split_.resamples(); }
  bool corrects() const override { return true; }
  void split(std::span<float> input, std::span<float> weight, const SamplingMask& sampled,
             const SamplingLaw& law, const RandomStream& random) const override {
    check(law);
    const std::vector<double> keep = keep_probability(law, split_.rule());
    std::vector<double> weights = factors(law);
    for (double& w : weights) {
      w *= w;
    }
    write_split(input, weight, draw_input(sampled, law, split_.rule(), keep, random), weights);
  }
  /// Of the reparametrised loss: its target is not zero with probability 1 - K, and is then k / (1 - K).
  Preflight preflight(const SamplingLaw& law) const override {
    check(law);
    return split_.weighted_preflight(law);
  }

  /// g = s f + (1 - s) z with s = 1 / (1 - K).
  void risk(std::span<float> weight, std::span<float> keep, std::span<float> mix,
            std::span<const float> /*input*/, const SamplingLaw& law) const override {
    const std::vector<double> s = factors(law);
    for (std::size_t j = 0; j < weight.size(); ++j) {
      weight[j] = static_cast<float>(s[j] * s[j]);
      keep[j] = static_cast<float>(1 / s[j]);
      mix[j] = static_cast<float>(1 - 1 / s[j]);
    }
  }

  void correct(std::span<float> kspace, const SamplingLaw& law, std::span<const float> measured,
               const SamplingMask& sampled, std::int64_t coils, std::int64_t h,
               std::int64_t w) const override {
    const std::vector<double> factor = factors(law);
    for_frequencies(coils, h, w, sampled, [&](std::size_t i, std::size_t j) {
      const double K = 1 - 1 / factor[j],
                   seen = sampled.sampled[j] != 0 ? static_cast<double>(measured[i]) : 0.0;
      kspace[i] = static_cast<float>((static_cast<double>(kspace[i]) - K * seen) * factor[j]);
    });
  }

 private:
  /// 1 / (1 - K); 1 where a frequency is always in the input.
  [[nodiscard]] std::vector<double> factors(const SamplingLaw& law) const {
    std::vector<double> factor;
    for (const double p : split_.weighted_preflight(law).in_loss) {
      factor.push_back(p > 0 ? 1 / p : 1.0);
    }
    return factor;
  }
  void check(const SamplingLaw& law) const {
    if (law.dependence == SamplingLaw::Dependence::kFixedSize ||
        split_.rule().selection == SplitRule::Selection::kFixedCount) {
      fail(
          ErrorKind::kUsage,
          "noisier2noise_kspace needs one K for every frequency, for all examples, and with sets of a fixed "
          "size K "
          "depends on how many frequencies the input has ({}); use weighted_ssdu, or independent frequencies",
          law.text);
    }
  }
  DisjointSplit split_;
};

SELFSAME_REGISTER_KSPACE_OBJECTIVE(noisier2noise_kspace,
                                   {"noisier2noise_kspace",
                                    "sum over all frequencies of |f - y|^2 / ((1 - K)^2 n), y zero where not "
                                    "sampled; reconstruction (f - K ytilde) / (1 - K)",
                                    "", weighted_split_options(),
                                    [](const ObjectiveOptions& options) -> std::unique_ptr<KSpaceObjective> {
                                      return std::make_unique<Noisier2NoiseKSpace>(options);
                                    }});

}  // namespace
}  // namespace selfsame
