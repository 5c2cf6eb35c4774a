// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "engine/config/train_config.hpp"
#include "engine/kspace/reconstructor.hpp"
#include "losses/kspace/kspace_objective.hpp"

namespace selfsame {

/// A reconstruction network with its trained weights, ready to run.
struct TrainedReconstruction {
  std::optional<TrainConfig> config;  ///< of the run, if it comes from one
  std::unique_ptr<ReconstructionModel> model;
  std::unique_ptr<KSpaceObjective> objective;  ///< of the run, or null
  std::unique_ptr<Reconstructor> reconstructor;
  std::string text;     ///< the file, its step, and which weights were taken
  std::string warning;  ///< empty, or why an older file was taken
};

/// Whether a run folder, or weights with this model (JSON, may be empty), are of a reconstruction network.
/// False if that cannot be told: the error then comes from opening them.
[[nodiscard]] bool is_reconstruction_run(const std::filesystem::path& run);
[[nodiscard]] bool is_reconstruction_weights(const std::filesystem::path& file, const std::string& model);

/// As open_run and open_weights of trained_network.hpp, with the same errors.
[[nodiscard]] TrainedReconstruction open_reconstruction_run(const std::filesystem::path& run,
                                                            const std::string& checkpoint, Stream& stream);
[[nodiscard]] TrainedReconstruction open_reconstruction_weights(const std::filesystem::path& file,
                                                                const std::string& model, Stream& stream);

}  // namespace selfsame
