// SPDX-License-Identifier: Apache-2.0
#include "mri/files/cfl_file.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "mri/files/kspace_parts.hpp"
#include "mri/files/npy_file.hpp"
#include "tests/support/kspace_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

std::string refusal(const std::string& header) {
  return message_of(ErrorKind::kData, [&] { (void)bart_kspace(parse_cfl_header(header)); });
}

BartDims dims(std::initializer_list<std::int64_t> first) {
  BartDims all;
  all.fill(1);
  std::copy(first.begin(), first.end(), all.begin());
  return all;
}

TEST(CflHeader, SectionsAreSkippedAndDimensionsRead) {
  EXPECT_EQ(parse_cfl_header("# Dimensions\n1 230 180 8 1 \n"), dims({1, 230, 180, 8}));
  EXPECT_EQ(parse_cfl_header(
                "# Command\nfft 3 a b\n# Dimensions\r\n6\t8 \r\n# Files\n >a <b\n# Creator\nBART v0.8.00\n"),
            dims({6, 8}));
  EXPECT_EQ(parse_cfl_header(cfl_header_text(dims({3, 1, 4}))), dims({3, 1, 4}));
}

TEST(CflHeader, EverythingElseIsRefused) {
  for (const char* text :
       {"", "# Dimension\n3 4\n", "# Dimensions\n", "# Dimensions", "# Dimensions\n\n3 4\n",
        "# Dimensions\n3 x\n", "# Dimensions\n3 4x\n", "# Dimensions\n3 -4\n", "# Dimensions\n3 0\n",
        "# Dimensions\n3.5 4\n", "# Dimensions\n1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
        "# Dimensions\n9223372036854775808\n", "# Dimensions\n9223372036854775807 3\n",
        "# Dimensions\n4294967296 4294967296\n", "# Dimensions\n1152921504606846976\n",
        "# Dimensions\n3 4\n# Dimensions\n3 4\n",
        "# Dimensions\n10\n# SizesDimensions\n2 2\n# MultiDimensions\n3 2\n"}) {
    EXPECT_FALSE(refusal(text).empty()) << text;
  }
}

TEST(CflHeader, AxesAreReadoutAndPhase) {
  const BartKSpace slice_of_3d = bart_kspace(dims({1, 230, 180, 8}));
  EXPECT_EQ(slice_of_3d.h, 230);
  EXPECT_EQ(slice_of_3d.w, 180);
  EXPECT_EQ(slice_of_3d.coils, 8);
  EXPECT_EQ(slice_of_3d.h_stride, 1);
  EXPECT_EQ(slice_of_3d.w_stride, 230);
  const BartKSpace plane = bart_kspace(dims({6, 8, 1, 2}));
  EXPECT_EQ(plane.h, 6);
  EXPECT_EQ(plane.w, 8);
  EXPECT_EQ(plane.coil_stride, 48);
  EXPECT_EQ(bart_kspace(dims({6, 1, 8})).w, 8);
  EXPECT_EQ(bart_kspace(dims({6, 1, 8})).h, 6);
  const BartKSpace row = bart_kspace(dims({1, 7}));
  EXPECT_EQ(row.h, 1);
  EXPECT_EQ(row.w, 7);
  BartDims batch = bart_dims(3, 2, 6, 8);
  EXPECT_EQ(bart_kspace(batch).slices, 3);
  EXPECT_EQ(bart_kspace(batch).slice_stride, 96);
  std::swap(batch[kBartSlice], batch[15]);
  EXPECT_EQ(bart_kspace(batch).slices, 3);
}

TEST(CflHeader, OtherDimensionsAreRefusedByNumber) {
  EXPECT_TRUE(contains(refusal("# Dimensions\n4 5 6 2\n"), "3-D"));
  EXPECT_TRUE(contains(refusal("# Dimensions\n4 5 1 2 3\n"), "dimension 4 is 3"));
  EXPECT_TRUE(contains(refusal("# Dimensions\n4 5 1 2 1 1 1 1 1 1 2 1 1 3\n"), "dimension"));
}

