// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/convert_kspace.hpp"

#include <gtest/gtest.h>

#include "mri/files/hdf5/h5_file.hpp"
#include "mri/files/hdf5/h5_writer.hpp"
#include "mri/files/image_file.hpp"
#include "mri/files/ismrmrd/mrd_writer.hpp"
#include "mri/files/volume_writer.hpp"
#include "tests/support/kspace_files.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

class ConvertKSpaceTest : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  static ProgramResult convert(const std::string& in, const std::string& out,
                               std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"convert", in, out});
    return selfsame_program(more);
  }
  static bool has_hdf5() { return !h5_helper_program().empty(); }
  TemporaryFolder folder_;
};

TEST_F(ConvertKSpaceTest, EveryFormatToEveryOther) {
  const auto original = open_kspace(kspace_fixture("slices.npy"));
  std::string in = kspace_fixture("slices.npy").string();
  for (const char* name : {"a.cfl", "b.ra", "c.npy", "d.h5", "e.cfl", "f.npy"}) {
    const ProgramResult result = convert(in, path(name));
    ASSERT_EQ(result.exit_code, 0) << result.err;
    in = path(name);
    if (in.ends_with(".h5") && !has_hdf5()) {
      in = path("c.npy");
      continue;
    }
    const auto copy = open_kspace(in);
    ASSERT_EQ(copy->header().slices, 2);
    for (std::int64_t s = 0; s < 2; ++s) {
      EXPECT_EQ(copy->slice(s), original->slice(s)) << name;
    }
  }
  EXPECT_EQ(read_bytes(path("c.npy")), read_bytes(path("f.npy")));
  EXPECT_TRUE(fs::exists(path("e.hdr")));
}

TEST_F(ConvertKSpaceTest, ReconstructionsToVolumesAndPreviews) {
  if (!has_hdf5()) {
    GTEST_SKIP() << "built without libhdf5";
  }
  const std::string in = kspace_fixture("reconstruction.h5").string();
  for (const char* name : {"a.npy", "a.nii", "a.h5", "a.png", "previews"}) {
    const ProgramResult result = convert(in, path(name));
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  EXPECT_EQ(read_image(path("a.npy"), 1, PixelScale::kRaw).pixels[19], 143.0f);
  EXPECT_EQ(fs::file_size(path("a.nii")), 352u + 160u);
  EXPECT_EQ(read_h5_array(path("a.h5"), "reconstruction").values, read_h5_array(in, "reconstruction").values);
  const Image preview = read_image(path("previews/000001.png"), 0, PixelScale::kUnit);
  EXPECT_EQ(preview.height, 5);
  EXPECT_EQ(preview.pixels[19], 1.0f);
  EXPECT_FALSE(fs::exists(path("previews/000002.png")));
  EXPECT_EQ(read_image(path("a.png"), 0, PixelScale::kUnit).height, 5);
  const ProgramResult unknown = convert(in, path("a.tif"));
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_TRUE(contains(unknown.err, volume_endings())) << unknown.err;
}

TEST_F(ConvertKSpaceTest, ReconstructionsToIsmrmrd) {
  if (!has_hdf5() || mrd_helper_program().empty()) {
    GTEST_SKIP() << "built without libhdf5 or libismrmrd";
  }
  // The second file holds k-space too, which ISMRMRD is not asked to hold.
  for (const char* name : {"reconstruction.h5", "multi.h5"}) {
    const ProgramResult result = convert(kspace_fixture(name).string(), path("a.mrd"), {"--overwrite"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const H5Array data = read_h5_array(path("a.mrd"), "dataset/image_0/data");
    EXPECT_EQ(data.shape, (std::vector<std::int64_t>{2, 1, 1, 4, 5}));
    EXPECT_EQ(data.values[5 * 2 + 3], 32.0f) << "row 3, column 2 of the first slice";
  }
  // 4 x 4 pixels of 1.5 x 2 mm, as its header says.
  ASSERT_EQ(convert(kspace_fixture("single.h5").string(), path("b.mrd")).exit_code, 0);
  const std::string xml = *H5File(path("b.mrd"), {{}, {}, {"dataset/xml"}}).text("dataset/xml");
  EXPECT_TRUE(contains(xml, "<fieldOfView_mm><x>6</x><y>8</y><z>4.5</z>")) << xml;
  EXPECT_TRUE(contains(xml, ">63866228<")) << xml;
}

TEST_F(ConvertKSpaceTest, ImagesOfAFileOfKSpaceWhenTheyAreAskedFor) {
  if (!has_hdf5()) {
    GTEST_SKIP() << "built without libhdf5";
  }
  const std::string in = kspace_fixture("multi.h5").string();
  ASSERT_EQ(convert(in, path("a.nii")).exit_code, 0);
  ASSERT_EQ(convert(in, path("a.h5"), {"--dataset", "reconstruction_rss"}).exit_code, 0);
  EXPECT_EQ(read_h5_array(path("a.h5"), "reconstruction").shape, (std::vector<std::int64_t>{2, 5, 4}));
  ASSERT_EQ(convert(in, path("copy.h5")).exit_code, 0);
  const auto copy = open_kspace(path("copy.h5"));
  EXPECT_EQ(copy->header().acquisition, "AXT2");
  expect_stored_samples(*copy);
}

TEST_F(ConvertKSpaceTest, MistakesAreNamedAndNothingIsWritten) {
  const std::string in = kspace_fixture("slices.ra").string();
  EXPECT_EQ(convert(in, path("a.nii")).exit_code, 2);
  EXPECT_EQ(convert(in, path("a.npy"), {"--dataset", "x"}).exit_code, 2);
  EXPECT_EQ(convert(in, path("a.npy"), {"--raw"}).exit_code, 2);
  ASSERT_EQ(convert(in, path("a.npy")).exit_code, 0);
  EXPECT_EQ(convert(in, path("a.npy")).exit_code, 2) << "exists";
  EXPECT_EQ(convert(in, path("a.npy"), {"--overwrite"}).exit_code, 0);
  write_bytes(path("broken.h5"), Bytes{0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n', 0});
  const ProgramResult broken = convert(path("broken.h5"), path("b.npy"));
  EXPECT_EQ(broken.exit_code, 3);
  EXPECT_TRUE(contains(broken.err, "broken.h5")) << broken.err;
  EXPECT_FALSE(fs::exists(path("b.npy")));
  if (has_hdf5()) {
    EXPECT_EQ(convert(kspace_fixture("bare.h5").string(), path("b.nii")).exit_code, 3);
    EXPECT_EQ(convert(kspace_fixture("bare.h5").string(), path("b.nii"), {"--dataset", "kspace"}).exit_code,
              2);
  }
}

}  // namespace
}  // namespace selfsame
