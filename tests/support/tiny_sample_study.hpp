// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "engine/config/study_config.hpp"
#include "engine/study/samples/sample_plan.hpp"

namespace selfsame {

/// A study of a second: 12 runs of 8 steps with checkpoints after every third, in two groups of lanes (the
/// objectives differ), a U-Net of 4 channels on crops of 16x16, three test images.
inline constexpr const char* kTinySampleStudy = R"({
  "name": "tiny-study",
  "seed": 3,
  "device": "cpu",
  "threads": 1,
  "study": {
    "type": "samples",
    "run": {
      "data": {
        "train": {"type": "dead_leaves", "count": 12, "height": 24, "width": 24},
        "validation_count": 2,
        "crop": {"size": 16},
        "augment": "dihedral"
      },
      "noise": {"type": "gaussian", "sigma": 25},
      "model": {"type": "unet", "channels": 4, "pools": 1},
      "training": {"batch": 2, "steps": 8},
      "validation": {"every_steps": 2},
      "checkpoint": {"every_steps": 3}
    },
    "methods": {
      "supervised": {"objective": {"type": "supervised"}},
      "noise2noise": {"objective": {"type": "noise2noise"}},
      "noise2noise, σ′ = 50": {"objective": {"type": "noise2noise", "sigma": 50}}
    },
    "sizes": [3, 8],
    "seeds": [0, 1],
    "test": {"type": "dead_leaves", "count": 3, "height": 16, "width": 16, "seed": 1},
    "variance_draws": 64
  }
})";

/// A method whose weights grow a millionfold in every step; a `--set` for the study above.
inline constexpr const char* kDivergingMethod =
    R"(study.methods.wild={"objective": {"type": "supervised"}, "optimizer": {"type": "sgd", "lr": 1e6}})";

/// The study and its runs.
struct TinySampleStudy {
  explicit TinySampleStudy(const std::vector<std::string>& overrides = {})
      : config(parse_study_config(kTinySampleStudy, "tiny", overrides)), runs(plan_runs(study(), config)) {}
  [[nodiscard]] const SampleStudyConfig& study() const { return std::get<SampleStudyConfig>(config.study); }
  StudyConfig config;
  std::vector<PlannedRun> runs;
};

}  // namespace selfsame
