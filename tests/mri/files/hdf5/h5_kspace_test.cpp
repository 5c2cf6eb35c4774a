// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

#include "mri/files/hdf5/h5_file.hpp"
#include "mri/files/kspace_parts.hpp"
#include "mri/files/npy_file.hpp"
#include "tests/support/kspace_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

class H5KSpaceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (h5_helper_program().empty()) {
      GTEST_SKIP() << "built without libhdf5";
    }
  }
};

TEST_F(H5KSpaceTest, MultiCoilFileWithEverything) {
  const auto file = open_kspace(kspace_fixture("multi.h5"));
  const KSpaceHeader& h = file->header();
  EXPECT_EQ(h.slices, 2);
  EXPECT_EQ(h.coils, 3);
  EXPECT_EQ(h.h, 8);
  EXPECT_EQ(h.w, 6);
  EXPECT_EQ(h.recon_h, 5);
  EXPECT_EQ(h.recon_w, 4);
  EXPECT_EQ(h.padding_left, 1);
  EXPECT_EQ(h.padding_right, 5);
  EXPECT_EQ(h.mask, (std::vector<std::uint8_t>{1, 0, 1, 1, 0, 1}));
  EXPECT_EQ(h.reference, "reconstruction_rss");
  EXPECT_EQ(h.max, 143.0);
  EXPECT_EQ(h.acquisition, "AXT2");
  EXPECT_EQ(h.patient_id, "0123456789abcdef");
  EXPECT_EQ(h.acceleration, 4);
  EXPECT_EQ(h.num_low_frequency, 2);
  expect_stored_samples(*file);
  EXPECT_EQ(file->reference_slice(1)[7], 113.0f);
  EXPECT_TRUE(
      contains(message_of(ErrorKind::kData, [&] { (void)file->slice(2); }), "multi.h5: slice 2 of 2"));
}

TEST_F(H5KSpaceTest, SingleCoilFilePrefersItsOwnReference) {
  const auto file = open_kspace(kspace_fixture("single.h5"));
  const KSpaceHeader& h = file->header();
  EXPECT_EQ(h.coils, 1);
  EXPECT_EQ(h.slices, 3);
  EXPECT_EQ(h.reference, "reconstruction_esc");
  EXPECT_EQ(file->reference_slice(2)[5], 211.0f);
  EXPECT_EQ(h.mask, (std::vector<std::uint8_t>{1, 1, 0, 1, 0, 0}));
  EXPECT_EQ(h.padding_left, 0);
  EXPECT_EQ(h.padding_right, 6);
  EXPECT_EQ(h.acquisition, "CORPD_FBK");
  EXPECT_EQ(h.patient_id, "17");
  EXPECT_EQ(h.acceleration, 8);
  EXPECT_FALSE(h.num_low_frequency);
  EXPECT_EQ(h.scan.pixel_h_mm, 1.5);
  EXPECT_EQ(h.scan.pixel_w_mm, 2.0);
  EXPECT_EQ(h.scan.slice_mm, 4.5);
  EXPECT_EQ(h.scan.h1_hz, 63866228);
  expect_stored_samples(*file);
}

TEST_F(H5KSpaceTest, BigEndianDoublesAndAWidthBelowTheCrop) {
  const auto file = open_kspace(kspace_fixture("wide.h5"));
  const KSpaceHeader& h = file->header();
  EXPECT_EQ(h.reference, "");
  EXPECT_EQ(h.recon_h, 6) << "7 columns asked for, 6 there: a square of them";
  EXPECT_EQ(h.recon_w, 6);
  EXPECT_EQ(h.mask.size(), 48u);
  EXPECT_EQ(h.mask[3], 1);
  EXPECT_EQ(h.mask[4], 0);
  expect_stored_samples(*file);
  EXPECT_TRUE(
      contains(message_of(ErrorKind::kData, [&] { (void)file->reference_slice(0); }), "no reference"));
}

TEST_F(H5KSpaceTest, NothingButKSpaceIsEnough) {
  const auto file = open_kspace(kspace_fixture("bare.h5"));
  const KSpaceHeader& h = file->header();
  EXPECT_EQ(h.recon_h, 4);
  EXPECT_EQ(h.recon_w, 3);
  EXPECT_EQ(h.padding_right, 3);
  EXPECT_TRUE(h.mask.empty());
  EXPECT_FALSE(h.max || h.acceleration);
  EXPECT_EQ(h.scan.pixel_h_mm, 0.0) << "not known";
  EXPECT_EQ(h.acquisition + h.patient_id, "");
  expect_stored_samples(*file);
}

TEST_F(H5KSpaceTest, OtherContentIsRefusedByName) {
  for (const char* name : {"refused.h5", "reconstruction.h5"}) {
    EXPECT_TRUE(
        contains(message_of(ErrorKind::kData, [&] { (void)open_kspace(kspace_fixture(name)); }), name));
  }
}

TEST_F(H5KSpaceTest, RealFileIsTheSameAsItsArray) {
  const std::filesystem::path path = real_kspace("brain8_full_fastmri_layout.h5");
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << path << " is absent";
  }
  const auto file = open_kspace(path);
  const auto array = open_kspace(real_kspace("brain8_full_kspace.npy"));
  EXPECT_EQ(file->slice(0), array->slice(0));
  EXPECT_EQ(file->header().reference, "reconstruction_rss");
  const std::vector<float> reference = file->reference_slice(0);
  EXPECT_NEAR(*std::max_element(reference.begin(), reference.end()), *file->header().max, 1e-3);
}

/// Damaged copies of three kinds of file; prints what became of them.
void read_many(int files_each, std::uint32_t seed) {
  const TemporaryFolder folder;
  for (const char* name : {"multi.h5", "single.h5", "wide.h5"}) {
    const auto start = std::chrono::steady_clock::now();
    const DamageCounts counts = read_damaged_files(read_bytes(kspace_fixture(name).string()),
                                                   (folder / name).string(), files_each, seed);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    fmt::print("{}: {} read, {} refused ({} crashes, {} without an end), {:.0f} files/s\n", name, counts.read,
               counts.refused, counts.crashed, counts.endless, files_each / time.count());
    EXPECT_EQ(counts.read + counts.refused, files_each);
    EXPECT_GT(counts.read, 0);
    EXPECT_GT(counts.refused, 0);
    EXPECT_LT(time.count(), 0.2 * files_each + 60) << "seconds";
  }
}

TEST_F(H5KSpaceTest, DamagedFilesAreReadOrRefusedByName) { read_many(100, 1); }

TEST_F(H5KSpaceTest, SlowThousandsOfDamagedFiles) { read_many(2000, 2); }

}  // namespace
}  // namespace selfsame
