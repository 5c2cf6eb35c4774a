// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "engine/data/resident_data.hpp"
#include "engine/training/training_pass.hpp"
#include "kernels/device/mirrored_buffer.hpp"
#include "kernels/noise/noise.hpp"
#include "losses/objective.hpp"
#include "models/network.hpp"

namespace selfsame {

/// What differs between the lanes of a step for as long as they train.
struct LaneMeasurement {
  NoiseModel input;
  NoiseModel target;  ///< of the second noisy measurement, if the objective asks for one
};

struct DenoisingPassOptions {
  std::int64_t batch = 1;  ///< B, samples per lane
  std::int64_t h = 0, w = 0;
  const ResidentData* resident = nullptr;  ///< the images, if they are on the device; must outlive the pass
  bool paired = false;  ///< the data come as two measurements: no noise is added, `second` is the target
  DType dtype = DType::kF32;  ///< of the network's activations: float or bf16
};

/// The parameters of the model, then those of the objective.
[[nodiscard]] ParameterTable parameters_of(const Model& model, const Objective& objective);

/// Denoising: images, noise, an image network, an objective.
class DenoisingPass final : public TrainingPass {
 public:
  /// @param objective, model  must outlive the pass
  DenoisingPass(const Model& model, Objective& objective, std::vector<LaneMeasurement> lanes,
                const DenoisingPassOptions& options);

  /// What `enqueue` computes from now on: the objective, or the supervised risk of one of its claims at the
  /// same draws.
  void choose(std::optional<std::size_t> risk) { risk_ = risk; }

  /// Where the caller puts the batch, on the host: (L*B, C, h, w) planes, and the second measurement of
  /// paired data. With resident data only the origins are read.
  [[nodiscard]] std::span<float> images() { return host_images(images_, image_staging_); }
  [[nodiscard]] std::span<float> second_images() { return host_images(second_, second_staging_); }
  [[nodiscard]] std::span<SampleOrigin> origins();
  [[nodiscard]] std::span<const SampleOrigin> origins() const;
  [[nodiscard]] const DenoisingPassOptions& options() const { return options_; }

  [[nodiscard]] std::int64_t lanes() const override {
    return static_cast<std::int64_t>(measurements_.size());
  }
  [[nodiscard]] std::int64_t batch() const override { return options_.batch; }
  [[nodiscard]] ParameterTable parameters() const override { return parameters_of(model_, objective_); }
  void plan(MemoryPlan& plan, Parameters& parameters, Stream& stream) override;
  void take_memory(Stream& stream) override;
  void enqueue(std::span<double> sample_losses, Stream& stream) override;

 private:
  [[nodiscard]] std::span<float> host_images(const TensorView* view, const Buffer& staging) const;
  void upload_batch(Stream& stream);
  void measure(Stream& stream);

  const Model& model_;
  Objective& objective_;
  std::vector<LaneMeasurement> measurements_;
  DenoisingPassOptions options_;
  TensorView *images_ = nullptr, *second_ = nullptr, *noisy_ = nullptr, *target_ = nullptr;
  Parameters* parameters_ = nullptr;
  int first_own_ = 0;  // the objective's first parameter
  std::unique_ptr<Network> network_;
  std::unique_ptr<Network> predictor_;  // for objectives that look at whole predictions
  std::optional<std::size_t> risk_;
  Buffer image_staging_, second_staging_;  // empty where the host writes into the tensors themselves
  MirroredBuffer origins_;                 // N SampleOrigin
};

}  // namespace selfsame
