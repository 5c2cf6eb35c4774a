// SPDX-License-Identifier: Apache-2.0
#include "mri/metrics/center_crop.hpp"

#include <gtest/gtest.h>

#include <complex>

#include "tests/support/temporary_folder.hpp"

namespace selfsame {

TEST(CenterCrop, BeginsAtHalfTheDifference) {
  EXPECT_EQ(center_window(640, 368, 320, 320), (CropWindow{160, 24, 320, 320}));
  EXPECT_EQ(center_window(9, 8, 4, 5), (CropWindow{2, 1, 4, 5}));  // (9-4)//2, (8-5)//2
  EXPECT_EQ(center_window(8, 9, 5, 4), (CropWindow{1, 2, 5, 4}));
  EXPECT_EQ(center_window(5, 6, 5, 6), (CropWindow{0, 0, 5, 6}));
}

TEST(CenterCrop, OfNarrowImagesIsTheSquareOfTheirWidth) {
  EXPECT_EQ(center_window(640, 213, 320, 320), (CropWindow{213, 0, 213, 213}));  // (640-213)//2 = 213
}

TEST(CenterCrop, RefusesWindowsThatDoNotFit) {
  EXPECT_NE(error_text<Error>([] {
              static_cast<void>(center_window(100, 320, 320, 320));
            }).find("320 x 320 in an image of 100 x 320"),
            std::string::npos);
  EXPECT_THROW(static_cast<void>(center_window(10, 10, 0, 5)), Error);
  EXPECT_THROW(static_cast<void>(center_window(10, 20, 5, 30)), Error) << "20 x 20 is higher than the image";
}

TEST(CenterCrop, TakesTheWindowOfEveryPlane) {
  std::vector<std::complex<float>> values;
  for (int i = 0; i < 2 * 4 * 5; ++i) {
    values.emplace_back(static_cast<float>(i), 1.0f);
  }
  const auto out = crop_planes<std::complex<float>>(values, 4, 5, center_window(4, 5, 2, 3));
  const std::vector<float> expected{6, 7, 8, 11, 12, 13, 26, 27, 28, 31, 32, 33};
  ASSERT_EQ(out.size(), expected.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(out[i], std::complex<float>(expected[i], 1.0f));
  }
  EXPECT_THROW(static_cast<void>(crop_planes<std::complex<float>>(values, 4, 5, {0, 3, 2, 3})), Error);
}

}  // namespace selfsame
