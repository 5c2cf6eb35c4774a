// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/setup/setup.hpp"
#include "engine/training/denoising_pass.hpp"
#include "engine/training/training_task.hpp"
#include "engine/training/validation.hpp"

namespace selfsame {

/// Denoising of images: crops from an image source, noise from the configuration or measured pairs. Lanes
/// differ in seed, training images and the level of their targets' noise.
class DenoisingTask final : public TrainingTask {
 public:
  DenoisingTask(std::span<const TrainConfig> lanes, Stream& stream, SharedSources* shared);

  [[nodiscard]] TrainingPass& pass() override { return *pass_; }
  [[nodiscard]] std::string model_text() const override { return model_->text(); }
  [[nodiscard]] UnbiasednessClaim claim() const override { return objective_->claim(); }
  [[nodiscard]] std::string data_text() const override;
  [[nodiscard]] std::string target_text() const override;
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return data_[0].warnings; }
  [[nodiscard]] double step_flops() const override;
  [[nodiscard]] std::int64_t train_count(std::int64_t lane) const override {
    return static_cast<std::int64_t>(data_[static_cast<std::size_t>(lane)].train_examples.size());
  }
  [[nodiscard]] std::int64_t validation_count() const override {
    return static_cast<std::int64_t>(data_[0].validation_examples.size());
  }
  [[nodiscard]] std::string validation_name(std::int64_t i) const override;
  void seek(std::span<const std::int64_t> steps) override;
  void next_batch() override;
  [[nodiscard]] std::string example_name(int position) const override;
  [[nodiscard]] std::vector<ValidationResult> validate(std::int64_t lane, const float* values,
                                                       const float* buffers) override;
  [[nodiscard]] std::vector<ExampleImage> pictures(const float* values, const float* buffers,
                                                   std::size_t count) override;
  [[nodiscard]] std::size_t validation_bytes() const override { return predictor_->bytes(); }
  [[nodiscard]] std::size_t data_bytes() const override;

  [[nodiscard]] const RunData& data() const { return data_[0]; }
  [[nodiscard]] const ValidationSet& validation() const { return *validation_[0]; }

 private:
  void make_validation_sets();

  std::vector<TrainConfig> configs_;
  const TrainConfig& config_;  // of the first lane
  Stream& stream_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Objective> objective_;
  std::vector<RunData> data_;             // by lane, of the same sources
  std::optional<ResidentData> resident_;  // images on the device; the pass reads them
  std::shared_ptr<ImageCache> cache_;
  std::unique_ptr<BatchLoader> loader_;
  std::unique_ptr<DenoisingPass> pass_;
  std::vector<std::shared_ptr<const ValidationSet>> validation_;  // by lane; those with equal noise share one
  std::unique_ptr<Predictor> predictor_;
};

}  // namespace selfsame
