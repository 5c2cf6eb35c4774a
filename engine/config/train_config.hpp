// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/config/field_table.hpp"
#include "engine/config/kspace_config.hpp"

/// The configuration of a training run: plain structs whose initial values are the defaults. What each field
/// means is written once, in config_tables_*.cpp, and printed by config_help().
namespace selfsame {

// ---- data
// --------------------------------------------------------------------------------------------------------
struct FolderSourceConfig {
  std::filesystem::path path;
  bool recursive = true;
};
struct ListSourceConfig {
  std::filesystem::path path;
};
struct NpySourceConfig {
  std::filesystem::path path;
};
struct PairsSourceConfig {
  std::filesystem::path inputs;
  std::filesystem::path targets;
};
struct DeadLeavesSourceConfig {
  std::int64_t count = 400;
  std::int64_t height = 128;
  std::int64_t width = 128;
  std::int64_t seed = 0;
};
using SourceConfig =
    std::variant<FolderSourceConfig, ListSourceConfig, NpySourceConfig, PairsSourceConfig,
                 DeadLeavesSourceConfig, KSpaceSourceConfig, SimulatedSourceConfig, PhantomSourceConfig>;
/// Whether a source gives multi-coil k-space: what decides which kind of training a configuration describes.
[[nodiscard]] bool is_kspace(const SourceConfig& source);

struct CropConfig {
  enum class Position { kRandom, kCentre };
  std::int64_t size = 64;
  Position position = Position::kRandom;
};

struct DataConfig {
  enum class Augment { kNone, kFlips, kDihedral };
  enum class OnError { kRefuse, kSkip };
  SourceConfig train;
  std::int64_t train_size = 0;
  std::int64_t subset_seed = 0;
  std::int64_t train_seed = -1;
  std::optional<SourceConfig> validation;
  std::int64_t validation_count = 0;
  std::int64_t channels = 1;
  CropConfig crop;
  Augment augment = Augment::kNone;
  OnError on_error = OnError::kRefuse;
};

/// How many of `images` training images are held out for validation when no validation source is given:
/// validation_count, or for 0 a tenth, at least 1 and at most 64.
[[nodiscard]] std::int64_t held_out_count(const DataConfig& data, std::int64_t images);

struct NoiseConfig {
  enum class Type { kNone, kGaussian, kPoisson, kPoissonGaussian, kGamma };
  Type type = Type::kNone;
  double sigma = 25;
  double unit = 255;
  double peak = 30;
  double looks = 10;
  bool frozen = true;
  /// Standard deviation of the Gaussian part on the [0,1] scale; 0 if there is none.
  [[nodiscard]] double sigma_on_unit_scale() const;
};

// ---- objective, model
// --------------------------------------------------------------------------------------------
/// An objective of losses/.
struct ImageObjectiveConfig {
  std::string type = "supervised";
  std::map<std::string, double> numbers;  ///< standard deviations of noise in noise.unit
  std::map<std::string, int> words;       ///< which of the words that an option knows
  static ImageObjectiveConfig make(const std::string& type);
};
using ObjectiveConfig = std::variant<ImageObjectiveConfig, KSpaceObjectiveConfig>;

struct UnetConfig {
  std::int64_t in = 0;   ///< 0 only before resolving
  std::int64_t out = 0;  ///< 0 only before resolving
  std::int64_t channels = 32;
  std::int64_t pools = 4;
  bool residual = true;
};
struct DncnnConfig {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t layers = 17;
  std::int64_t channels = 64;
};
using ModelConfig = std::variant<UnetConfig, DncnnConfig, ReconUnetConfig, MagnitudeUnetConfig, VarnetConfig>;
/// Whether a model reconstructs from k-space.
[[nodiscard]] bool is_reconstruction(const ModelConfig& model);

// ---- training
// ----------------------------------------------------------------------------------------------------
struct OptimizerConfig {
  enum class Type { kAdam, kAdamW, kRmsprop, kSgd };
  Type type = Type::kAdam;
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum = 0;
  double alpha = 0.99;
  double clip_norm = 0;
  double ema = 0;
};

enum class ThresholdMode { kAbsolute, kRelative };

struct ConstantScheduleConfig {};
struct MultiStepScheduleConfig {
  enum class Unit { kSteps, kEpochs };
  std::vector<std::int64_t> milestones;
  Unit unit = Unit::kEpochs;
  double factor = 0.5;
  std::int64_t stop_after_intervals = 0;
  double low_lr = 0;
  std::int64_t stop_at_low_lr = 0;
};
struct CosineScheduleConfig {
  std::int64_t warmup_steps = 0;
  double min_lr = 0;
};
struct PlateauScheduleConfig {
  double factor = 0.5;
  std::int64_t patience = 8;
  double threshold = 1e-3;
  ThresholdMode threshold_mode = ThresholdMode::kAbsolute;
  double min_lr = 1e-7;
};
/// The rule of the paper (methods: Gaussian denoising): double up while it helps, then plateau, then stop.
struct PaperScheduleConfig {
  double start_lr = 1.25e-6;
  double growth = 2;
  std::int64_t growth_patience = 3;
  double back_off = 4;
  double factor = 0.5;
  std::int64_t patience = 8;
  double threshold = 1e-3;
  ThresholdMode threshold_mode = ThresholdMode::kAbsolute;
  double min_lr = 1e-7;
  std::int64_t stop_after_intervals = 2;
  std::int64_t stop_at_min_lr = 8;
};
using ScheduleConfig = std::variant<ConstantScheduleConfig, MultiStepScheduleConfig, CosineScheduleConfig,
                                    PlateauScheduleConfig, PaperScheduleConfig>;

struct EarlyStoppingConfig {
  std::int64_t patience = 0;
  double min_delta = 0;
};

struct TrainingConfig {
  std::int64_t batch = 16;
  std::int64_t steps = 0;  ///< after resolving exactly one of steps and epochs is positive
  std::int64_t epochs = 0;
  Duration max_time;
  EarlyStoppingConfig early_stopping;
};
inline constexpr std::int64_t kDefaultSteps = 1000;

struct ValidationConfig {
  enum class Target { kAuto, kClean, kNoisy, kMeasured };
  enum class Metric { kAuto, kPsnr, kSsim, kLoss };
  Target target = Target::kAuto;  ///< never kAuto after resolving
  Metric metric = Metric::kAuto;  ///< never kAuto after resolving
  std::int64_t every_steps = 0;
  std::int64_t every_epochs = 0;
};

struct CheckpointConfig {
  std::int64_t every_steps = 0;
  std::int64_t every_seconds = 600;
};

struct LoggingConfig {
  std::int64_t every_steps = 50;
  bool tensorboard = true;
};

/// The whole document. Functions below return it resolved: paths absolute, `steps` or `epochs` positive,
/// model channels and validation target filled in.
struct TrainConfig {
  enum class Device { kAuto, kCpu, kCuda, kSimulated };
  enum class Precision { kFloat32, kTf32, kBfloat16 };
  std::string name = "run";
  std::int64_t seed = 0;
  Device device = Device::kAuto;
  std::int64_t threads = 0;
  Precision precision = Precision::kFloat32;
  DataConfig data;
  NoiseConfig noise;
  std::optional<KSpaceConfig> kspace;  ///< present after resolving if and only if the data are k-space
  ObjectiveConfig objective;
  ModelConfig model;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  TrainingConfig training;
  ValidationConfig validation;
  CheckpointConfig checkpoint;
  LoggingConfig logging;
};

/// The JSON names of an enum's values, in their order.
[[nodiscard]] std::span<const std::string_view> choice_names(CropConfig::Position);
[[nodiscard]] std::span<const std::string_view> choice_names(DataConfig::Augment);
[[nodiscard]] std::span<const std::string_view> choice_names(DataConfig::OnError);
[[nodiscard]] std::span<const std::string_view> choice_names(NoiseConfig::Type);
[[nodiscard]] std::span<const std::string_view> choice_names(OptimizerConfig::Type);
[[nodiscard]] std::span<const std::string_view> choice_names(ThresholdMode);
[[nodiscard]] std::span<const std::string_view> choice_names(MultiStepScheduleConfig::Unit);
[[nodiscard]] std::span<const std::string_view> choice_names(ValidationConfig::Target);
[[nodiscard]] std::span<const std::string_view> choice_names(ValidationConfig::Metric);
[[nodiscard]] std::span<const std::string_view> choice_names(TrainConfig::Device);
[[nodiscard]] std::span<const std::string_view> choice_names(TrainConfig::Precision);

// ---- reading
// -----------------------------------------------------------------------------------------------------
/// Reads files and `--set` arguments (config_document.hpp) to a checked and resolved configuration.
/// Errors: Error(kUsage) whose text holds every mistake as "FILE:LINE:COL: /pointer: expected X, got Y".
[[nodiscard]] TrainConfig load_train_config(std::span<const std::filesystem::path> files,
                                            std::span<const std::string> overrides = {});

/// The same from a text; relative paths start at `folder`.
[[nodiscard]] TrainConfig parse_train_config(
    std::string_view text, std::string name = "config",
    const std::filesystem::path& folder = std::filesystem::current_path(),
    std::span<const std::string> overrides = {});

/// Reads a model alone, e.g. {"type": "unet", "channels": 16, "pools": 4}. "in" defaults to 1, "out" to "in".
[[nodiscard]] ModelConfig parse_model_config(std::string_view text, std::string name = "--model");

/// The same for /kspace/mask and /kspace/maps alone.
[[nodiscard]] MaskConfig parse_mask_config(std::string_view text, std::string name = "--mask");
[[nodiscard]] CoilMapsConfig parse_coil_maps_config(std::string_view text, std::string name = "--maps");

// ---- writing
// -----------------------------------------------------------------------------------------------------
/// Every key with its value, in a fixed order; reading it again gives the same configuration, from any
/// folder.
[[nodiscard]] std::string to_json(const TrainConfig& config);
[[nodiscard]] std::string to_json(const ModelConfig& model);

/// What can be written, for a person. `pointer` chooses a part: "/optimizer", "optimizer" or "data.crop";
/// empty is all. Errors: kUsage for a pointer that names nothing.
[[nodiscard]] std::string config_help(std::string_view pointer = {});

/// JSON Schema (draft 7) of a configuration file.
[[nodiscard]] std::string config_schema();

}  // namespace selfsame
