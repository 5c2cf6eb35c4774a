// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace selfsame {

/// Writes a file so that readers, and the disk after a power cut, see the old content or the new one and
/// nothing between: a temporary file in the same folder, fsync, rename, fsync of the folder. Without `commit`
/// the destructor removes the temporary file and the old content stays. Errors: Error(kIo) with the path and
/// the system's reason.
class AtomicWriter {
 public:
  explicit AtomicWriter(std::string path);
  ~AtomicWriter();
  AtomicWriter(const AtomicWriter&) = delete;
  AtomicWriter& operator=(const AtomicWriter&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  void write(std::span<const std::byte> bytes);
  void commit();

 private:
  [[noreturn]] void fail_with_errno(const char* action) const;
  std::string path_, temporary_;
  int descriptor_ = -1;
};

/// Writes `bytes` to `path` with an AtomicWriter.
void write_bytes_atomically(const std::string& path, std::span<const std::byte> bytes);

}  // namespace selfsame
