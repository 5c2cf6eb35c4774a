// SPDX-License-Identifier: Apache-2.0
#include "mri/files/atomic_write.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/image_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

const Bytes kNew = {7, 8, 9};

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(AtomicWriter, ReplacesTheFileOnlyAtCommit) {
  const TemporaryFolder folder;
  const std::string path = folder / "x";
  write_bytes(path, {1, 2});
  {
    AtomicWriter writer(path);
    writer.write(std::as_bytes(std::span(kNew)));
    EXPECT_EQ(read_bytes(path), (Bytes{1, 2}));
    writer.commit();
    EXPECT_EQ(read_bytes(path), kNew);
  }
  EXPECT_EQ(read_bytes(path), kNew);
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(AtomicWriter, LeavesTheOldFileAndNothingElseWithoutCommit) {
  const TemporaryFolder folder;
  const std::string path = folder / "x";
  write_bytes(path, {1, 2});
  { AtomicWriter(path).write(std::as_bytes(std::span(kNew))); }
  EXPECT_EQ(read_bytes(path), (Bytes{1, 2}));
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(AtomicWriter, NamesThePathItCannotWrite) {
  const TemporaryFolder folder;
  const std::string path = folder / "absent/x";
  EXPECT_TRUE(contains(message_of(ErrorKind::kIo, [&] { write_bytes_atomically(path, {}); }), path));
}

TEST(AtomicWriter, FileHasOrdinaryPermissions) {
  const TemporaryFolder folder;
  write_bytes(folder / "plain", {1});
  write_bytes_atomically(folder / "atomic", {});
  EXPECT_EQ(std::filesystem::status(folder / "plain").permissions(),
            std::filesystem::status(folder / "atomic").permissions());
}

}  // namespace
}  // namespace selfsame
