// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/zip_file.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "kernels/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

template <typename T>
void append(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// What may be wrong with an archive of one entry.
struct Form {
  bool zip64 = false;
  std::uint16_t method = 0, flags = 0;
  std::uint32_t crc_change = 0;
  std::uint64_t size_change = 0;
  bool twice = false;
};

std::string archive(const std::string& name, const std::string& data, const Form& form) {
  const std::uint32_t crc = crc32_of(std::as_bytes(std::span(data.data(), data.size()))) ^ form.crc_change;
  const std::uint64_t size = data.size() + form.size_change;
  std::string z = "before";  // an archive may begin anywhere
  const std::uint64_t header = z.size();
  append(z, std::uint32_t{0x04034b50});
  z.append(22, '\0');
  append(z, static_cast<std::uint16_t>(name.size()));
  append(z, std::uint16_t{3});
  z += name + "pad" + data;
  const std::uint64_t directory = z.size();
  const int entries = form.twice ? 2 : 1;
  for (int i = 0; i < entries; ++i) {
    append(z, std::uint32_t{0x02014b50});
    z.append(4, '\0');
    append(z, form.flags);
    append(z, form.method);
    z.append(4, '\0');
    append(z, crc);
    const auto small = form.zip64 ? 0xffffffffu : static_cast<std::uint32_t>(size);
    append(z, small);
    append(z, small);
    append(z, static_cast<std::uint16_t>(name.size()));
    append(z, static_cast<std::uint16_t>(form.zip64 ? 28 : 0));
    z.append(10, '\0');
    append(z, form.zip64 ? 0xffffffffu : static_cast<std::uint32_t>(header));
    z += name;
    if (form.zip64) {
      append(z, std::uint16_t{1});
      append(z, std::uint16_t{24});
      append(z, size);
      append(z, size);
      append(z, header);
    }
  }
  const std::uint64_t directory_bytes = z.size() - directory;
  if (form.zip64) {
    const std::uint64_t end64 = z.size();
    append(z, std::uint32_t{0x06064b50});
    z.append(28, '\0');
    append(z, static_cast<std::uint64_t>(entries));
    append(z, directory_bytes);
    append(z, directory);
    append(z, std::uint32_t{0x07064b50});
    append(z, std::uint32_t{0});
    append(z, end64);
    append(z, std::uint32_t{1});
  }
  append(z, std::uint32_t{0x06054b50});
  z.append(6, '\0');
  append(z, static_cast<std::uint16_t>(form.zip64 ? 0xffff : entries));
  append(z, form.zip64 ? 0xffffffffu : static_cast<std::uint32_t>(directory_bytes));
  append(z, form.zip64 ? 0xffffffffu : static_cast<std::uint32_t>(directory));
  append(z, std::uint16_t{4});
  return z + "note";
}

/// The entry "a/b" of the archive, or what the reader says.
std::string entry_of(const std::string& bytes) {
  const TemporaryFolder folder;
  const std::string path = (folder / "z").string();
  std::ofstream(path, std::ios::binary) << bytes;
  try {
    const InputFile file(path);
    const ZipFile zip(file);
    const std::vector<std::byte> read = zip.read("a/b", 1000);
    return {reinterpret_cast<const char*>(read.data()), read.size()};
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kData);
    EXPECT_NE(std::string(e.what()).find(path), std::string::npos) << e.what();
    return std::string("error: ") + e.what();
  }
}

TEST(ZipFile, ReadsStoredEntries) {
  EXPECT_EQ(entry_of(archive("a/b", "some bytes", {})), "some bytes");
  EXPECT_EQ(entry_of(archive("a/b", "", {})), "");
  EXPECT_EQ(entry_of(archive("a/b", "of zip64", {.zip64 = true})), "of zip64");
}

TEST(ZipFile, RefusesTheRest) {
  const auto expect = [](const Form& form, const char* word) {
    const std::string said = entry_of(archive("a/b", "some bytes", form));
    EXPECT_NE(said.find(word), std::string::npos) << said;
  };
  expect({.method = 8}, "compressed");
  expect({.flags = 1}, "encrypted");
  expect({.crc_change = 1}, "CRC-32");
  expect({.size_change = 1000000}, "outside");
  expect({.zip64 = true, .size_change = ~std::uint64_t{0} - 20}, "outside");
  expect({.twice = true}, "two entries");
  EXPECT_NE(entry_of(archive("a/b", std::string(1001, 'x'), {})).find("at most 1000"), std::string::npos);
  EXPECT_NE(entry_of(archive("a/c", "x", {})).find("no entry"), std::string::npos);
  EXPECT_NE(entry_of("PK").find("no end"), std::string::npos);
}

TEST(ZipFile, ChecksumsAreThoseOfTheStandard) {
  const std::string_view digits = "123456789";
  EXPECT_EQ(crc32_of(std::as_bytes(std::span(digits.data(), digits.size()))), 0xcbf43926u);
  EXPECT_EQ(crc32_of({}), 0u);
}

}  // namespace
}  // namespace selfsame
