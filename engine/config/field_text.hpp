// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "engine/config/field_table.hpp"
#include "engine/config/json_value.hpp"

namespace selfsame {

/// What a field accepts, as a phrase for errors and help: "a number > 0", `"steps" or "epochs"`.
[[nodiscard]] std::string expected_text(const Field& field);

/// `"a", "b" or "c"`, with another `last` word than "or" if wanted.
[[nodiscard]] std::string choices_text(const std::vector<std::string>& names, std::string_view last = "or");

/// The canonical text of a duration ("1h30m", "" for zero), and back; nothing if `text` is not a duration.
[[nodiscard]] std::string duration_text(Duration duration);
[[nodiscard]] std::optional<Duration> read_duration(std::string_view text);
inline constexpr const char* kDurationPattern = "^([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?$";

/// Whether `text` is 1 to 100 letters, digits, '.', '_' or '-', not starting with '.' or '-'.
[[nodiscard]] bool is_name(std::string_view text);
inline constexpr const char* kNamePattern = "^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$";

/// The values of a struct as a JSON object, every key of the table in its order; an absent value is null.
[[nodiscard]] JsonValue to_json(const ObjectTable& table, const void* object);
[[nodiscard]] JsonValue to_json(const TaggedTable& table, const void* value);

/// JSON Schema (draft 7) of the objects that the reader accepts, with help and defaults. Conditions between
/// fields are not part of it.
[[nodiscard]] JsonValue to_schema(const ObjectTable& table, const void* defaults);
[[nodiscard]] JsonValue to_schema(const TaggedTable& table);

/// Help for a person: one entry per key, indented by nesting. `defaults` as above.
[[nodiscard]] std::string help_text(const ObjectTable& table, const void* defaults, int depth = 0);
[[nodiscard]] std::string help_text(const TaggedTable& table, int depth = 0);

}  // namespace selfsame
