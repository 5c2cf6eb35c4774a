// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/config/train_config.hpp"
#include "engine/data/batch_loader.hpp"
#include "engine/data/crop.hpp"
#include "engine/data/image_source.hpp"
#include "engine/setup/run_data.hpp"
#include "engine/training/schedule.hpp"
#include "kernels/noise/noise.hpp"
#include "kernels/optimizer/optimizer.hpp"
#include "losses/objective.hpp"
#include "losses/options.hpp"
#include "models/network.hpp"

// From a checked configuration to the objects of a run: one function per section.

namespace selfsame {

/// The device that a configuration names; "auto" is a GPU if one answers, else the CPU.
[[nodiscard]] DeviceKind device_kind(TrainConfig::Device device);
/// The same from the name on a command line. Errors: Error(kUsage) that lists the known names.
[[nodiscard]] DeviceKind device_kind(const std::string& name);
[[nodiscard]] DType network_type(TrainConfig::Precision precision);
/// Asks for the versions of ops that this precision needs; nothing on the CPU.
void set_precision(Stream& stream, TrainConfig::Precision precision);
/// A stream on the device, set up for the precision. Errors: Error(kDevice) if the device cannot be used,
/// Error(kUsage) for tf32 on a CPU.
[[nodiscard]] std::unique_ptr<Stream> make_stream(DeviceKind device, TrainConfig::Precision precision,
                                                  int threads);
/// "cuda: NVIDIA H200, 139 GiB, ..., tf32" or "cpu, 2 threads, float32": what computes, for a person.
[[nodiscard]] std::string computing_text(Stream& stream, TrainConfig::Precision precision);

[[nodiscard]] ModelOptions model_options(const ModelConfig& config);
[[nodiscard]] NoiseModel noise_model(const NoiseConfig& config);
/// Noise of the second measurement: the input's with the objective's own level, if it names one.
[[nodiscard]] NoiseModel target_noise_model(const TrainConfig& config, const Objective& objective);
/// Options for a registry from what a configuration holds. @param noise_unit  the value of white in which
/// standard deviations of noise are given
[[nodiscard]] ObjectiveOptions objective_options(const std::map<std::string, double>& numbers,
                                                 const std::map<std::string, int>& words,
                                                 std::span<const ObjectiveOption> known, double noise_unit);
[[nodiscard]] std::unique_ptr<Objective> make_objective(const TrainConfig& config);
[[nodiscard]] std::string objective_name(const ObjectiveConfig& config);
[[nodiscard]] OptimizerOptions optimizer_options(const OptimizerConfig& config);
/// @param steps_per_epoch  turns milestones given in epochs into steps
[[nodiscard]] ScheduleOptions schedule_options(const TrainConfig& config, std::int64_t total_steps,
                                               double steps_per_epoch);

/// True if the training data are measured pairs whose targets are noisy: there is no ground truth beside
/// them.
[[nodiscard]] bool lacks_truth(const TrainConfig& config);

[[nodiscard]] CropSpec crop_spec(const DataConfig& data);
/// How the channels that the configuration asks for are made.
[[nodiscard]] ChannelMode channel_mode(const DataConfig& data);
/// Opens one source of images. @param smallest  sides below it count as bad files
[[nodiscard]] OpenedImages open_source(const SourceConfig& source, const DataConfig& data,
                                       std::int64_t smallest);

/// Length of a run in steps and how often things happen in it.
struct RunLength {
  std::int64_t total_steps = 0;
  double steps_per_epoch = 0;
  std::int64_t validate_steps = 0;   ///< every so many steps; 0 = by epochs
  std::int64_t validate_epochs = 0;  ///< every so many epochs; 0 = by steps
  /// Whether a validation follows step `step` (1-based). The last step is always followed by one.
  [[nodiscard]] bool validates_after(std::int64_t step, std::int64_t batch, std::int64_t examples) const;
};
[[nodiscard]] RunLength run_length(const TrainConfig& config, std::int64_t examples);

}  // namespace selfsame
