// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace selfsame {

inline constexpr const char* kVersion = "0.1.0";

/// What a run depended on, as ordered pairs for env.json, `--version` and the report.
using Environment = std::vector<std::pair<std::string, std::string>>;

/// version, git (if the build defined SELFSAME_GIT_HASH), compiler, build, system, cpu, isa, processors,
/// memory_gib and libraries. The caller adds threads, device, seed and hashes of the data.
[[nodiscard]] Environment build_and_machine();

/// The JSON object of these pairs, one per line.
[[nodiscard]] std::string environment_json(const Environment& environment);

}  // namespace selfsame
