// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/config_reader.hpp"
#include "engine/config/diagnostics.hpp"
#include "engine/config/train_config.hpp"

namespace selfsame {

/// A study of training sizes: every method is trained on every number of examples with every seed. Methods
/// with the same size and seed train on the same images, from the same initial weights, with the same noise
/// of the inputs.
struct SampleStudyConfig {
  enum class Subsets { kPerSeed, kShared };
  JsonValue run = JsonValue::object();      ///< a training configuration, as it was written
  JsonValue methods = JsonValue::object();  ///< name: what is merged into it
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> seeds{0, 1, 2};
  Subsets subsets = Subsets::kPerSeed;
  std::optional<SourceConfig> test;
  std::int64_t lanes = 0;
  std::int64_t variance_draws = 1024;

  struct Method {
    std::string name;
    TrainConfig config;  ///< checked and resolved; no size or seed is set
  };
  std::vector<Method> resolved;  ///< in the order of `methods`
};
[[nodiscard]] std::span<const std::string_view> choice_names(SampleStudyConfig::Subsets);

/// Fills in `resolved`, and brings `run` and `methods` to a form that means the same in any folder: `run` has
/// the sections that all methods share, with absolute paths, and each method the others.
void resolve_methods(SampleStudyConfig& study, ConfigReader& reader, Diagnostics& diagnostics);

/// The configuration of one training. @param study_seed  of the whole study
[[nodiscard]] TrainConfig run_config(const SampleStudyConfig& study, std::int64_t study_seed,
                                     std::size_t method, std::int64_t size, std::int64_t seed);

/// The same with the test images in the place of the validation images and ground truth looked at: what
/// scores the networks of a method. k-space is undersampled by the mask of the first method, whatever the
/// others train with, if that one's networks take everything that is measured.
[[nodiscard]] TrainConfig test_config(const SampleStudyConfig& study, std::size_t method);

}  // namespace selfsame
