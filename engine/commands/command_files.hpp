// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <span>

namespace selfsame {

/// Creates a folder and those above it. Does nothing for an empty path. Errors: Error(kIo).
void make_folder(const std::filesystem::path& folder);

/// Errors: Error(kUsage) that names the paths (the first 20, and the number) at which something exists.
void refuse_existing(std::span<const std::filesystem::path> paths);

}  // namespace selfsame
