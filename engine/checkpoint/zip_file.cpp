// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/zip_file.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50, kDirectoryEntry = 0x02014b50, kEnd = 0x06054b50;
constexpr std::uint32_t kEnd64 = 0x06064b50, kEnd64Locator = 0x07064b50;
constexpr std::size_t kLocalBytes = 30, kEntryBytes = 46, kEndBytes = 22, kEnd64Bytes = 56,
                      kLocatorBytes = 20;
constexpr std::size_t kMostComment = 65535;
constexpr std::uint64_t kMostDirectory = std::uint64_t{64} << 20, kMostEntries = 262144;
constexpr std::uint16_t kZip64Field = 1, kEncrypted = 1;

template <typename T>
T value_at(std::span<const std::byte> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));  // both are little-endian
  return value;
}

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

/// Table k: the effect of a byte that is followed by k more.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) {
      c = (c & 1) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
    }
    tables[0][i] = c;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t i = 0; i < 256; ++i) {
      tables[k][i] = tables[0][tables[k - 1][i] & 0xff] ^ (tables[k - 1][i] >> 8);
    }
  }
  return tables;
}
constexpr Tables kTables = make_tables();

}  // namespace

std::uint32_t crc32_of(std::span<const std::byte> bytes) {
  std::uint32_t c = 0xffffffffu;
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    const std::uint64_t v = value_at<std::uint64_t>(bytes, i) ^ c;
    c = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      c ^= kTables[7 - k][(v >> (8 * k)) & 0xff];
    }
  }
  for (; i < bytes.size(); ++i) {
    c = kTables[0][(c ^ static_cast<std::uint32_t>(bytes[i])) & 0xff] ^ (c >> 8);
  }
  return ~c;
}

bool ZipFile::is_zip(std::span<const std::byte> first) {
  return first.size() >= 4 &&
         (value_at<std::uint32_t>(first, 0) == kLocalHeader || value_at<std::uint32_t>(first, 0) == kEnd);
}

void ZipFile::refuse(const std::string& why) const {
  fail(ErrorKind::kData, "{}: damaged zip archive: {}", file_.path(), why);
}

ZipFile::ZipFile(const InputFile& file) : file_(file) {
  const std::size_t tail = static_cast<std::size_t>(
      std::min<std::uint64_t>(file.size(), kEndBytes + kMostComment + kLocatorBytes));
  std::vector<std::byte> bytes(tail);
  const std::uint64_t tail_at = file.size() - tail;
  file.read_at(bytes.data(), tail_at, tail);
  std::size_t end = tail;
  for (std::size_t at = tail < kEndBytes ? 0 : tail - kEndBytes + 1; at-- > 0;) {
    if (value_at<std::uint32_t>(bytes, at) == kEnd &&
        at + kEndBytes + value_at<std::uint16_t>(bytes, at + 20) == tail) {
      end = at;
      break;
    }
  }
  if (end == tail) {
    refuse("it has no end; the file may be cut off");
  }
  std::uint64_t count = value_at<std::uint16_t>(bytes, end + 10);
  std::uint64_t size = value_at<std::uint32_t>(bytes, end + 12);
  std::uint64_t offset = value_at<std::uint32_t>(bytes, end + 16);
  if (end >= kLocatorBytes && value_at<std::uint32_t>(bytes, end - kLocatorBytes) == kEnd64Locator) {
    const auto at = value_at<std::uint64_t>(bytes, end - kLocatorBytes + 8);
    std::array<std::byte, kEnd64Bytes> end64;
    if (file.size() < kEnd64Bytes || at > file.size() - kEnd64Bytes) {
      refuse("its zip64 end lies outside the file");
    }
    file.read_at(end64.data(), at, kEnd64Bytes);
    if (value_at<std::uint32_t>(end64, 0) != kEnd64) {
      refuse("its zip64 end is not where it should be");
    }
    count = value_at<std::uint64_t>(end64, 32);
    size = value_at<std::uint64_t>(end64, 40);
    offset = value_at<std::uint64_t>(end64, 48);
  }
  if (size > kMostDirectory || count > kMostEntries || size > file.size() || offset > file.size() - size) {
    refuse(fmt::format("a directory of {} entries and {} bytes at {} in a file of {}", count, size, offset,
                       file.size()));
  }
  read_directory(offset, size, count);
}

