// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <span>
#include <string>

#include "engine/config/diagnostics.hpp"
#include "engine/config/json_value.hpp"

namespace selfsame {

/// Joins configuration files and `--set` arguments to one JSON object.
///
/// Files merge from left to right: objects key by key, any other value is replaced. A file may name a "base"
/// file, a path relative to itself, that is merged before it; a base has no base of its own. "$schema" is
/// accepted and ignored. Then the overrides, in order:
///   a.b=VALUE    VALUE is JSON, or else the string that is written there; objects on the way are created
///   a.b+=VALUE   appends to the array a.b, which is created if absent; a VALUE that is an array appends its
///   elements
/// Mistakes go to `diagnostics`. Relative paths belong to the folder of their file, or for an override to the
/// current folder. The result is kInvalid if a text could not be read to its end.
[[nodiscard]] JsonValue join_config(Diagnostics& diagnostics, std::span<const std::filesystem::path> files,
                                    std::span<const std::string> overrides);

/// Objects key by key, any other value is replaced. Objects keep the place where they were first written,
/// values and keys get the place that decided them.
void merge(JsonValue& into, JsonValue from);

/// The same for a text that is no file; `name` stands for the file name in messages.
[[nodiscard]] JsonValue join_config_text(Diagnostics& diagnostics, std::string name, std::string text,
                                         const std::filesystem::path& folder,
                                         std::span<const std::string> overrides);

}  // namespace selfsame
