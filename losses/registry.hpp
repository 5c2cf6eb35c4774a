// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "losses/objective.hpp"

namespace selfsame {

/// Option values by name.
using ObjectiveOptions = std::map<std::string, double>;

/// One numeric option of an objective.
struct ObjectiveOption {
  std::string_view name, doc;
  std::optional<double> default_value;  ///< none: may stay absent, the doc says what that means
  double min;                           ///< smallest allowed value
};

/// What is known of an objective before one is made. Text and options live as long as the program.
struct ObjectiveInfo {
  std::string_view name;     ///< as in the configuration
  std::string_view formula;  ///< one line; y measurement, y' second measurement, x image, n elements
  std::span<const ObjectiveOption> options;
  /// Gets the given options, completed by the defaults.
  std::unique_ptr<Objective> (*make)(const ObjectiveOptions&);
};

/// Every objective of the program, sorted by name.
[[nodiscard]] std::vector<ObjectiveInfo> objectives();

/// Errors: Error(kUsage) for an unknown name, an unknown option or a value that is not finite or below the
/// minimum; the message lists what is known.
[[nodiscard]] std::unique_ptr<Objective> make_objective(std::string_view name,
                                                        const ObjectiveOptions& options);

/// The value of an option, if it is there.
[[nodiscard]] std::optional<double> option(const ObjectiveOptions& options, const std::string& name);

/// Adds an objective. Throws Error(kInternal) if the name is taken. Called by the macro below.
bool register_objective(const ObjectiveInfo& info);

}  // namespace selfsame

/// At namespace scope of losses/NAME.cpp: a new objective is one new file and no other edit.
#define SELFSAME_REGISTER_OBJECTIVE(name, ...) \
  [[maybe_unused]] const bool registered_##name = ::selfsame::register_objective(__VA_ARGS__)
