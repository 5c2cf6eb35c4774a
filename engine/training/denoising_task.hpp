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

/// Denoising of images: crops from an image source, noise from the configuration or measured pairs.
class DenoisingTask final : public TrainingTask {
 public:
  DenoisingTask(const TrainConfig& config, Stream& stream);

  [[nodiscard]] TrainingPass& pass() override { return *pass_; }
  [[nodiscard]] std::string model_text() const override { return model_->text(); }
  [[nodiscard]] UnbiasednessClaim claim() const override { return objective_->claim(); }
  [[nodiscard]] std::string data_text() const override;
  [[nodiscard]] std::string target_text() const override;
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return data_.warnings; }
  [[nodiscard]] double step_flops() const override;
  [[nodiscard]] std::int64_t train_count() const override {
    return static_cast<std::int64_t>(data_.train_examples.size());
  }
  [[nodiscard]] std::int64_t validation_count() const override {
    return static_cast<std::int64_t>(data_.validation_examples.size());
  }
  void seek(std::int64_t step) override;
  void next_batch() override;
  [[nodiscard]] std::string example_name(int position) const override;
  [[nodiscard]] ValidationResult validate(const float* values, const float* buffers) override;
  [[nodiscard]] std::vector<ExampleImage> pictures(const float* values, const float* buffers,
                                                   std::size_t count) override;
  [[nodiscard]] std::size_t validation_bytes() const override { return predictor_->bytes(); }
  [[nodiscard]] std::size_t data_bytes() const override;

  [[nodiscard]] const RunData& data() const { return data_; }
  [[nodiscard]] const ValidationSet& validation() const { return *validation_; }

 private:
  TrainConfig config_;
  Stream& stream_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Objective> objective_;
  RunData data_;
  std::optional<ResidentData> resident_;  // images on the device; the pass reads them
  std::shared_ptr<ImageCache> cache_;
  std::unique_ptr<BatchLoader> loader_;
  std::unique_ptr<DenoisingPass> pass_;
  std::unique_ptr<ValidationSet> validation_;
  std::unique_ptr<Predictor> predictor_;
};

}  // namespace selfsame
