// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/config/train_config.hpp"
#include "engine/report/samples.hpp"
#include "engine/training/training_pass.hpp"
#include "losses/objective.hpp"

namespace selfsame {

struct ValidationResult {
  double psnr = 0;                                         ///< dB, mean over images; the task's text says how
  double loss = 0;                                         ///< mean over images
  double ssim = std::numeric_limits<double>::quiet_NaN();  ///< mean over images, where the task measures it
};

/// What a run, or several side by side, trains: its data, its batches, its network and its validation.
/// DenoisingTask and KSpaceTask are the two kinds; the trainer knows neither images nor k-space.
class TrainingTask {
 public:
  virtual ~TrainingTask() = default;
  [[nodiscard]] virtual TrainingPass& pass() = 0;

  // ---- what a person is told
  [[nodiscard]] virtual std::string model_text() const = 0;
  [[nodiscard]] virtual UnbiasednessClaim claim() const = 0;
  [[nodiscard]] virtual std::string data_text() const = 0;  ///< "388 training images of 400, first ...; ..."
  [[nodiscard]] virtual std::string target_text() const = 0;  ///< what validation compares with
  [[nodiscard]] virtual const std::vector<std::string>& warnings() const = 0;
  /// Lines for `check` that belong to this kind of task, such as a mask preflight.
  [[nodiscard]] virtual std::string preflight_text() const { return {}; }
  /// Floating-point operations in the convolutions of a step of one lane.
  [[nodiscard]] virtual double step_flops() const = 0;

  // ---- data
  [[nodiscard]] virtual std::int64_t train_count(std::int64_t lane = 0) const = 0;
  [[nodiscard]] virtual std::int64_t validation_count() const = 0;
  [[nodiscard]] virtual std::string validation_name(std::int64_t i) const = 0;
  /// The next batch is that of step `steps[l]` + 1 of every lane l: batches are a function of their number.
  virtual void seek(std::span<const std::int64_t> steps) = 0;
  /// Puts the next batch where the pass reads it.
  virtual void next_batch() = 0;
  /// The example at a place of the present batch, for messages.
  [[nodiscard]] virtual std::string example_name(int position) const = 0;

  // ---- validation
  /// One result for each validation image; mean_of() is that of the run.
  /// @param values, buffers  of the lane, in the device's memory
  [[nodiscard]] virtual std::vector<ValidationResult> validate(std::int64_t lane, const float* values,
                                                               const float* buffers) = 0;
  /// The first validation images as these weights see them. Ground truth is shown only where the
  /// configuration lets validation look at it.
  [[nodiscard]] virtual std::vector<ExampleImage> pictures(const float* values, const float* buffers,
                                                           std::size_t count) = 0;

  // ---- memory
  [[nodiscard]] virtual std::size_t validation_bytes() const = 0;  ///< buffers that validation holds
  [[nodiscard]] virtual std::size_t data_bytes() const = 0;        ///< images, batches and caches
};

/// The mean over images, value by value.
[[nodiscard]] ValidationResult mean_of(std::span<const ValidationResult> images);

/// The value by which the best weights are chosen.
[[nodiscard]] double value_of(const ValidationResult& result, ValidationConfig::Metric metric);

class SharedSources;

/// The task that a configuration describes, or that several do which train side by side, a lane each. They
/// may differ in seed, training images and the noise of targets (lane_key). Opens the data.
/// @param shared  if not null, keeps sources and decoded images for further tasks; must outlive the task
/// Errors: those of the data; Error(kInternal) for configurations that differ in more.
[[nodiscard]] std::unique_ptr<TrainingTask> make_task(std::span<const TrainConfig> lanes, Stream& stream,
                                                      SharedSources* shared = nullptr);

}  // namespace selfsame
