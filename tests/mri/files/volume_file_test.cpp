// SPDX-License-Identifier: Apache-2.0
#include "mri/files/volume_file.hpp"

#include <gtest/gtest.h>

#include <complex>
#include <fstream>

#include "kernels/base/error.hpp"
#include "mri/files/npy_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

template <typename T>
std::string stored(const TemporaryFolder& folder, const std::string& name, const std::vector<T>& values,
                   const std::vector<std::int64_t>& shape) {
  const std::string path = (folder / name).string();
  write_npy<T>(path, values, shape);
  return path;
}

}  // namespace

TEST(VolumeFile, ReadsStacksAndImages) {
  const TemporaryFolder folder;
  const std::vector<float> values{1, -2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const Volume stack = read_volume(stored(folder, "a.npy", values, {2, 3, 2}));
  EXPECT_EQ(std::tie(stack.slices, stack.h, stack.w), std::make_tuple(2, 3, 2));
  EXPECT_EQ(stack.values, values) << "real values stay as they are";
  EXPECT_FALSE(stack.was_complex);
  const Volume image = read_volume(stored(folder, "b.npy", values, {3, 4}));
  EXPECT_EQ(std::tie(image.slices, image.h, image.w), std::make_tuple(1, 3, 4));
  const std::vector<std::uint8_t> bytes{0, 1, 255, 7};
  EXPECT_EQ(read_volume(stored(folder, "c.npy", bytes, {2, 2})).values, (std::vector<float>{0, 1, 255, 7}))
      << "integers are not scaled";
}

TEST(VolumeFile, TakesTheMagnitudeOfComplexNumbers) {
  const TemporaryFolder folder;
  const std::vector<std::complex<float>> values{{3, 4}, {0, -2}, {-1, 0}, {3e30f, 4e30f}};
  const Volume volume = read_volume(stored(folder, "z.npy", values, {1, 2, 2}));
  EXPECT_TRUE(volume.was_complex);
  EXPECT_EQ(volume.values, (std::vector<float>{5, 2, 1, 5e30f})) << "no overflow on the way";
}

TEST(VolumeFile, NamesTheFileThatItRefuses) {
  const TemporaryFolder folder;
  const std::vector<float> values(24);
  const auto refused = [&](const std::string& path) {
    const std::string text = error_text<Error>([&] { static_cast<void>(read_volume(path)); });
    EXPECT_NE(text.find(path), std::string::npos) << text;
    return text;
  };
  EXPECT_NE(refused(stored(folder, "four.npy", values, {1, 2, 3, 4})).find("got the shape (1, 2, 3, 4)"),
            std::string::npos);
  EXPECT_NE(refused(stored(folder, "one.npy", values, {24})).find("got the shape (24)"), std::string::npos);
  EXPECT_NE(refused(stored(folder, "none.npy", std::vector<float>{}, {0, 2, 2})).find("(0, 2, 2)"),
            std::string::npos);
  EXPECT_FALSE(refused((folder / "v.h5").string()).empty());
  refused((folder / "absent.npy").string());
}

TEST(VolumeFile, NamesOfAFolderAreSorted) {
  const TemporaryFolder folder;
  for (const char* name : {"b.npy", "a.npy", "c.h5", ".hidden.npy", "notes.txt"}) {
    std::ofstream(folder / name) << "x";
  }
  EXPECT_EQ(volume_names(folder.path()), (std::vector<std::string>{"a.npy", "b.npy", "c.h5"}));
  std::filesystem::create_directory(folder / "empty");
  EXPECT_NE(
      error_text<Error>([&] { static_cast<void>(volume_names(folder / "empty")); }).find("no volumes found"),
      std::string::npos);
  EXPECT_THROW(static_cast<void>(volume_names(folder / "absent")), Error);
}

}  // namespace selfsame
