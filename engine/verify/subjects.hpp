// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "engine/config/train_config.hpp"
#include "kernels/noise/noise.hpp"
#include "losses/options.hpp"

namespace selfsame {

/// One claim of an objective that is put to the test.
struct Subject {
  std::string label;  ///< "sure", "sure with sigma 20 % too low"
  std::string objective;
  ObjectiveOptions options;
  std::size_t claim = 0;
  /// A negative control: known to be biased, and must be found so.
  bool control = false;
  /// Of k-space: drawn with a variable-density mask in place of the configuration's.
  bool variable_density = false;
};

/// Every claim of every objective of images that this noise allows, with their defaults; objectives of a
/// registry that are biased in all their claims are controls.
[[nodiscard]] std::vector<Subject> image_subjects(const NoiseModel& noise);
/// The negative controls among them, and those that need options: what every verification runs besides.
[[nodiscard]] std::vector<Subject> image_controls(const NoiseModel& noise);

/// The same of k-space, for the masks of this configuration.
[[nodiscard]] std::vector<Subject> kspace_subjects(const TrainConfig& config);
[[nodiscard]] std::vector<Subject> kspace_controls(const TrainConfig& config);

/// The claims of the objective that a configuration trains.
[[nodiscard]] std::vector<Subject> configured_subjects(const TrainConfig& config);

/// The configuration with the mask of a subject: a variable-density one where it asks for that.
[[nodiscard]] TrainConfig with_mask_of(const Subject& subject, TrainConfig config);

}  // namespace selfsame
