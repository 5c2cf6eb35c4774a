// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mri/files/input_file.hpp"

namespace selfsame {

/// CRC-32 of zip, PNG and gzip (polynomial 0xEDB88320).
[[nodiscard]] std::uint32_t crc32_of(std::span<const std::byte> bytes);

/// A zip archive whose entries are stored without compression, as torch.save writes them; zip64 too.
///
/// Rules: one disk; a directory of at most 64 MiB and 262,144 entries, within the file; names are unique.
/// Memory is bounded by the size of the file; an entry is read on request and its CRC-32 compared.
class ZipFile {
 public:
  struct Entry {
    std::uint64_t size = 0, header = 0;  ///< bytes; place of its local header
    std::uint32_t crc = 0;
    std::uint16_t method = 0, flags = 0;
    std::uint64_t packed = 0;  ///< bytes in the file
  };

  /// Errors: Error(kData) with the path and what is wrong.
  explicit ZipFile(const InputFile& file);

  /// By name, for iteration.
  [[nodiscard]] const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }
  /// Errors: Error(kData) if the entry is absent, compressed, encrypted, damaged, or larger than `limit`.
  [[nodiscard]] std::vector<std::byte> read(std::string_view name, std::uint64_t limit) const;

  /// Whether these are the first bytes of a zip archive.
  [[nodiscard]] static bool is_zip(std::span<const std::byte> first);

 private:
  [[noreturn]] void refuse(const std::string& why) const;
  void read_directory(std::uint64_t offset, std::uint64_t bytes, std::uint64_t count);

  const InputFile& file_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace selfsame
