// SPDX-License-Identifier: Apache-2.0
#include "mri/files/input_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>

#include "tests/support/image_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

TEST(InputFile, RefusesWhatIsNotAFileAndNamesIt) {
  const TemporaryFolder folder;
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& path : {(folder / "absent").string(), folder.path().string(), pipe}) {
    EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { InputFile file(path); }), path)) << path;
  }
}

TEST(InputFile, ReadsAnyPlaceAndRefusesToReadPastTheEnd) {
  const TemporaryFolder folder;
  const std::string path = folder / "x";
  write_bytes(path, {1, 2, 3, 4, 5});
  const InputFile file(path);
  EXPECT_EQ(file.size(), 5u);
  std::uint8_t out[4] = {};
  file.read_at(out, 2, 3);
  EXPECT_EQ(out[2], 5);
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { file.read_at(out, 2, 4); }), path));
}

TEST(InputFile, StreamGivesTheBytesInOrderAcrossBlocks) {
  const TemporaryFolder folder;
  const std::string path = folder / "x";
  Bytes bytes(50000);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * i >> 3);
  }
  write_bytes(path, bytes);
  const InputFile file(path);
  ByteStream stream(file);
  Bytes got(60000);
  std::size_t done = 0;
  for (std::size_t step = 1; done < bytes.size(); step = step * 3 + 1) {
    const std::size_t wanted = std::min(step, got.size() - done), n = stream.read(got.data() + done, wanted);
    done += n;
    ASSERT_TRUE(n == wanted || done == bytes.size());
  }
  got.resize(done);
  EXPECT_EQ(got, bytes);
  EXPECT_EQ(stream.read(got.data(), 1), 0u);
}

}  // namespace
}  // namespace selfsame
