// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace selfsame {

/// A regular file opened for reading at any place, from any thread. Move-only.
/// Errors: Error(kData) with the path when it cannot be opened, is not a regular file, or cannot be read.
class InputFile {
 public:
  explicit InputFile(std::string path);
  ~InputFile();
  InputFile(InputFile&& o) noexcept
      : path_(std::move(o.path_)), size_(o.size_), descriptor_(std::exchange(o.descriptor_, -1)) {}
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  InputFile& operator=(InputFile&&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// Exactly `bytes` bytes from `offset`. Errors: Error(kData) when the file ends before or the disk fails.
  void read_at(void* out, std::uint64_t offset, std::size_t bytes) const;

  /// As many bytes as there are, up to `bytes`; fewer at the end of the file or when the disk fails. Never
  /// throws, for callers below a C library.
  [[nodiscard]] std::size_t read_some(void* out, std::uint64_t offset, std::size_t bytes) const noexcept;

 private:
  std::string path_;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

/// Reads a file from its start in blocks; what the callbacks of the image libraries use. Never throws.
class ByteStream {
 public:
  explicit ByteStream(const InputFile& file) : file_(file) {}

  /// The next block, empty at the end; replaces the one before.
  [[nodiscard]] std::pair<const unsigned char*, std::size_t> next_block() noexcept;
  /// Copies the next `bytes` bytes; returns how many there were.
  [[nodiscard]] std::size_t read(unsigned char* out, std::size_t bytes) noexcept;

 private:
  const InputFile& file_;
  std::uint64_t offset_ = 0;
  std::size_t begin_ = 0, end_ = 0;
  std::array<unsigned char, 16384> block_;
};

}  // namespace selfsame
