// SPDX-License-Identifier: Apache-2.0
#include "engine/data/crop.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

TEST(Crop, RandomWindowsReachEveryPlaceAndNoOther) {
  const CropSpec crop{CropMode::kRandom, 4, 5, Augment::kNone};
  std::map<std::pair<std::int64_t, std::int64_t>, int> places;
  for (std::uint32_t example = 0; example < 4000; ++example) {
    const SampleOrigin origin = draw_origin(crop, 7, 2, example, 6, 8);
    ++places[{origin.top, origin.left}];
    EXPECT_EQ(origin.transform, 0);
    EXPECT_EQ(origin.seed, 7u);
    EXPECT_EQ(origin.epoch, 2u);
    EXPECT_EQ(origin.example, example);
    EXPECT_EQ(origin.image_h, 6);
    EXPECT_EQ(origin.image_w, 8);
  }
  ASSERT_EQ(places.size(), 12u);  // 3 rows, 4 columns
  EXPECT_EQ(places.begin()->first, (std::pair<std::int64_t, std::int64_t>{0, 0}));
  EXPECT_EQ(places.rbegin()->first, (std::pair<std::int64_t, std::int64_t>{2, 3}));
  for (const auto& [place, count] : places) {
    EXPECT_NEAR(count, 4000 / 12.0, 88);  // five standard deviations of the binomial
  }
}

TEST(Crop, DependsOnSeedEpochAndExample) {
  const CropSpec crop{CropMode::kRandom, 8, 8, Augment::kDihedral};
  const auto key = [&](std::uint64_t seed, std::uint32_t epoch, std::uint32_t example) {
    const SampleOrigin o = draw_origin(crop, seed, epoch, example, 500, 500);
    return std::tuple(o.top, o.left, o.transform);
  };
  EXPECT_EQ(key(1, 2, 3), key(1, 2, 3));
  EXPECT_NE(key(1, 2, 3), key(2, 2, 3));
  EXPECT_NE(key(1, 2, 3), key(1, 3, 3));
  EXPECT_NE(key(1, 2, 3), key(1, 2, 4));
}

std::set<int> transforms(Augment augment, int h, int w) {
  std::set<int> seen;
  for (std::uint32_t example = 0; example < 300; ++example) {
    seen.insert(draw_origin({CropMode::kRandom, h, w, augment}, 0, 0, example, 20, 30).transform);
  }
  return seen;
}

TEST(Crop, SymmetriesAreThoseAskedFor) {
  EXPECT_EQ(transforms(Augment::kNone, 8, 8), (std::set<int>{0}));
  EXPECT_EQ(transforms(Augment::kFlips, 8, 8), (std::set<int>{0, 1, 2, 3}));
  EXPECT_EQ(transforms(Augment::kDihedral, 8, 8), (std::set<int>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(transforms(Augment::kDihedral, 8, 9), (std::set<int>{0, 1, 2, 3}));
  EXPECT_EQ(transforms(Augment::kDihedral, 0, 0),
            (std::set<int>{0, 1, 2, 3}));  // the whole image, not square
}

TEST(Crop, CentreIsTheCentreAndTheWholeIsTheWhole) {
  const SampleOrigin centre = draw_origin({CropMode::kCenter, 4, 5, Augment::kNone}, 0, 0, 0, 7, 9);
  EXPECT_EQ(centre.top, 1);
  EXPECT_EQ(centre.left, 2);
  const SampleOrigin whole = draw_origin({CropMode::kRandom, 0, 0, Augment::kNone}, 0, 0, 0, 7, 9);
  EXPECT_EQ(whole.top, 0);
  EXPECT_EQ(whole.left, 0);
}

TEST(Crop, RefusesAnImageThatIsTooSmall) {
  EXPECT_THROW((void)draw_origin({CropMode::kRandom, 8, 8, Augment::kNone}, 0, 0, 0, 7, 9), Error);
}

}  // namespace
}  // namespace selfsame
