// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace selfsame {

/// Writes a file so that a reader, a kill or a power cut sees the old content or the new one, never a
/// mixture: a temporary `.NAME.tmp.PID` in the same folder, full-length writes, fsync, rename, fsync of the
/// folder. The destructor removes an uncommitted temporary and leaves the old file as it was. One writer per
/// path.
///
/// Errors:  Error(kIo) with the path and the system's reason. Only an error of the last step, the fsync of
/// the
///          folder, comes after the new file took its place: it is complete but may not survive a power cut.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }

  /// Makes the new content durable and gives it the path.
  void commit();
  /// As commit, but the file that had the path until now is kept as `previous` (same folder), replacing the
  /// file of that name. The path names a complete file at every moment; `previous` is replaced only when the
  /// new content is durable. Where the file system has no hard links, the path is absent between the two
  /// renames.
  void commit_keeping(const std::filesystem::path& previous);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Where the content is until commit, for another program that writes it in place, under this name.
  [[nodiscard]] const std::filesystem::path& temporary() const { return temporary_; }

 private:
  void make_durable();
  void publish();

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int fd_ = -1;
};

/// The whole content in one call.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// Writes all bytes to a descriptor; retries after EINTR and short writes. `path` is for the message.
void write_fully(int fd, std::span<const std::byte> bytes, const std::filesystem::path& path);

/// Reads a regular file of at most `limit` bytes.
/// Errors: Error(kData) if it is absent, unreadable, not a regular file, or longer than the limit.
[[nodiscard]] std::string read_file(const std::filesystem::path& path, std::uint64_t limit);

/// Throws Error(kIo) when the file system of `folder` has less than `bytes` free for this user.
void require_free_space(const std::filesystem::path& folder, std::uint64_t bytes);

/// Removes the temporaries that earlier processes left in `folder`: names of the form `.NAME.tmp.PID` with
/// the PID of no living process, or with this process's own (a number that was used before). Call before the
/// first write. Returns how many. Other files are never touched; an absent folder has none.
int remove_stale_temporaries(const std::filesystem::path& folder);

}  // namespace selfsame
