// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <vector>

#include "engine/config/train_config.hpp"
#include "engine/kspace/kspace_preparation.hpp"
#include "losses/kspace/kspace_objective.hpp"
#include "models/recon/reconstruction.hpp"

// From a checked configuration of accelerated MRI to its objects.

namespace selfsame {

/// Errors: Error(kInternal) if the model is one of images.
[[nodiscard]] ReconstructionOptions reconstruction_options(const ModelConfig& config);
[[nodiscard]] std::unique_ptr<KSpaceObjective> make_kspace_objective(const TrainConfig& config);
/// How slices are prepared for this network and objective.
[[nodiscard]] PreparationOptions preparation_options(const TrainConfig& config,
                                                     const ReconstructionModel& model,
                                                     const KSpaceObjective& objective);
/// The reference that a network's prediction is compared with.
[[nodiscard]] ReferenceImage reference_of(const ReconstructionModel& model);
}  // namespace selfsame
