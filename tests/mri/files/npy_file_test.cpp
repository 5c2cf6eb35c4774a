// SPDX-License-Identifier: Apache-2.0
#include "mri/files/npy_file.hpp"

#include <gtest/gtest.h>

#include <complex>
#include <cstring>
#include <numeric>

#include "tests/support/image_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

std::vector<float> floats_of(const NpyFile& file, PixelScale scale) {
  std::vector<float> values(static_cast<std::size_t>(file.header().elements));
  file.read_floats(values, 0, file.header().elements, scale);
  return values;
}

TEST(NpyFile, ReadsEveryRealTypeInBothByteOrders) {
  for (const char* name : {"u1", "le_u2", "be_u2", "le_u4", "le_u8", "i1", "le_i2", "be_i4", "le_i8", "le_f2",
                           "le_f4", "be_f4", "le_f8", "be_f8"}) {
    const NpyFile file(image_fixture(std::string(name) + ".npy"));
    EXPECT_EQ(file.header().shape, (std::vector<std::int64_t>{2, 3, 4}));
    const std::vector<float> values = floats_of(file, PixelScale::kRaw);
    for (std::size_t i = 0; i < 24; ++i) {
      EXPECT_EQ(values[i], static_cast<float>(i)) << name;
    }
  }
  EXPECT_EQ(floats_of(NpyFile(image_fixture("b1.npy")), PixelScale::kUnit)[23], 1.0f);
  EXPECT_EQ(floats_of(NpyFile(image_fixture("version2.npy")), PixelScale::kRaw)[5], 5.0f);
}

TEST(NpyFile, UnitScaleDividesIntegersByTheLargestOfTheirType) {
  const auto last = [](const char* name) {
    return floats_of(NpyFile(image_fixture(name)), PixelScale::kUnit)[23];
  };
  EXPECT_EQ(last("u1.npy"), 23.0f / 255.0f);
  EXPECT_EQ(last("le_u2.npy"), 23.0f / 65535.0f);
  EXPECT_EQ(last("le_u4.npy"), static_cast<float>(23.0 / 4294967295.0));
  EXPECT_EQ(last("i1.npy"), 23.0f / 127.0f);
  EXPECT_EQ(last("be_i4.npy"), static_cast<float>(23.0 / 2147483647.0));
  EXPECT_EQ(last("le_f8.npy"), 23.0f);
}

TEST(NpyFile, ReadsComplexRawAndRefusesItAsReal) {
  const NpyFile file(image_fixture("le_c8.npy"));
  EXPECT_EQ(file.header().type, NpyType::kC8);
  std::vector<std::complex<float>> values(3);
  file.read_raw(std::as_writable_bytes(std::span(values)), 5, 3);
  EXPECT_EQ(values[2], (std::complex<float>{7.0f, 0.0f}));
  std::vector<float> out(1);
  EXPECT_TRUE(
      contains(message_of(ErrorKind::kData, [&] { file.read_floats(out, 0, 1, PixelScale::kRaw); }), "c8"));
}

TEST(NpyFile, HalvesIncludeSubnormalsAndInfinities) {
  const TemporaryFolder folder;
  const std::string path = folder / "x.npy";
  const std::uint16_t words[6] = {0x0001, 0x03FF, 0x0400, 0xFBFF, 0x7C00, 0x8000};
  NpyWriter writer(path, NpyType::kF2, std::vector<std::int64_t>{6});
  writer.append(std::as_bytes(std::span(words)));
  writer.commit();
  const std::vector<float> values = floats_of(NpyFile(path), PixelScale::kRaw);
  EXPECT_EQ(values[0], 0x1p-24f);
  EXPECT_EQ(values[1], 1023 * 0x1p-24f);
  EXPECT_EQ(values[2], 0x1p-14f);
  EXPECT_EQ(values[3], -65504.0f);
  EXPECT_EQ(values[4], INFINITY);
  EXPECT_TRUE(values[5] == 0.0f && std::signbit(values[5]));
}

TEST(NpyFile, FortranOrderIsReadAsCOrderWholeAndInParts) {
  const NpyFile file(image_fixture("fortran.npy"));
  ASSERT_TRUE(file.header().fortran_order);
  for (std::int64_t first = 0; first < 24; ++first) {
    for (std::int64_t count = 0; count <= 24 - first; ++count) {
      std::vector<float> values(static_cast<std::size_t>(count));
      file.read_floats(values, first, count, PixelScale::kRaw);
      for (std::int64_t i = 0; i < count; ++i) {
        ASSERT_EQ(values[static_cast<std::size_t>(i)], static_cast<float>(first + i));
      }
    }
  }
}

TEST(NpyFile, WritesTheBytesOfNumpySave) {
  const TemporaryFolder folder;
  const std::string path = folder / "x.npy";
  std::vector<float> values(6);
  std::iota(values.begin(), values.end(), 0.0f);
  write_npy<float>(path, values, std::vector<std::int64_t>{2, 3});
  EXPECT_EQ(read_bytes(path), read_bytes(image_fixture("written.npy")));
}

TEST(NpyFile, WritesAndReadsRawValuesOfEveryWrittenType) {
  const TemporaryFolder folder;
  const std::string path = folder / "x.npy";
  const std::vector<float> raw = {-3.5f, 1e30f, 0.25f, 7.0f};
  write_npy<float>(path, raw, std::vector<std::int64_t>{4});
  EXPECT_EQ(floats_of(NpyFile(path), PixelScale::kUnit), raw);
  write_npy<std::uint16_t>(path, std::vector<std::uint16_t>{0, 1, 65535}, std::vector<std::int64_t>{3});
  EXPECT_EQ(floats_of(NpyFile(path), PixelScale::kRaw), (std::vector<float>{0.0f, 1.0f, 65535.0f}));
  write_npy<std::uint8_t>(path, std::vector<std::uint8_t>{255}, std::vector<std::int64_t>{});
  EXPECT_EQ(floats_of(NpyFile(path), PixelScale::kUnit), (std::vector<float>{1.0f}));
  write_npy<std::complex<float>>(path, std::vector<std::complex<float>>{{1.0f, -2.0f}},
                                 std::vector<std::int64_t>{1});
  std::complex<float> value;
  NpyFile(path).read_raw(std::as_writable_bytes(std::span(&value, 1)), 0, 1);
  EXPECT_EQ(value, (std::complex<float>{1.0f, -2.0f}));
}

TEST(NpyFile, AnIncompleteArrayIsNotCommitted) {
  const TemporaryFolder folder;
  const std::string path = folder / "x.npy";
  {
    NpyWriter writer(path, NpyType::kU1, std::vector<std::int64_t>{2});
    writer.append(std::as_bytes(std::span("a", 1)));
    EXPECT_THROW(writer.commit(), Error);
    EXPECT_THROW(writer.append(std::as_bytes(std::span("bc", 2))), Error);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace selfsame
