// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace selfsame {

/// A run of accelerated MRI that takes a fraction of a second: 6 phantoms with 3 coils of 24x20, a U-Net of 4
/// channels, 8 steps, validation every 4.
inline constexpr const char* kTinyKSpaceRun = R"({
  "name": "tiny_kspace",
  "threads": 1,
  "data": {
    "train": {"type": "phantoms", "count": 6, "height": 24, "width": 20, "coils": 3, "noise": 0.01},
    "validation": {"type": "phantoms", "count": 2, "height": 24, "width": 20, "coils": 3, "noise": 0.01, "seed": 1}
  },
  "kspace": {
    "mask": {"type": "random", "center_fractions": 0.3, "accelerations": 2},
    "maps": {"type": "low_resolution", "calibration": 6}
  },
  "objective": {"type": "weighted_ssdu"},
  "model": {"type": "recon_unet", "channels": 4, "pools": 1},
  "training": {"batch": 2, "steps": 8},
  "validation": {"every_steps": 4},
  "logging": {"every_steps": 1, "tensorboard": false}
})";

}  // namespace selfsame
