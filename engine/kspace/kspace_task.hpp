// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "engine/data/selection.hpp"
#include "engine/kspace/kspace_data.hpp"
#include "engine/kspace/kspace_pass.hpp"
#include "engine/kspace/slice_method.hpp"
#include "engine/training/training_task.hpp"

namespace selfsame {

/// Accelerated MRI: slices with multi-coil k-space, masks, a reconstruction network, a k-space objective.
class KSpaceTask final : public TrainingTask {
 public:
  /// Errors: those of the data; Error(kData) if slices of different sizes cannot be brought to one.
  KSpaceTask(const TrainConfig& config, Stream& stream);
  ~KSpaceTask() override;

  [[nodiscard]] TrainingPass& pass() override { return *pass_; }
  [[nodiscard]] std::string model_text() const override { return model_->text(); }
  [[nodiscard]] UnbiasednessClaim claim() const override { return objective_->claim(); }
  [[nodiscard]] std::string data_text() const override;
  [[nodiscard]] std::string target_text() const override;
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return data_.warnings; }
  [[nodiscard]] std::string preflight_text() const override;
  [[nodiscard]] double step_flops() const override;
  [[nodiscard]] std::int64_t train_count() const override {
    return static_cast<std::int64_t>(data_.train_examples.size());
  }
  [[nodiscard]] std::int64_t validation_count() const override {
    return static_cast<std::int64_t>(data_.validation_examples.size());
  }
  void seek(std::int64_t step) override { position_ = step * config_.training.batch; }
  void next_batch() override;
  [[nodiscard]] std::string example_name(int position) const override;
  [[nodiscard]] ValidationResult validate(const float* values, const float* buffers) override;
  [[nodiscard]] std::vector<ExampleImage> pictures(const float* values, const float* buffers,
                                                   std::size_t count) override;
  [[nodiscard]] std::size_t validation_bytes() const override { return reconstructor_->bytes(); }
  [[nodiscard]] std::size_t data_bytes() const override;

 private:
  struct Held {  // a validation slice with its masks
    std::uint32_t index = 0;
    std::shared_ptr<const KSpaceExample> example;
    SampleMasks masks;
  };
  void fill(std::int64_t place, std::int64_t position);
  void prefetch();
  [[nodiscard]] Held held(std::uint32_t index);

  TrainConfig config_;
  Stream& stream_;
  Stream host_;  // prepares slices
  std::unique_ptr<ReconstructionModel> model_;
  std::unique_ptr<KSpaceObjective> objective_;
  KSpaceRunData data_;
  KSpaceSampler sampler_;
  std::unique_ptr<PreparedSlices> train_, validation_;
  EpochOrder order_;
  SliceShape shape_;
  std::int64_t position_ = 0;  // of the next sample in the run's endless sequence
  std::unique_ptr<KSpacePass> pass_;
  std::unique_ptr<Reconstructor> reconstructor_;
  std::unique_ptr<NetworkMethod> method_;
  std::future<void> ahead_;
};

}  // namespace selfsame
