// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "engine/config/field_table.hpp"

namespace selfsame {

/// Help of a document: of all of it, or of the part that a pointer names ("/data/crop" or "data.crop"; a part
/// of an object with a "type" is looked for in all its types).
/// @param defaults  the struct of the table, default-constructed
/// Errors: Error(kUsage) if there is no such key, with those there are and the nearest.
[[nodiscard]] std::string help_at(const ObjectTable& table, const void* defaults, std::string_view pointer);

}  // namespace selfsame
