// SPDX-License-Identifier: Apache-2.0
#include "mri/files/nifti_file.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/image_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

template <typename T>
T field(const Bytes& bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// Offsets are those of the table in nifti1.h.
TEST(Nifti, HeaderAndValuesStandWhereTheFormatWantsThem) {
  const TemporaryFolder folder;
  const std::vector<float> values{0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                  12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, -23};
  write_nifti(folder / "a.nii", values, 2, 3, 4, {0.5f, 0.75f, 3});
  const Bytes bytes = read_bytes(folder / "a.nii");
  ASSERT_EQ(bytes.size(), 352u + 96u);
  EXPECT_EQ(field<std::int32_t>(bytes, 0), 348);
  const std::int16_t dims[4] = {3, 4, 3, 2};
  EXPECT_EQ(std::memcmp(bytes.data() + 40, dims, sizeof dims), 0);
  EXPECT_EQ(field<std::int16_t>(bytes, 70), 16);
  EXPECT_EQ(field<std::int16_t>(bytes, 72), 32);
  EXPECT_EQ(field<float>(bytes, 80), 0.5f);
  EXPECT_EQ(field<float>(bytes, 84), 0.75f);
  EXPECT_EQ(field<float>(bytes, 88), 3.0f);
  EXPECT_EQ(field<float>(bytes, 108), 352.0f);
  EXPECT_EQ(field<float>(bytes, 112), 1.0f);
  EXPECT_EQ(bytes[123], 2);
  EXPECT_EQ(field<std::int16_t>(bytes, 252), 0);
  EXPECT_EQ(field<std::int16_t>(bytes, 254), 1);
  EXPECT_EQ(field<float>(bytes, 280), 0.5f);
  EXPECT_EQ(field<float>(bytes, 300), 0.75f);
  EXPECT_EQ(field<float>(bytes, 320), 3.0f);
  EXPECT_EQ(std::memcmp(bytes.data() + 344, "n+1\0\0\0\0\0", 8), 0);
  EXPECT_EQ(std::memcmp(bytes.data() + 352, values.data(), 96), 0);
}

TEST(Nifti, SizesAreChecked) {
  const TemporaryFolder folder;
  const auto refused = [&](std::int64_t s, std::int64_t h, std::int64_t w) {
    const std::vector<float> values(6);
    return !message_of(ErrorKind::kInternal, [&] { write_nifti(folder / "a.nii", values, s, h, w); }).empty();
  };
  EXPECT_FALSE(refused(1, 2, 3));
  EXPECT_TRUE(refused(1, 2, 4));
  EXPECT_TRUE(refused(0, 2, 3));
  EXPECT_TRUE(refused(1, -2, -3));
  EXPECT_TRUE(refused(1, 1, 32768));
  EXPECT_FALSE(message_of(ErrorKind::kIo, [&] {
                 write_nifti(folder / "no/a.nii", std::vector<float>(1), 1, 1, 1);
               }).empty());
}

}  // namespace
}  // namespace selfsame
