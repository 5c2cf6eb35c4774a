// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "engine/config/config_reader.hpp"
#include "engine/config/train_config.hpp"

/// The field tables of the training configuration, for the reader, the writer and the tests.
namespace selfsame {

[[nodiscard]] const TaggedTable& table_of(const SourceConfig*);
[[nodiscard]] const ObjectTable& table_of(const CropConfig*);
[[nodiscard]] const ObjectTable& table_of(const DataConfig*);
[[nodiscard]] const TaggedTable& table_of(const NoiseConfig*);
[[nodiscard]] const TaggedTable& table_of(const ObjectiveConfig*);
[[nodiscard]] const TaggedTable& table_of(const MaskConfig*);
[[nodiscard]] const TaggedTable& table_of(const CoilMapsConfig*);
[[nodiscard]] const ObjectTable& table_of(const KSpaceConfig*);
[[nodiscard]] const TaggedTable& table_of(const ModelConfig*);
[[nodiscard]] const TaggedTable& table_of(const OptimizerConfig*);
[[nodiscard]] const TaggedTable& table_of(const ScheduleConfig*);
[[nodiscard]] const ObjectTable& table_of(const EarlyStoppingConfig*);
[[nodiscard]] const ObjectTable& table_of(const TrainingConfig*);
[[nodiscard]] const ObjectTable& table_of(const ValidationConfig*);
[[nodiscard]] const ObjectTable& table_of(const CheckpointConfig*);
[[nodiscard]] const ObjectTable& table_of(const LoggingConfig*);
[[nodiscard]] const ObjectTable& table_of(const TrainConfig*);

/// The alternatives of accelerated MRI in the tables above.
[[nodiscard]] std::vector<Alternative> kspace_sources();
[[nodiscard]] std::vector<Alternative> kspace_objective_alternatives();
[[nodiscard]] std::vector<Alternative> kspace_models();
/// The objectives of images.
[[nodiscard]] std::vector<Alternative> image_objective_alternatives();

/// Whether this is an objective of k-space that looks at no ground truth.
[[nodiscard]] bool self_supervised_in_kspace(const ObjectiveConfig& objective);
/// Checks of k-space against data, objective and model; reports what does not go together.
void check_kspace(const TrainConfig& config, ConfigReader& reader);

/// Checks conditions between fields, then fills in what depends on other fields.
void check_and_resolve(TrainConfig& config, ConfigReader& reader);
void check_and_resolve(ModelConfig& model, ConfigReader& reader);
inline void check_and_resolve(MaskConfig& /*mask*/, ConfigReader& /*reader*/) {}
inline void check_and_resolve(CoilMapsConfig& /*maps*/, ConfigReader& /*reader*/) {}

}  // namespace selfsame
