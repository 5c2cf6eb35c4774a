// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <future>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/data/selection.hpp"
#include "engine/kspace/kspace_data.hpp"
#include "engine/kspace/kspace_pass.hpp"
#include "engine/kspace/slice_method.hpp"
#include "engine/training/training_task.hpp"

namespace selfsame {

/// Accelerated MRI: slices with multi-coil k-space, masks, a reconstruction network, a k-space objective.
/// Lanes differ in seed and training slices.
class KSpaceTask final : public TrainingTask {
 public:
  /// Errors: those of the data; Error(kData) if slices of different sizes cannot be brought to one.
  /// @param shared  not used: slices are prepared for the masks of one configuration
  KSpaceTask(std::span<const TrainConfig> lanes, Stream& stream, SharedSources* shared);
  ~KSpaceTask() override;

  [[nodiscard]] TrainingPass& pass() override { return *pass_; }
  [[nodiscard]] std::string model_text() const override { return model_->text(); }
  [[nodiscard]] UnbiasednessClaim claim() const override { return objective_->claim(); }
  [[nodiscard]] std::string data_text() const override;
  [[nodiscard]] std::string target_text() const override;
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return data_[0].warnings; }
  [[nodiscard]] std::string preflight_text() const override;
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
  [[nodiscard]] std::size_t validation_bytes() const override { return reconstructor_->bytes(); }
  [[nodiscard]] std::size_t data_bytes() const override;

 private:
  struct Held {  // a validation slice with its masks
    std::uint32_t index = 0;
    std::shared_ptr<const KSpaceExample> example;
    SampleMasks masks;
  };
  struct Lane {
    EpochOrder order;
    std::int64_t position = 0;  ///< of the next sample in the lane's endless sequence
  };
  [[nodiscard]] std::uint32_t example_at(std::size_t lane, std::int64_t position);
  void fill(std::size_t lane, std::int64_t b);
  void prefetch();
  [[nodiscard]] Held held(std::uint32_t index);

  std::vector<TrainConfig> configs_;
  const TrainConfig& config_;  // of the first lane
  Stream& stream_;
  Stream host_;  // prepares slices
  std::unique_ptr<ReconstructionModel> model_;
  std::unique_ptr<KSpaceObjective> objective_;
  std::vector<KSpaceRunData> data_;  // by lane, of the same sources
  KSpaceSampler sampler_;
  TestMasks test_masks_;
  std::unique_ptr<PreparedSlices> train_, validation_;
  std::vector<Lane> lanes_;
  SliceShape shape_;
  std::unique_ptr<KSpacePass> pass_;
  std::unique_ptr<Reconstructor> reconstructor_;
  std::unique_ptr<NetworkMethod> method_;
  std::future<void> ahead_;
};

}  // namespace selfsame
