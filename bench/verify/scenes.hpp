// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/config/train_config.hpp"

// What the parts of bench/gradient_unbiasedness share: options, and the small networks with their data.

namespace selfsame::bench {

using Json = nlohmann::ordered_json;

struct BenchOptions {
  std::string images, json, report, command;
  std::vector<std::string> only;
  std::vector<std::string> scenes{"unet",  "dncnn", "poisson", "photons",
                                  "mixed", "gamma", "kspace",  "noisy_kspace"};
  int threads = 2;
  std::int64_t steps = 24, draws = 65536, crop = 32, lanes = 16, batch = 8, calibration_batch = 1,
               repeats = 1000, power_repeats = 200, seed = 0, law_draws = 4096;
  double seconds = 60, tolerance = 0.01, bias = 0.02;
  bool calibrate = false, laws = false, table = false, last = false;
};

/// The networks of the table. Small enough for tens of thousands of gradients, with every layer that the
/// large ones have.
inline TrainConfig scene_config(const BenchOptions& o, const std::string& scene, const std::string& noise) {
  const std::vector<std::string> seed{fmt::format("seed={}", o.seed)};
  const std::string source =
      o.images.empty()
          ? R"({"type": "dead_leaves", "count": 200, "height": 96, "width": 96})"
          : fmt::format(R"({{"type": "{}", "path": "{}"}})", o.images.ends_with(".npy") ? "npy" : "folder",
                        std::filesystem::absolute(o.images).string());
  if (scene.ends_with("kspace")) {
    return parse_train_config(std::string(R"({
      "data": {"train": {"type": "phantoms", "count": 64, "height": 32, "width": 32, "coils": 2, "noise": )") +
                                  (scene == "kspace" ? "0" : "0.05") + R"(},
               "validation_count": 4},
      "kspace": {"mask": {"type": "variable_density", "center_fraction": 0.125, "acceleration": 2},
                 "maps": {"type": "low_resolution", "calibration": 4}},
      "objective": {"type": "supervised_kspace"},
      "model": {"type": "recon_unet", "channels": 8, "pools": 2, "residual": true},
      "training": {"batch": 4, "steps": 400}})",
                              "scene", ".", seed);
  }
  const std::string model = scene == "unet"
                                ? R"({"type": "unet", "channels": 8, "pools": 2, "residual": true})"
                                : R"({"type": "dncnn", "layers": 5, "channels": 16})";
  return parse_train_config(fmt::format(R"({{
      "data": {{"train": {}, "validation_count": 4, "crop": {{"size": {}}}, "augment": "dihedral"}},
      "noise": {}, "objective": {{"type": "supervised"}}, "model": {},
      "training": {{"batch": 16, "steps": 400}}}})",
                                        source, o.crop, noise, model),
                            "scene", ".", seed);
}

inline constexpr const char* kGaussian = R"({"type": "gaussian", "sigma": 25, "frozen": false})";

/// Progress, for who watches a terminal.
inline void say(const std::string& text) {
  if (::isatty(STDERR_FILENO) == 0) {
    return;
  }
  fmt::print(stderr, "\r\033[K{}", text);
  std::fflush(stderr);
}

}  // namespace selfsame::bench
