// SPDX-License-Identifier: Apache-2.0
// robust_ssdu: weighted splitting that also denoises what it sees (Millard and Chiew, "Clean self-supervised
// MRI reconstruction from noisy, sub-sampled training data with Robust SSDU", Bioengineering 2024). The
// measurement is y = k + sigma e on Omega; the network sees ytilde = y + alpha sigma e' on the input set,
// with fresh noise e', and
//
//   L = 1/n [ sum over j in the loss set of w_j |f_j - y_j|^2 + (1 + 1/alpha^2)^2 sum over the input of |f_j
//   - y_j|^2 ]
//
// with the weights w of weighted_ssdu. The reconstruction is the corrected prediction
//
//   g_j = ((1 + alpha^2) f_j - ytilde_j) / alpha^2 in the input,   g_j = f_j outside.
//
// Outside the input the derivation of weighted_ssdu holds: ytilde is independent of e_j. In the input,
//
//   (1 + 1/alpha^2) (f_j - y_j) = g_j + (ytilde_j - (1 + alpha^2) y_j) / alpha^2 = (g_j - k_j) - d_j,
//   d_j = sigma (e_j - e'_j / alpha)
//
// and d_j is uncorrelated with the noise of ytilde_j, e_j + alpha e'_j: its covariance is sigma^2 (1 - 1) =
// 0. Of Gaussian numbers that is independence: E[d_j | ytilde, k] = 0, the cross term vanishes, and
//
//   E[grad L] = 1/n E sum over all j of grad |g_j - k_j|^2,
//
// the supervised gradient of the corrected prediction over all frequencies. sigma must be right, and e' must
// be drawn anew (RandomPurpose::kObjective, by example and epoch).
#include "losses/kspace/disjoint_split.hpp"
#include "losses/kspace/kspace_loss.hpp"

namespace selfsame {
namespace {

const std::vector<ObjectiveOption>& options_of() {
  static const std::vector<ObjectiveOption> list = [] {
    const std::span<const ObjectiveOption> split = weighted_split_options();
    std::vector<ObjectiveOption> all{
        {"alpha",
         "noise added to the input, in units of the measurement's: small alpha disturbs the "
         "input little and makes the gradient noisy",
         0.75,
         1e-3,
         1e3,
         {}}};
    all.insert(all.end(), split.begin(), split.end());
    return all;
  }();
  return list;
}

class RobustSsdu : public KSpaceLossObjective {
 public:
  explicit RobustSsdu(const ObjectiveOptions& options) : split_(options), alpha_(number(options, "alpha")) {}
  UnbiasednessClaim claim() const override {
    return {
        true,
        "E|g - k|^2 over all frequencies, g = ((1 + alpha^2) f - ytilde) / alpha^2 in the input, f outside",
        "the input part of the sampled k-space with noise of variance (1 + alpha^2) sigma^2",
        "Gaussian noise of known sigma, independent between frequencies; frequencies sampled independently "
        "or "
        "uniformly among the sets of one size, each with P > 0"};
  }
  bool resamples() const override { return split_.resamples(); }
  bool corrects() const override { return true; }
  void split(std::span<float> input, std::span<float> weight, const SamplingMask& sampled,
             const SamplingLaw& law, const RandomStream& random) const override {
    DisjointSplit::Sets sets = split_.weighted(sampled, law, random);
    const double of_input = (1 + 1 / (alpha_ * alpha_)) * (1 + 1 / (alpha_ * alpha_));
    for (std::size_t j = 0; j < sets.weight.size(); ++j) {
      sets.weight[j] = sets.input.sampled[j] != 0 ? of_input : sets.weight[j];
    }
    write_split(input, weight, sets.input, sets.weight);
  }
  Preflight preflight(const SamplingLaw& law) const override { return split_.weighted_preflight(law); }
  /// In the input g = s f + (1 - s) z with s = 1 + 1 / alpha^2.
  void risk(std::span<float> weight, std::span<float> keep, std::span<float> mix,
            std::span<const float> input, const SamplingLaw& law) const override {
    KSpaceObjective::risk(weight, keep, mix, input, law);
    const double s = 1 + 1 / (alpha_ * alpha_);
    for (std::size_t j = 0; j < weight.size(); ++j) {
      if (input[j] != 0) {
        weight[j] = static_cast<float>(s * s);
        keep[j] = static_cast<float>(1 / s);
        mix[j] = static_cast<float>(1 - 1 / s);
      }
    }
  }
  void risk_value_and_gradient(std::span<double> sample_losses, const KSpaceMeasurement& measurement,
                               const KSpaceTruth& truth, std::int64_t lanes, ReconstructionHandle& network,
                               Stream& stream) override {
    const KSpaceLoss::ExtraNoise noise{static_cast<float>(alpha_)};
    loss_.run_risk(sample_losses, measurement, truth, lanes, network, stream, &noise);
  }
  void value_and_gradient(std::span<double> sample_losses, const KSpaceMeasurement& measurement,
                          std::int64_t lanes, ReconstructionHandle& network, Stream& stream) override {
    const KSpaceLoss::ExtraNoise noise{static_cast<float>(alpha_)};
    loss_.run(sample_losses, measurement, lanes, network, stream, &noise);
  }

  void correct(std::span<float> kspace, const SamplingLaw&, std::span<const float> measured,
               const SamplingMask& sampled, std::int64_t coils, std::int64_t h,
               std::int64_t w) const override {
    const double square = alpha_ * alpha_;
    for_frequencies(coils, h, w, sampled, [&](std::size_t i, std::size_t j) {
      if (sampled.sampled[j] != 0) {
        kspace[i] = static_cast<float>(
            ((1 + square) * static_cast<double>(kspace[i]) - static_cast<double>(measured[i])) / square);
      }
    });
  }

 private:
  DisjointSplit split_;
  double alpha_;
};

SELFSAME_REGISTER_KSPACE_OBJECTIVE(
    robust_ssdu, {"robust_ssdu",
                  "weighted_ssdu + (1 + 1/alpha^2)^2 sum over the input of |f(y + alpha sigma e') - y|^2 / n",
                  "RobustSplittingLoss", options_of(),
                  [](const ObjectiveOptions& options) -> std::unique_ptr<KSpaceObjective> {
                    return std::make_unique<RobustSsdu>(options);
                  }});

}  // namespace
}  // namespace selfsame
