// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "losses/kspace/kspace_objective.hpp"

namespace selfsame {

/// The part that k-space objectives share: the network runs on the masked k-space, and its prediction is
/// compared with what was measured.
class KSpaceLoss {
 public:
  enum class Scale {
    kCount,   ///< sum w |f - k|^2 / (C H W)
    kTarget,  ///< sum w |f - k|^2 / sum w |k|^2: a scale that depends on what was drawn
  };
  /// What an objective adds to the input: alpha * sigma of the sample * standard normals.
  struct ExtraNoise {
    float alpha;
  };

  void plan(MemoryPlan& plan, Shape4 kspace, DType dtype, Scale scale = Scale::kCount);
  /// Errors: Error(kUsage) if noise is asked for and the measurement has no sigma.
  ConstTensorView forward(const KSpaceMeasurement& measurement, ReconstructionHandle& network, Stream& stream,
                          const ExtraNoise* noise = nullptr);
  /// Forward, the weighted squared error of the prediction against measurement.kspace, backward.
  void run(std::span<double> sample_losses, const KSpaceMeasurement& measurement, std::int64_t lanes,
           ReconstructionHandle& network, Stream& stream, const ExtraNoise* noise = nullptr);
  void plan_risk(MemoryPlan& plan, Shape4 kspace, DType dtype);
  /// The same against the risk's target (KSpaceObjective::risk). With Scale::kTarget it is divided by the
  /// weighted norm of the fully sampled k-space.
  void run_risk(std::span<double> sample_losses, const KSpaceMeasurement& measurement,
                const KSpaceTruth& truth, std::int64_t lanes, ReconstructionHandle& network, Stream& stream,
                const ExtraNoise* noise = nullptr);
  /// For the gradient at the prediction, (N, C, H, 2W).
  [[nodiscard]] TensorView dprediction() const { return *dprediction_; }

 private:
  const TensorView *input_ = nullptr, *dprediction_ = nullptr;
  const TensorView* divisors_ = nullptr;  // (N) double, of Scale::kTarget
  const TensorView *risk_target_ = nullptr, *risk_part_ = nullptr;
};

/// What objectives share whose loss is one weighted squared error of the predicted k-space; the others
/// override what differs.
class KSpaceLossObjective : public KSpaceObjective {
 public:
  [[nodiscard]] PredictionDomain domain() const override { return PredictionDomain::kKSpace; }
  void plan(MemoryPlan& plan, Shape4 kspace, std::int64_t /*weight_h*/, Stream& /*stream*/,
            DType dtype) override {
    loss_.plan(plan, kspace, dtype);
  }
  void value_and_gradient(std::span<double> sample_losses, const KSpaceMeasurement& measurement,
                          std::int64_t lanes, ReconstructionHandle& network, Stream& stream) override {
    loss_.run(sample_losses, measurement, lanes, network, stream);
  }

  void plan_risk(MemoryPlan& plan, Shape4 kspace, DType dtype) override {
    loss_.plan_risk(plan, kspace, dtype);
  }
  void risk_value_and_gradient(std::span<double> sample_losses, const KSpaceMeasurement& measurement,
                               const KSpaceTruth& truth, std::int64_t lanes, ReconstructionHandle& network,
                               Stream& stream) override {
    loss_.run_risk(sample_losses, measurement, truth, lanes, network, stream);
  }

 protected:
  KSpaceLoss loss_;
};

/// The weights of a risk over the frequencies outside the input.
void weigh_outside(std::span<float> weight, std::span<const float> input);

/// Weights and masks of one example, for KSpaceObjective::split.
void write_split(std::span<float> input, std::span<float> weight, const SamplingMask& input_mask,
                 std::span<const double> weights);

/// Calls f(i, j) for both parts i of every number of k-space (coils, h, w), and its place j in the mask.
template <typename F>
void for_frequencies(std::int64_t coils, std::int64_t h, std::int64_t w, const SamplingMask& mask, F&& f) {
  SELFSAME_CHECK(mask.w == w && (mask.h == 1 || mask.h == h), "a mask of {}x{} for k-space of {}x{}", mask.h,
                 mask.w, h, w);
  std::size_t i = 0;
  for (std::int64_t row = 0; row < coils * h; ++row) {
    for (std::int64_t x = 0; x < w; ++x) {
      const auto j = static_cast<std::size_t>((mask.h == 1 ? 0 : row % h) * w + x);
      f(i++, j);
      f(i++, j);
    }
  }
}

}  // namespace selfsame
