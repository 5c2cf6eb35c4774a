// SPDX-License-Identifier: Apache-2.0
// ssdu_original: splitting with the published loss of SSDU (Yaman et al., MRM 84, 2020), norms over the
// sampled frequencies outside the input:
//
//   L = 1/2 |f - y|_2 / |y|_2 + 1/2 |f - y|_1 / |y|_1
//
// SSDU's authors name a patent application and a non-commercial licence for their code; this is written from
// the published method alone. |.|_1 is the sum of moduli. Biased: neither norm is a squared error (the mean
// of |f - k - e| over the noise e is not |f - k| plus a constant), both are divided by norms that are drawn
// with the loss set, and frequencies that are sampled rarely count less. The gradient of this value is
// derived in kernels/weighted_error/weighted_error.hpp.
#include "kernels/weighted_error/weighted_error.hpp"
#include "losses/kspace/disjoint_split.hpp"
#include "losses/kspace/kspace_loss.hpp"

namespace selfsame {
namespace {

class SsduOriginal : public KSpaceLossObjective {
 public:
  explicit SsduOriginal(const ObjectiveOptions& options) : split_(options) {}
  UnbiasednessClaim claim() const override {
    return {false, "the same norms over all frequencies outside the input: not a squared error",
            "the input part of the sampled k-space",
            "norms instead of squared errors, divided by norms that are drawn with the loss set"};
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
  void value_and_gradient(std::span<double> sample_losses, const KSpaceMeasurement& measurement,
                          std::int64_t lanes, ReconstructionHandle& network, Stream& stream) override {
    const ConstComplexView prediction = as_complex(loss_.forward(measurement, network, stream));
    const TensorView dprediction = loss_.dprediction();
    relative_error(sample_losses, as_complex(dprediction), prediction, measurement.kspace, measurement.weight,
                   lanes, stream);
    network.backward(dprediction, stream);
  }

  void risk_value_and_gradient(std::span<double> sample_losses, const KSpaceMeasurement& measurement,
                               const KSpaceTruth& truth, std::int64_t lanes, ReconstructionHandle& network,
                               Stream& stream) override {
    const ConstComplexView prediction = as_complex(loss_.forward(measurement, network, stream));
    const TensorView dprediction = loss_.dprediction();
    relative_error(sample_losses, as_complex(dprediction), prediction, truth.kspace, truth.weight, lanes,
                   stream);
    network.backward(dprediction, stream);
  }

 private:
  DisjointSplit split_;
};

SELFSAME_REGISTER_KSPACE_OBJECTIVE(
    ssdu_original,
    {"ssdu_original",
     "1/2 |f - k|_2 / |k|_2 + 1/2 |f - k|_1 / |k|_1 over the sampled frequencies outside the input", "",
     plain_split_options(), [](const ObjectiveOptions& options) -> std::unique_ptr<KSpaceObjective> {
       return std::make_unique<SsduOriginal>(options);
     }});

}  // namespace
}  // namespace selfsame
