// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The parts of a configuration that belong to accelerated MRI. What each field means is written once, in
/// config_tables_kspace.cpp.

namespace selfsame {

// ---- data
// --------------------------------------------------------------------------------------------------------
/// Files of multi-coil k-space: fastMRI .h5, BART .cfl, .ra, complex .npy.
struct KSpaceSourceConfig {
  std::filesystem::path path;
  std::int64_t central_slices = 0;
};
/// Multi-coil k-space made from images.
struct SimulatedSourceConfig {
  enum class Maps { kBirdcage, kBiotSavart, kFile };
  std::filesystem::path path;
  std::int64_t height = 0, width = 0;
  std::int64_t coils = 8;
  Maps maps = Maps::kBiotSavart;
  std::optional<std::filesystem::path> maps_file;
  double noise = 0.01;
  double phase = 1;
  std::int64_t seed = 0;
};
/// Random ellipses with exact k-space.
struct PhantomSourceConfig {
  std::int64_t count = 200;
  std::int64_t height = 128;
  std::int64_t width = 128;
  std::int64_t coils = 8;
  double noise = 0.01;
  std::int64_t seed = 0;
};

// What comes out of a registry by name has the table of its keys from there, so that a new mask family or
// objective is one new file.

/// A family of masks (mri/masks/families).
struct MaskConfig {
  std::string type;
  std::map<std::string, std::vector<double>> options;
  std::filesystem::path file;  ///< of "fixed"
  bool frozen = true;
  /// With the defaults of this family.
  static MaskConfig make(const std::string& type);
};

struct CoilMapsConfig {
  enum class Type { kEspirit, kLowResolution, kFiles };
  Type type = Type::kEspirit;
  std::int64_t calibration = 24;
  std::int64_t kernel = 6;
  double threshold = 0.001;
  double crop = 0.8;
  std::filesystem::path path;
};

struct KSpaceConfig {
  MaskConfig mask = MaskConfig::make("random");
  std::optional<MaskConfig> test_mask;
  CoilMapsConfig maps;
  std::int64_t readout = 0;
  std::int64_t virtual_coils = 0;
  std::optional<std::filesystem::path> cache;
};

// ---- objective
// --------------------------------------------------------------------------------------------------------
/// An objective of losses/kspace.
struct KSpaceObjectiveConfig {
  std::string type;
  std::map<std::string, double> numbers;
  std::map<std::string, int> words;  ///< which of the words that an option knows
  static KSpaceObjectiveConfig make(const std::string& type);
};

// ---- model
// --------------------------------------------------------------------------------------------------------
struct ReconUnetConfig {
  std::int64_t channels = 32;
  std::int64_t pools = 4;
  bool residual = false;
  std::int64_t sense_iterations = 0;
  double sense_lambda = 0.01;
};
struct MagnitudeUnetConfig {
  std::int64_t channels = 32;
  std::int64_t pools = 4;
};
struct VarnetConfig {
  enum class Maps { kLearned, kGiven };
  std::int64_t cascades = 12;
  std::int64_t channels = 18;
  std::int64_t pools = 4;
  Maps maps = Maps::kLearned;
  std::int64_t map_channels = 8;
  std::int64_t map_pools = 4;
};

}  // namespace selfsame
