// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <complex>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/training/training_pass.hpp"
#include "kernels/device/mirrored_buffer.hpp"
#include "losses/kspace/kspace_objective.hpp"
#include "models/recon/reconstruction.hpp"

namespace selfsame {

/// Sizes of a batch of multi-coil k-space: the same for all of its samples.
struct KSpacePassOptions {
  std::int64_t lanes = 1;
  std::int64_t batch = 1;  ///< B, samples per lane
  std::int64_t coils = 1, h = 0, w = 0;
  std::int64_t mask_h = 1;  ///< rows of masks and weights: 1 (columns) or h
  /// Columns [first, first + count) around the centre that every mask samples: what learned maps are made of.
  std::int64_t centre_first = 0, centre_count = 0;
  DType dtype = DType::kF32;  ///< of the network's activations: float or bf16
  bool risk = false;          ///< the pass can compute the supervised risk of the objective's claim too
};

/// One array of a batch: a tensor of the plan, and where the host writes it.
class BatchArray {
 public:
  /// @param width  in reals: twice the complex ones
  void plan(MemoryPlan& plan, const char* name, Shape4 reals);
  void take_memory(DeviceKind device);
  void upload(Stream& stream) const;
  [[nodiscard]] bool used() const { return view_ != nullptr; }
  [[nodiscard]] ConstTensorView tensor() const {
    return used() ? ConstTensorView(*view_) : ConstTensorView();
  }
  [[nodiscard]] ConstComplexView complex() const {
    return used() ? ConstComplexView(as_complex(*view_)) : ConstComplexView();
  }
  /// Sample n, on the host; empty if the array is not used.
  [[nodiscard]] std::span<float> sample(std::int64_t n) const;
  [[nodiscard]] std::span<std::complex<float>> complex_sample(std::int64_t n) const;

 private:
  TensorView* view_ = nullptr;
  Buffer staging_;  // empty on the CPU, where the host writes into the tensor itself
};

/// Accelerated MRI: undersampled multi-coil k-space, a reconstruction network, a k-space objective.
class KSpacePass final : public TrainingPass {
 public:
  /// @param model, objective  must outlive the pass
  KSpacePass(const ReconstructionModel& model, KSpaceObjective& objective, const KSpacePassOptions& options);

  /// Where the caller puts sample n of the batch, on the host: see KSpaceMeasurement. `maps` and `magnitude`
  /// have no samples where nothing reads them.
  struct Sample {
    std::span<std::complex<float>> kspace, maps;
    std::span<float> sampled, input, weight, magnitude;
    std::span<std::complex<float>> truth;  ///< with KSpacePassOptions::risk, like those below
    std::span<float> risk_weight, risk_keep, risk_mix;
    float& peak;
    float& sigma;
    SampleOrigin& origin;
  };
  [[nodiscard]] Sample sample(std::int64_t n);
  [[nodiscard]] const SampleOrigin& origin(std::int64_t n) const { return origins_.host<SampleOrigin>()[n]; }
  [[nodiscard]] const KSpacePassOptions& options() const { return options_; }

  /// What `enqueue` computes from now on: the objective, or the supervised risk of its claim.
  void choose_risk(bool risk) { chosen_risk_ = risk; }
  /// Called with every gradient that the network is given, and the prediction that it belongs to.
  using Observer = std::function<void(ConstTensorView prediction, ConstTensorView dprediction, Stream&)>;
  void observe(Observer observer) { observer_ = std::move(observer); }

  [[nodiscard]] std::int64_t lanes() const override { return options_.lanes; }
  [[nodiscard]] std::int64_t batch() const override { return options_.batch; }
  [[nodiscard]] ParameterTable parameters() const override { return model_.parameters(); }
  void plan(MemoryPlan& plan, Parameters& parameters, Stream& stream) override;
  void take_memory(Stream& stream) override;
  void enqueue(std::span<double> sample_losses, Stream& stream) override;

 private:
  [[nodiscard]] std::array<BatchArray*, 10> arrays() {
    return {&kspace_,    &maps_,  &sampled_,     &input_,     &weight_,
            &magnitude_, &truth_, &risk_weight_, &risk_keep_, &risk_mix_};
  }
  [[nodiscard]] std::int64_t samples() const { return options_.lanes * options_.batch; }

  const ReconstructionModel& model_;
  KSpaceObjective& objective_;
  KSpacePassOptions options_;
  BatchArray kspace_, maps_, sampled_, input_, weight_, magnitude_;
  BatchArray truth_, risk_weight_, risk_keep_, risk_mix_;
  bool chosen_risk_ = false;
  Observer observer_;
  MirroredBuffer peaks_, sigmas_, origins_;
  std::unique_ptr<ReconstructionNetwork> network_;
};

/// The network's form of what the objective reads.
[[nodiscard]] constexpr ReconstructionDomain reconstruction_domain(PredictionDomain domain) {
  return domain == PredictionDomain::kKSpace ? ReconstructionDomain::kKSpace
                                             : ReconstructionDomain::kMagnitude;
}

}  // namespace selfsame
