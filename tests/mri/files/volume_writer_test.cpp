// SPDX-License-Identifier: Apache-2.0
#include "mri/files/volume_writer.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "mri/files/hdf5/h5_file.hpp"
#include "mri/files/image_file.hpp"
#include "mri/files/ismrmrd/mrd_writer.hpp"
#include "tests/support/image_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

/// Three slices of 2 x 5: 0, 1, 2, ...
Volume counted_volume() {
  Volume volume;
  volume.slices = 3;
  volume.h = 2;
  volume.w = 5;
  volume.values.resize(30);
  std::iota(volume.values.begin(), volume.values.end(), 0.0f);
  return volume;
}

TEST(VolumeWriter, TheEndingIsTheFormat) {
  const TemporaryFolder folder;
  const Volume volume = counted_volume();
  for (const char* name : {"a.h5", "a.npy", "a.nii", "a.png"}) {
    write_volume(folder / name, volume);
  }
  EXPECT_EQ(read_volume(folder / "a.npy").values, volume.values);
  EXPECT_EQ(read_volume(folder / "a.npy").slices, 3);
  EXPECT_EQ(std::filesystem::file_size(folder / "a.nii"), 352u + 120u);
  const Image png = read_image((folder / "a.png").string(), 0, PixelScale::kUnit);
  EXPECT_EQ(png.height, 2);
  EXPECT_EQ(png.width, 5);
  EXPECT_EQ(png.pixels[9], 1.0f) << "the largest of the middle slice";
  EXPECT_NEAR(png.pixels[0], 10.0f / 19, 1.0f / 255) << "black is 0";
  if (h5_helper_program().empty()) {
    GTEST_SKIP() << "built without libhdf5";
  }
  EXPECT_EQ(read_volume(folder / "a.h5").values, volume.values);
}

TEST(VolumeWriter, IsmrmrdHasWhatIsKnownOfTheScan) {
  if (mrd_helper_program().empty()) {
    GTEST_SKIP() << "built without libismrmrd";
  }
  const TemporaryFolder folder;
  Volume volume = counted_volume();
  volume.scan = {1.5, 2, 4, 63866228};
  write_volume(folder / "a.mrd", volume);
  const H5Array data = read_h5_array(folder / "a.mrd", "dataset/image_0/data");
  EXPECT_EQ(data.shape, (std::vector<std::int64_t>{3, 1, 1, 5, 2}));
  EXPECT_EQ(data.values[1], 5.0f);
  const std::string xml = *H5File(folder / "a.mrd", {{}, {}, {"dataset/xml"}}).text("dataset/xml");
  EXPECT_TRUE(contains(xml, "<fieldOfView_mm><x>3</x><y>10</y><z>4</z>")) << xml;
  EXPECT_TRUE(contains(xml, ">63866228<"));
}

TEST(VolumeWriter, EveryEndingIsListedAndNoOtherIsTaken) {
  for (const char* ending : {".h5", ".npy", ".nii", ".mrd", ".png"}) {
    EXPECT_TRUE(contains(volume_endings(), std::string("*") + ending)) << volume_endings();
    EXPECT_TRUE(has_volume_ending(std::string("a/b") + ending));
  }
  for (const char* name : {"a.tif", "a", "a.H5", "a.nii.gz", ".npy", "a.cfl"}) {
    EXPECT_FALSE(has_volume_ending(name)) << name;
  }
  const TemporaryFolder folder;
  EXPECT_TRUE(contains(
      message_of(ErrorKind::kInternal, [&] { write_volume(folder / "a.tif", counted_volume()); }), "*.nii"));
}

TEST(VolumeWriter, SizesAreCheckedFirst) {
  const TemporaryFolder folder;
  Volume wrong = counted_volume();
  wrong.slices = 4;
  for (const char* name : {"a.h5", "a.npy", "a.nii", "a.mrd", "a.png"}) {
    EXPECT_FALSE(message_of(ErrorKind::kInternal, [&] { write_volume(folder / name, wrong); }).empty());
    EXPECT_FALSE(message_of(ErrorKind::kInternal, [&] { write_volume(folder / name, {}); }).empty());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(VolumeWriter, FormatsOfEveryBuildNeedNothing) {
  for (const char* name : {"a.h5", "a.npy", "a.nii", "a.png"}) {
    require_volume_format(name);
  }
  if (mrd_helper_program().empty()) {
    EXPECT_TRUE(
        contains(message_of(ErrorKind::kUsage, [] { require_volume_format("a.mrd"); }), "libismrmrd-dev"));
  } else {
    require_volume_format("a.mrd");
  }
}

}  // namespace
}  // namespace selfsame
