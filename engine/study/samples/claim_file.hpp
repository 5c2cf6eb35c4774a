// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

/// The file operations of claims (run_claims.hpp). Each is atomic on local file systems and on NFS, and none
/// needs a lock manager.
///
/// Errors of all:  Error(kIo) with the path and the system's reason.
namespace selfsame {

/// A claim file as it was found. Two that are equal are the same file, not touched in between: a name can get
/// another file of the same content, and an inode number is used again, but never with the same time.
struct ClaimFile {
  ino_t inode = 0;
  std::int64_t modified = 0;  ///< nanoseconds of the file system's clock
  std::string content;        ///< at most kLongestClaim bytes
  bool operator==(const ClaimFile&) const = default;
};
inline constexpr std::size_t kLongestClaim = 4096;

/// True if the file was absent and now is this process's, false if there is one.
[[nodiscard]] bool create_claim_file(const std::filesystem::path& path, std::string_view content);

/// nullopt if there is none.
[[nodiscard]] std::optional<ClaimFile> read_claim_file(const std::filesystem::path& path);

/// Removes the file if it is still the one that was `found`, and says so. It is first renamed to a name that
/// nobody else has, so that of several processes one gets it, and compared there; another file is put back,
/// unless the name was taken in between, when it is dropped.
[[nodiscard]] bool remove_claim_file(const std::filesystem::path& path, const ClaimFile& found);

/// Sets the time of the file to that of the file system's clock if its content is still this one.
enum class TouchResult { kTouched, kAbsent, kOther };
[[nodiscard]] TouchResult touch_claim_file(const std::filesystem::path& path, std::string_view content);

/// The time that the file system of `folder` gives to a file now, in nanoseconds: of the server, where the
/// folder is on one. Two machines that share a folder agree about it, whatever their own clocks say.
[[nodiscard]] std::int64_t file_system_now(const std::filesystem::path& folder);

/// 32 random hexadecimal digits.
[[nodiscard]] std::string random_token();

}  // namespace selfsame
