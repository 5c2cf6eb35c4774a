// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "losses/kspace/kspace_objective.hpp"
#include "losses/options.hpp"

namespace selfsame {

/// What is known of a k-space objective before one is made. Text and options live as long as the program.
struct KSpaceObjectiveInfo {
  std::string_view name;     ///< as in the configuration
  std::string_view formula;  ///< one line; f the network, k the k-space, n = C H W its numbers
  std::string_view deepinv;  ///< the name that DeepInverse uses; empty: it has none
  std::span<const ObjectiveOption> options;
  /// Gets the given options, completed by the defaults.
  std::unique_ptr<KSpaceObjective> (*make)(const ObjectiveOptions&);
};

/// Every k-space objective of the program, sorted by name.
[[nodiscard]] std::vector<KSpaceObjectiveInfo> kspace_objectives();

/// Errors: Error(kUsage) for an unknown name, an unknown option, a number out of range or an unknown word;
/// the message lists what is known.
[[nodiscard]] std::unique_ptr<KSpaceObjective> make_kspace_objective(std::string_view name,
                                                                     const ObjectiveOptions& options);

/// Adds an objective. Throws Error(kInternal) if the name is taken. Called by the macro below.
bool register_kspace_objective(const KSpaceObjectiveInfo& info);

}  // namespace selfsame

/// At namespace scope of losses/kspace/NAME.cpp: a new objective is one new file and no other edit.
#define SELFSAME_REGISTER_KSPACE_OBJECTIVE(name, ...) \
  [[maybe_unused]] const bool registered_##name = ::selfsame::register_kspace_objective(__VA_ARGS__)
