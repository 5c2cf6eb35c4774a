// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/noise/noise.hpp"
#include "losses/objective.hpp"
#include "losses/options.hpp"

namespace selfsame {

/// What is known of an objective before one is made. Text and options live as long as the program.
struct ObjectiveInfo {
  std::string_view name;     ///< as in the configuration
  std::string_view formula;  ///< one line; y measurement, y' second measurement, x image, n elements
  std::string_view deepinv;  ///< the name that DeepInverse uses; empty: it has none
  std::span<const ObjectiveOption> options;
  /// Gets the given options, completed by the defaults, and the noise of the measurement as far as it is
  /// known (kNone: it is not). Errors: Error(kUsage) if that noise is not what the objective is made for.
  std::unique_ptr<Objective> (*make)(const ObjectiveOptions&, const NoiseModel& noise);
};

/// Every objective of the program, sorted by name.
[[nodiscard]] std::vector<ObjectiveInfo> objectives();

/// Options in which a standard deviation is absent take it from the noise.
/// Errors: Error(kUsage) for an unknown name, an unknown option, a number out of range, an unknown word, or
/// noise that the objective is not made for; the message lists what is known.
[[nodiscard]] std::unique_ptr<Objective> make_objective(std::string_view name,
                                                        const ObjectiveOptions& options = {},
                                                        const NoiseModel& noise = {});

/// An objective with its defaults, and noise of the first kind that it is made for.
struct ExampleObjective {
  NoiseModel noise;
  std::unique_ptr<Objective> objective;
};
[[nodiscard]] ExampleObjective example_objective(std::string_view name, const ObjectiveOptions& options = {});

/// Adds an objective. Throws Error(kInternal) if the name is taken. Called by the macro below.
bool register_objective(const ObjectiveInfo& info);

}  // namespace selfsame

/// At namespace scope of losses/NAME.cpp: a new objective is one new file and no other edit.
#define SELFSAME_REGISTER_OBJECTIVE(name, ...) \
  [[maybe_unused]] const bool registered_##name = ::selfsame::register_objective(__VA_ARGS__)
