// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "mri/simulation/simulate.hpp"

namespace selfsame {

/// What selfsame simulate was asked for; its help says what each means.
struct SimulateArguments {
  std::string images, out, maps = "birdcage", size = "256x256", covariance;
  std::int64_t phantoms = 0, first = 0;
  int coils = 8, details = 16, threads = 0;
  bool coils_given = false, raw_maps = false, overwrite = false;
  double noise = 0, phase = 1, tissue_phase = 0, radius = 1.6, loop_radius = 0, variation = 1;
  std::uint64_t seed = 0;
};

/// What the examples are made of: `make` gives number i of `count`, with the maps, phase and noise of
/// `example`.
struct SimulationExamples {
  std::int64_t count = 0;
  std::string text;
  std::function<std::string(std::int64_t)> name;
  std::function<SimulatedExample(std::int64_t i, std::uint32_t example, Stream&)> make;
};

/// Options of the simulation, measured maps and covariance read from their files.
/// Errors: Error(kUsage) for arguments, Error(kData) naming the file.
[[nodiscard]] SimulationOptions simulation_options(const SimulateArguments& arguments);

/// Opens the images, or sets up the phantoms. Errors: as above.
[[nodiscard]] SimulationExamples open_examples(const SimulateArguments& arguments,
                                               const SimulationOptions& options);

}  // namespace selfsame
