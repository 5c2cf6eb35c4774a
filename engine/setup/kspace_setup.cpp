// SPDX-License-Identifier: Apache-2.0
#include "engine/setup/kspace_setup.hpp"

#include "engine/kspace/kspace_pass.hpp"
#include "engine/setup/setup.hpp"
#include "losses/kspace/registry.hpp"

namespace selfsame {

ReconstructionOptions reconstruction_options(const ModelConfig& config) {
  if (const auto* unet = std::get_if<ReconUnetConfig>(&config)) {
    return ReconUNetOptions{static_cast<int>(unet->channels),
                            static_cast<int>(unet->pools),
                            unet->residual,
                            {static_cast<int>(unet->sense_iterations), unet->sense_lambda}};
  }
  if (const auto* unet = std::get_if<MagnitudeUnetConfig>(&config)) {
    return MagnitudeUNetOptions{static_cast<int>(unet->channels), static_cast<int>(unet->pools)};
  }
  const auto* varnet = std::get_if<VarnetConfig>(&config);
  SELFSAME_CHECK(varnet != nullptr, "model {} asked to reconstruct", config.index());
  VarNetOptions options;
  options.cascades = static_cast<int>(varnet->cascades);
  options.channels = static_cast<int>(varnet->channels);
  options.pools = static_cast<int>(varnet->pools);
  options.learned_maps = varnet->maps == VarnetConfig::Maps::kLearned;
  options.map_channels = static_cast<int>(varnet->map_channels);
  options.map_pools = static_cast<int>(varnet->map_pools);
  return options;
}

std::unique_ptr<KSpaceObjective> make_kspace_objective(const TrainConfig& config) {
  const auto* named = std::get_if<KSpaceObjectiveConfig>(&config.objective);
  SELFSAME_CHECK(named != nullptr, "objective {} asked for k-space", config.objective.index());
  for (const KSpaceObjectiveInfo& info : kspace_objectives()) {
    if (info.name == named->type) {
      return make_kspace_objective(named->type,
                                   objective_options(named->numbers, named->words, info.options, 1.0));
    }
  }
  fail(ErrorKind::kInternal, "no k-space objective '{}'", named->type);
}

ReferenceImage reference_of(const ReconstructionModel& model) {
  return model.output() == ReconstructionOutput::kImage ? ReferenceImage::kSense
                                                        : ReferenceImage::kRootSumOfSquares;
}

PreparationOptions preparation_options(const TrainConfig& config, const ReconstructionModel& model,
                                       const KSpaceObjective& objective) {
  PreparationOptions options;
  options.maps = config.kspace->maps;
  options.readout = config.kspace->readout;
  options.virtual_coils = config.kspace->virtual_coils;
  options.reference = reference_of(model);
  options.needs_maps = model.needs_maps(reconstruction_domain(objective.domain())) ||
                       model.needs_maps(ReconstructionDomain::kMagnitude);
  return options;
}

}  // namespace selfsame