void ZipFile::read_directory(std::uint64_t offset, std::uint64_t size, std::uint64_t count) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  file_.read_at(bytes.data(), offset, bytes.size());
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (bytes.size() - at < kEntryBytes || value_at<std::uint32_t>(bytes, at) != kDirectoryEntry) {
      refuse(fmt::format("entry {} of its directory", i));
    }
    Entry e;
    e.flags = value_at<std::uint16_t>(bytes, at + 8);
    e.method = value_at<std::uint16_t>(bytes, at + 10);
    e.crc = value_at<std::uint32_t>(bytes, at + 16);
    e.packed = value_at<std::uint32_t>(bytes, at + 20);
    e.size = value_at<std::uint32_t>(bytes, at + 24);
    e.header = value_at<std::uint32_t>(bytes, at + 42);
    const std::size_t name = value_at<std::uint16_t>(bytes, at + 28);
    const std::size_t extra = value_at<std::uint16_t>(bytes, at + 30);
    const std::size_t comment = value_at<std::uint16_t>(bytes, at + 32);
    at += kEntryBytes;
    if (bytes.size() - at < name + extra + comment) {
      refuse(fmt::format("entry {} of its directory ends outside", i));
    }
    const std::string text(reinterpret_cast<const char*>(bytes.data()) + at, name);
    // What does not fit 32 bits stands, in this order, in an extra field.
    const std::size_t extra_end = at + name + extra;
    for (std::size_t f = at + name; extra_end - f >= 4;) {
      const std::size_t field = value_at<std::uint16_t>(bytes, f + 2);
      std::size_t from = f + 4;
      if (extra_end - from < field) {
        break;
      }
      const std::size_t field_end = from + field;
      if (value_at<std::uint16_t>(bytes, f) == kZip64Field) {
        for (std::uint64_t* value : {&e.size, &e.packed, &e.header}) {
          if (*value == 0xffffffffu && field_end - from >= 8) {
            *value = value_at<std::uint64_t>(bytes, from);
            from += 8;
          }
        }
      }
      f = field_end;
    }
    at = extra_end + comment;
    if (!entries_.emplace(text, e).second) {
      refuse(fmt::format("two entries '{}'", text));
    }
  }
}

std::vector<std::byte> ZipFile::read(std::string_view name, std::uint64_t limit) const {
  const auto it = entries_.find(name);
  if (it == entries_.end()) {
    refuse(fmt::format("it has no entry '{}'", name));
  }
  const Entry& e = it->second;
  if (e.method != 0 || e.packed != e.size || (e.flags & kEncrypted) != 0) {
    refuse(fmt::format("entry '{}' is compressed or encrypted", name));
  }
  std::array<std::byte, kLocalBytes> local;
  if (file_.size() < kLocalBytes || e.header > file_.size() - kLocalBytes) {
    refuse(fmt::format("entry '{}' lies outside", name));
  }
  file_.read_at(local.data(), e.header, kLocalBytes);
  const std::uint64_t from =
      e.header + kLocalBytes + value_at<std::uint16_t>(local, 26) + value_at<std::uint16_t>(local, 28);
  if (value_at<std::uint32_t>(local, 0) != kLocalHeader || from > file_.size() ||
      e.size > file_.size() - from) {
    refuse(fmt::format("entry '{}' lies outside", name));
  }
  if (e.size > limit) {
    refuse(fmt::format("entry '{}' has {} bytes, at most {}", name, e.size, limit));
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(e.size));
  file_.read_at(bytes.data(), from, bytes.size());
  if (crc32_of(bytes) != e.crc) {
    refuse(
        fmt::format("entry '{}' has CRC-32 {:08x}, its directory says {:08x}", name, crc32_of(bytes), e.crc));
  }
  return bytes;
}

}  // namespace selfsame
