// SPDX-License-Identifier: Apache-2.0
#include "mri/files/kspace_file.hpp"

#include <gtest/gtest.h>

#include "mri/files/hdf5/h5_file.hpp"
#include "mri/files/kspace_parts.hpp"
#include "mri/files/npy_file.hpp"
#include "mri/metrics/center_crop.hpp"
#include "tests/support/kspace_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

class KSpaceFileTest : public testing::Test {
 protected:
  void put_array(const std::string& name, const std::vector<std::int64_t>& shape) {
    std::vector<std::complex<float>> values;
    const std::int64_t w = shape.back(), h = shape[shape.size() - 2], coils = shape[shape.size() - 3];
    const std::int64_t slices = shape.size() == 4 ? shape[0] : 1;
    for (std::int64_t i = 0; i < slices * coils * h * w; ++i) {
      values.push_back(stored_sample(i / (coils * h * w), i / (h * w) % coils, i / w % h, i % w));
    }
    write_npy<std::complex<float>>(folder_ / name, values, shape);
  }
  std::string refusal(const std::string& name) {
    const std::string message = message_of(ErrorKind::kData, [&] { (void)open_kspace(folder_ / name); });
    EXPECT_TRUE(contains(message, (folder_ / name).string())) << message;
    return message;
  }
  TemporaryFolder folder_;
};

TEST_F(KSpaceFileTest, ArraysOfThreeAndFourDimensions) {
  put_array("one.npy", {3, 4, 5});
  put_array("many.npy", {2, 3, 4, 5});
  const auto one = open_kspace(folder_ / "one.npy"), many = open_kspace(folder_ / "many.npy");
  EXPECT_EQ(one->header().slices, 1);
  EXPECT_EQ(many->header().slices, 2);
  EXPECT_EQ(many->header().coils, 3);
  EXPECT_EQ(many->header().padding_right, 5);
  expect_stored_samples(*one);
  expect_stored_samples(*many);
  EXPECT_FALSE(message_of(ErrorKind::kData, [&] { (void)one->slice(1); }).empty());
  EXPECT_FALSE(message_of(ErrorKind::kData, [&] { (void)one->reference_slice(0); }).empty());
}

TEST_F(KSpaceFileTest, ContentDecidesBeforeTheEnding) {
  put_array("array.h5", {3, 4, 5});
  expect_stored_samples(*open_kspace(folder_ / "array.h5"));
  fs::copy(kspace_fixture("slices.ra"), folder_ / "raw.npy");
  EXPECT_EQ(open_kspace(folder_ / "raw.npy")->header().slices, 2);
  if (!h5_helper_program().empty()) {
    fs::copy(kspace_fixture("single.h5"), folder_ / "hierarchy.dat");
    EXPECT_EQ(open_kspace(folder_ / "hierarchy.dat")->header().slices, 3);
  }
}

TEST_F(KSpaceFileTest, OtherFilesAreRefusedByName) {
  write_npy<float>(folder_ / "real.npy", std::vector<float>(60), std::vector<std::int64_t>{3, 4, 5});
  EXPECT_TRUE(contains(refusal("real.npy"), "f4 of shape (3, 4, 5)"));
  write_npy<std::complex<float>>(folder_ / "flat.npy", std::vector<std::complex<float>>(20),
                                 std::vector<std::int64_t>{4, 5});
  EXPECT_TRUE(contains(refusal("flat.npy"), "(4, 5)"));
  write_npy<std::complex<float>>(folder_ / "none.npy", {}, std::vector<std::int64_t>{2, 0, 5});
  (void)refusal("none.npy");
  write_bytes(folder_ / "empty.h5", {});
  EXPECT_TRUE(contains(refusal("empty.h5"), "is empty"));
  write_bytes(folder_ / "text.h5", Bytes(3000, 'x'));
  EXPECT_TRUE(contains(refusal("text.h5"), "unreadable HDF5"));
  write_bytes(folder_ / "text.npy", Bytes(30, 'x'));
  (void)refusal("text.npy");
  write_bytes(folder_ / "text.txt", Bytes(30, 'x'));
  EXPECT_TRUE(contains(refusal("text.txt"), "is no k-space file"));
  (void)refusal("absent.h5");
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)open_kspace(folder_ / "absent.cfl"); }),
                       (folder_ / "absent.hdr").string()));
}

TEST_F(KSpaceFileTest, AFileThatShrinksIsAnErrorOfTheSlice) {
  put_array("a.npy", {2, 3, 4, 5});
  const auto file = open_kspace(folder_ / "a.npy");
  put_array("a.npy", {1, 3, 4, 5});
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)file->slice(1); }), "a.npy: slice 1"));
}

TEST_F(KSpaceFileTest, DamagedArraysAreReadOrRefusedByName) {
  const DamageCounts counts =
      read_damaged_files(read_bytes(kspace_fixture("slices.npy").string()), folder_ / "a.npy", 2000, 5);
  EXPECT_GT(counts.read, 0);
  EXPECT_GT(counts.refused, 0);
}

TEST_F(KSpaceFileTest, PathsAreInTheOrderOfTheirBytes) {
  for (const char* name :
       {"b.h5", "a.npy", "B.hdf5", "c.cfl", "c.hdr", "d.ra", ".hidden.h5", "note.txt", "a10.h5", "a9.h5"}) {
    write_bytes(folder_ / name, {});
  }
  fs::create_directory(folder_ / "folder.h5");
  std::vector<std::string> names;
  for (const fs::path& path : kspace_paths(folder_.path())) {
    names.push_back(path.filename().string());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"B.hdf5", "a.npy", "a10.h5", "a9.h5", "b.h5", "c.cfl", "d.ra"}));
  EXPECT_EQ(kspace_paths(folder_ / "b.h5"), std::vector<fs::path>{folder_ / "b.h5"});
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)kspace_paths(folder_ / "folder.h5"); }),
                       "folder.h5"));
}

TEST(KSpaceParts, CropsBeginAtHalfTheDifference) {
  std::vector<float> image(35);
  for (std::size_t i = 0; i < 35; ++i) {
    image[i] = static_cast<float>(i);
  }
  EXPECT_EQ(crop_planes<float>(image, 5, 7, center_window(5, 7, 2, 4)),
            (std::vector<float>{8, 9, 10, 11, 15, 16, 17, 18}));
  EXPECT_EQ(crop_planes<float>(image, 5, 7, center_window(5, 7, 5, 7)), image);
  EXPECT_FALSE(message_of(ErrorKind::kData, [&] { (void)center_window(5, 7, 6, 7); }).empty());
}

TEST(KSpaceParts, SizesAreLimited) {
  const auto refused = [](std::int64_t s, std::int64_t c, std::int64_t h, std::int64_t w) {
    return contains(message_of(ErrorKind::kData, [&] { check_kspace_sizes("a.h5", s, c, h, w); }), "a.h5");
  };
  EXPECT_FALSE(refused(1, 1, 65535, 1));
  EXPECT_FALSE(refused(1000, 512, 2048, 2048));
  EXPECT_TRUE(refused(0, 1, 1, 1));
  EXPECT_TRUE(refused(1, 1, 65536, 1));
  EXPECT_TRUE(refused(1, std::int64_t{1} << 60, 8, 1));
  EXPECT_TRUE(refused(1, -1, -1, 1));
  EXPECT_TRUE(refused(1, 513, 2048, 2048));
}

}  // namespace
}  // namespace selfsame
