// SPDX-License-Identifier: Apache-2.0
#include "mri/files/ra_file.hpp"

#include <gtest/gtest.h>

#include "tests/support/kspace_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

class RaFileTest : public testing::Test {
 protected:
  /// The refusal of the fixture with one of its 64-bit words changed.
  std::string refusal(std::size_t word, std::uint64_t value) {
    Bytes bytes = read_bytes(kspace_fixture("slices.ra").string());
    std::memcpy(bytes.data() + 8 * word, &value, 8);
    write_bytes(path_, bytes);
    const std::string message = message_of(ErrorKind::kData, [&] { (void)read_ra_header(InputFile(path_)); });
    EXPECT_TRUE(message.empty() || contains(message, path_)) << message;
    return message;
  }
  TemporaryFolder folder_;
  std::string path_ = folder_ / "a.ra";
};

TEST_F(RaFileTest, FileOfBartIsTheArray) {
  const auto file = open_kspace(kspace_fixture("slices.ra")),
             array = open_kspace(kspace_fixture("slices.npy"));
  EXPECT_EQ(file->header().slices, 2);
  EXPECT_EQ(file->header().coils, 2);
  EXPECT_EQ(file->header().h, 6);
  EXPECT_EQ(file->header().w, 8);
  for (std::int64_t s = 0; s < 2; ++s) {
    EXPECT_EQ(file->slice(s), array->slice(s));
  }
  EXPECT_FALSE(message_of(ErrorKind::kData, [&] { (void)file->slice(-1); }).empty());
}

TEST_F(RaFileTest, WrittenFilesAreTheBytesOfBart) {
  const auto array = open_kspace(kspace_fixture("slices.npy"));
  RaWriter writer(path_, 2, 2, 6, 8);
  writer.append(array->slice(0));
  EXPECT_FALSE(message_of(ErrorKind::kInternal, [&] { writer.commit(); }).empty());
  writer.append(array->slice(1));
  writer.commit();
  EXPECT_EQ(read_bytes(path_), read_bytes(kspace_fixture("slices.ra").string()));
}

TEST_F(RaFileTest, DoublesAreRounded) {
  Bytes bytes = read_bytes(kspace_fixture("slices.ra").string());
  const auto file = open_kspace(kspace_fixture("slices.ra"));
  const std::uint64_t sizes[2] = {16, 192 * 16};
  std::memcpy(bytes.data() + 24, sizes, 16);
  const std::size_t data = 6 * 8 + 16 * 8;
  Bytes wide(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(data));
  for (std::size_t at = data; at < bytes.size(); at += 4) {
    float value = 0;
    std::memcpy(&value, bytes.data() + at, 4);
    const double doubled = value;
    wide.resize(wide.size() + 8);
    std::memcpy(wide.data() + wide.size() - 8, &doubled, 8);
  }
  write_bytes(path_, wide);
  EXPECT_EQ(open_kspace(path_)->slice(1), file->slice(1));
}

TEST_F(RaFileTest, WrongFieldsAreRefused) {
  EXPECT_EQ(refusal(0, kRaMagic), "") << "nothing changed";
  constexpr std::uint64_t kHuge = std::uint64_t{1} << 62;
  for (const auto& [word, value] : std::vector<std::pair<std::size_t, std::uint64_t>>{{0, 1},
                                                                                      {1, 1},
                                                                                      {2, 3},
                                                                                      {2, kHuge},
                                                                                      {3, 4},
                                                                                      {3, 0},
                                                                                      {4, 0},
                                                                                      {4, kHuge},
                                                                                      {5, 0},
                                                                                      {5, 17},
                                                                                      {5, kHuge},
                                                                                      {5, 15},
                                                                                      {6, 0},
                                                                                      {6, 7},
                                                                                      {6, kHuge},
                                                                                      {7, ~std::uint64_t{0}},
                                                                                      {21, 2},
                                                                                      {19, 3},
                                                                                      {19, kHuge}}) {
    EXPECT_FALSE(refusal(word, value).empty()) << "word " << word << " = " << value;
  }
}

TEST_F(RaFileTest, DamagedFilesAreReadOrRefusedByName) {
  Bytes head = read_bytes(kspace_fixture("slices.ra").string());
  const DamageCounts all = read_damaged_files(head, path_, 2000, 4);
  EXPECT_GT(all.read, 0);
  EXPECT_GT(all.refused, 0);
}

}  // namespace
}  // namespace selfsame
