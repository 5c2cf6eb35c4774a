// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

namespace selfsame {

/// A run that takes a fraction of a second: 12 images of 24x24, a U-Net of 4 channels, 40 steps, validation
/// every 7, checkpoints only at the end, at a stop and at a new best value.
inline constexpr const char* kTinyRun = R"({
  "name": "tiny",
  "threads": 1,
  "data": {
    "train": {"type": "dead_leaves", "count": 12, "height": 24, "width": 24},
    "validation": {"type": "dead_leaves", "count": 2, "height": 24, "width": 24, "seed": 1},
    "crop": {"size": 16},
    "augment": "dihedral"
  },
  "noise": {"type": "gaussian", "sigma": 25},
  "objective": {"type": "supervised"},
  "model": {"type": "unet", "channels": 4, "pools": 1},
  "training": {"batch": 2, "steps": 40},
  "validation": {"every_steps": 7},
  "logging": {"every_steps": 1, "tensorboard": false}
})";

/// Overrides that make it self-supervised with the rule of the paper, its phases a few validations long.
inline std::vector<std::string> tiny_noise2noise() {
  return {"objective={\"type\": \"noise2noise\"}",
          "schedule={\"type\": \"paper\", \"start_lr\": 1e-4, \"growth_patience\": 1, \"patience\": 1, "
          "\"stop_after_intervals\": 100, \"stop_at_min_lr\": 100}",
          "validation={\"every_steps\": 3}"};
}

}  // namespace selfsame