TEST(CflFile, PairOfBartIsReadByEveryOfItsNames) {
  const NpyFile expected(kspace_fixture("slices.npy").string());
  std::vector<std::complex<float>> values(2 * 2 * 6 * 8);
  expected.read_raw(std::as_writable_bytes(std::span(values)), 0, 192);
  values.resize(96);
  for (const char* name : {"phantom.cfl", "phantom.hdr", "phantom"}) {
    const auto file = open_kspace(kspace_fixture(name));
    EXPECT_EQ(file->path().filename(), "phantom.cfl");
    EXPECT_EQ(file->header().slices, 1);
    EXPECT_EQ(file->header().coils, 2);
    EXPECT_EQ(file->header().h, 6);
    EXPECT_EQ(file->header().w, 8);
    EXPECT_EQ(file->header().padding_right, 8);
    EXPECT_EQ(file->slice(0), values);
    EXPECT_FALSE(message_of(ErrorKind::kData, [&] { (void)file->reference_slice(0); }).empty());
  }
}

TEST(CflFile, RealPairIsTheArray) {
  if (!std::filesystem::exists(real_kspace("brain8_full.cfl"))) {
    GTEST_SKIP() << real_kspace("brain8_full.cfl") << " is absent";
  }
  EXPECT_EQ(open_kspace(real_kspace("brain8_full.cfl"))->slice(0),
            open_kspace(real_kspace("brain8_full_kspace.npy"))->slice(0));
}

TEST(CflFile, WrittenPairsComeBack) {
  const TemporaryFolder folder;
  CflWriter writer(folder / "a.cfl", 3, 2, 4, 5);
  for (std::int64_t s = 0; s < 3; ++s) {
    std::vector<std::complex<float>> slice;
    for (std::int64_t i = 0; i < 40; ++i) {
      slice.push_back(stored_sample(s, i / 20, i / 5 % 4, i % 5));
    }
    writer.append(slice);
  }
  writer.commit();
  EXPECT_EQ(read_bytes((folder / "a.hdr").string()).size(),
            std::string("# Dimensions\n4 5 1 2 1 1 1 1 1 1 1 1 1 3 1 1 \n").size());
  const auto file = open_kspace(folder / "a");
  EXPECT_EQ(file->header().slices, 3);
  expect_stored_samples(*file);
  // Readout is the fastest in the file.
  const Bytes bytes = read_bytes((folder / "a.cfl").string());
  std::complex<float> second;
  std::memcpy(static_cast<void*>(&second), bytes.data() + 8, 8);
  EXPECT_EQ(second, stored_sample(0, 0, 1, 0));
  CflWriter unfinished(folder / "b", 2, 1, 1, 1);
  unfinished.append(std::vector<std::complex<float>>(1));
  EXPECT_FALSE(message_of(ErrorKind::kInternal, [&] { unfinished.commit(); }).empty());
  EXPECT_FALSE(std::filesystem::exists(folder / "b.hdr"));
}

TEST(CflFile, LengthMustBeThatOfTheHeader) {
  const TemporaryFolder folder;
  const std::string data = (folder / "a.cfl").string();
  write_bytes((folder / "a.hdr").string(), read_bytes(kspace_fixture("phantom.hdr").string()));
  Bytes bytes = read_bytes(kspace_fixture("phantom.cfl").string());
  write_bytes(data, bytes);
  const auto file = open_kspace(data);
  bytes.push_back(0);
  write_bytes(data, bytes);
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)open_kspace(data); }), "769 bytes"));
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)file->slice(0); }), data))
      << "also after opening";
  std::filesystem::remove(data);
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)open_kspace(data); }), data));
}

TEST(CflFile, DamagedHeadersAreReadOrRefusedByName) {
  const TemporaryFolder folder;
  const std::string header = (folder / "a.hdr").string();
  write_bytes((folder / "a.cfl").string(), read_bytes(kspace_fixture("phantom.cfl").string()));
  const Bytes good = read_bytes(kspace_fixture("phantom.hdr").string());
  std::mt19937 random(3);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    Bytes bytes = damaged(good, random);
    if (i % 2 == 0 && bytes.size() > 40) {
      bytes[13 + random() % 32] = static_cast<std::uint8_t>("0123456789 \n-"[random() % 13]);
    }
    write_bytes(header, bytes);
    const std::string message = message_of(ErrorKind::kData, [&] { (void)open_kspace(header)->slice(0); });
    refused += !message.empty();
    EXPECT_TRUE(message.empty() || contains(message, (folder / "a").string())) << message;
  }
  EXPECT_GT(refused, 500);
  EXPECT_LT(refused, 2900);
}

}  // namespace
}  // namespace selfsame
