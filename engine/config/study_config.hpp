// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/config/sample_study_config.hpp"
#include "engine/config/train_config.hpp"

/// The configuration of a study, `selfsame study --config FILE`: a document of its own, beside that of a
/// training run. A new kind of study is one more struct in StudyKind with its fields in study_config.cpp and
/// its case in engine/commands/study.cpp.
namespace selfsame {

/// The linear denoiser on a subspace (docs/theory.md). The defaults are those of figure 1 of the paper.
struct SubspaceStudyConfig {
  std::int64_t n = 100;
  std::int64_t d = 10;
  double sigma = 0.1;
  std::vector<double> target_sigmas{0.05, 0.1, 0.2};  ///< beside 0, the supervised one
  std::vector<std::int64_t> examples{1,  2,  4,  8,   10,  12,  14,  16,   18,   22,   24,   30,
                                     36, 44, 64, 100, 164, 256, 512, 1024, 2048, 4096, 8192, 16384};
  std::int64_t repeats = 200;
  std::int64_t iterations = 30000;
};
using StudyKind = std::variant<SubspaceStudyConfig, SampleStudyConfig>;

struct StudyConfig {
  std::string name = "study";
  std::int64_t seed = 0;
  std::int64_t threads = 0;
  TrainConfig::Device device = TrainConfig::Device::kAuto;
  StudyKind study;
};

[[nodiscard]] const ObjectTable& table_of(const StudyConfig*);
[[nodiscard]] const TaggedTable& table_of(const StudyKind*);

/// Reads, merges, overrides and checks, as load_train_config does. Errors: Error(kUsage) with all mistakes.
[[nodiscard]] StudyConfig load_study_config(std::span<const std::filesystem::path> files,
                                            std::span<const std::string> overrides = {});
[[nodiscard]] StudyConfig parse_study_config(std::string_view text, std::string name,
                                             std::span<const std::string> overrides = {});
/// All keys with their values, readable by load_study_config.
[[nodiscard]] std::string to_json(const StudyConfig& config);
/// Help of the whole document, or of the part that a pointer ("/study", "study.repeats") names.
[[nodiscard]] std::string study_config_help(std::string_view pointer = {});

}  // namespace selfsame
