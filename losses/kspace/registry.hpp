// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "losses/kspace/kspace_objective.hpp"

namespace selfsame {

/// Option values by name: numbers, or one of the words that an option knows.
using KSpaceOptionValue = std::variant<double, std::string>;
using KSpaceOptions = std::map<std::string, KSpaceOptionValue>;

/// One option of a k-space objective: a number from min to max, or, if there are `choices`, one of these
/// words.
struct KSpaceOption {
  std::string_view name, doc;
  /// none: may stay absent, the doc says what that means
  std::variant<std::monostate, double, std::string_view> default_value;
  double min = 0, max = 0;
  std::span<const std::string_view> choices;
};

/// What is known of a k-space objective before one is made. Text and options live as long as the program.
struct KSpaceObjectiveInfo {
  std::string_view name;     ///< as in the configuration
  std::string_view formula;  ///< one line; f the network, k the k-space, n = C H W its numbers
  std::string_view deepinv;  ///< the name that DeepInverse uses; empty: it has none
  std::span<const KSpaceOption> options;
  /// Gets the given options, completed by the defaults.
  std::unique_ptr<KSpaceObjective> (*make)(const KSpaceOptions&);
};

/// Every k-space objective of the program, sorted by name.
[[nodiscard]] std::vector<KSpaceObjectiveInfo> kspace_objectives();

/// Errors: Error(kUsage) for an unknown name, an unknown option, a number out of range or an unknown word;
/// the message lists what is known.
[[nodiscard]] std::unique_ptr<KSpaceObjective> make_kspace_objective(std::string_view name,
                                                                     const KSpaceOptions& options);

/// Of completed options. number, flag and word: Error(kInternal) if it is not there.
[[nodiscard]] double number(const KSpaceOptions& options, const std::string& name);
[[nodiscard]] std::optional<double> optional_number(const KSpaceOptions& options, const std::string& name);
[[nodiscard]] bool flag(const KSpaceOptions& options, const std::string& name);
[[nodiscard]] const std::string& word(const KSpaceOptions& options, const std::string& name);

/// Adds an objective. Throws Error(kInternal) if the name is taken. Called by the macro below.
bool register_kspace_objective(const KSpaceObjectiveInfo& info);

}  // namespace selfsame

/// At namespace scope of losses/kspace/NAME.cpp: a new objective is one new file and no other edit.
#define SELFSAME_REGISTER_KSPACE_OBJECTIVE(name, ...) \
  [[maybe_unused]] const bool registered_##name = ::selfsame::register_kspace_objective(__VA_ARGS__)
