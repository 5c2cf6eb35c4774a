// SPDX-License-Identifier: Apache-2.0
#include "mri/files/preview.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "mri/files/image_file.hpp"
#include "tests/support/image_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

TEST(Preview, WindowIsTwoPercentiles) {
  std::vector<float> values(1001);
  std::iota(values.begin(), values.end(), 0.0f);
  std::reverse(values.begin(), values.end());
  values.push_back(std::numeric_limits<float>::quiet_NaN());
  values.push_back(std::numeric_limits<float>::infinity());
  const PreviewWindow window = preview_window(values);
  EXPECT_EQ(window.low, 10.0f);
  EXPECT_EQ(window.high, 995.0f);
  EXPECT_EQ(preview_window(std::vector<float>(5, 3.0f)).low, 3.0f);
  EXPECT_EQ(preview_window(std::vector<float>(5, 3.0f)).high, 4.0f);
  EXPECT_EQ(preview_window({}).high, 1.0f);
}

TEST(Preview, SlicesAreDrawnWithinTheWindow) {
  const TemporaryFolder folder;
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const std::vector<float> values{2, 3, 4, 1, 9, nan, -inf, inf, 2, 2, 2, 4};
  write_previews({folder / "a.png", folder / "b.png"}, values, 2, 3, {2, 4});
  const Image a = read_image(folder / "a.png", 0, PixelScale::kUnit),
              b = read_image(folder / "b.png", 0, PixelScale::kUnit);
  EXPECT_EQ(a.height, 2);
  EXPECT_EQ(a.width, 3);
  EXPECT_EQ(a.bits, 8);
  EXPECT_EQ(a.pixels, (std::vector<float>{0, 128.0f / 255.0f, 1, 0, 1, 0}));
  EXPECT_EQ(b.pixels, (std::vector<float>{0, 1, 0, 0, 0, 1}));
  EXPECT_FALSE(message_of(ErrorKind::kInternal, [&] {
                 write_previews({folder / "a.png"}, values, 2, 3, {0, 1});
               }).empty());
}

}  // namespace
}  // namespace selfsame
