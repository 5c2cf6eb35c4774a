// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "engine/checkpoint/safetensors.hpp"
#include "engine/config/train_config.hpp"
#include "engine/inference/predictor.hpp"
#include "models/network.hpp"

namespace selfsame {

/// A network with its trained weights, ready to run.
struct TrainedNetwork {
  std::optional<TrainConfig> config;  ///< of the run, if it comes from one
  std::unique_ptr<Model> model;
  std::unique_ptr<Predictor> predictor;
  std::filesystem::path file;
  std::int64_t step = -1;  ///< of the checkpoint; -1 = the file does not say
  std::string weights;     ///< "moving average", "weights", ...
  std::string warning;     ///< empty, or why an older file was taken

  /// "best.safetensors, step 1200, moving average" with the path.
  [[nodiscard]] std::string text() const;
};

/// The file that "best", "last" or a path means; for the names, the older generation, with a warning, if the
/// newer is damaged.
[[nodiscard]] SafetensorsFile open_checkpoint(const std::filesystem::path& run, const std::string& checkpoint,
                                              std::string& warning);

/// Opens the run folder's config.json and a checkpoint; nothing is written.
/// @param checkpoint   "best" or "last", each falling back to its previous generation, or the path of a file
/// @param tile_pixels  see Predictor
/// Errors: Error(kUsage) if `run` is no run folder; Error(kData) for the checkpoint.
[[nodiscard]] TrainedNetwork open_run(const std::filesystem::path& run, const std::string& checkpoint,
                                      std::int64_t tile_pixels, Stream& stream);

/// Opens weights without a run (load_weights.hpp): safetensors, or a file of torch.save. @param model  JSON;
/// may be empty for a checkpoint of a run, which names its model itself.
[[nodiscard]] TrainedNetwork open_weights(const std::filesystem::path& file, const std::string& model,
                                          std::int64_t tile_pixels, Stream& stream);

}  // namespace selfsame
