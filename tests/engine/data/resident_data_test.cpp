// SPDX-License-Identifier: Apache-2.0
#include "engine/data/resident_data.hpp"

#include <gtest/gtest.h>

#include "engine/data/crop.hpp"
#include "engine/data/dead_leaves.hpp"
#include "engine/data/image_source.hpp"
#include "mri/files/png_file.hpp"
#include "tests/support/op_contract.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

/// Crops of every example by both ways: copied on the host, and gathered on the device.
void expect_same_crops(const std::shared_ptr<const ImageSource>& source) {
  ImageCache cache(source, ImageCache::kDefaultBudget);
  Stream stream(contract::test_device(), 1);
  std::vector<std::uint32_t> examples;
  for (std::int64_t i = 0; i < source->count(); ++i) {
    examples.push_back(static_cast<std::uint32_t>(i));
  }
  const auto resident = ResidentData::make(cache, examples, 1 << 20, stream);
  ASSERT_TRUE(resident.has_value());
  const ImageInfo info = source->info(0);
  const Shape4 shape{source->count(), info.channels, 8, 8};
  std::vector<SampleOrigin> origins;
  std::vector<float> expected(static_cast<std::size_t>(shape.count())), got(expected.size());
  for (const std::uint32_t i : examples) {
    const std::shared_ptr<const StoredExample> stored = cache.get(i);
    origins.push_back(draw_origin({CropMode::kRandom, 8, 8, Augment::kDihedral}, 5, 0, i,
                                  stored->images[0].height(), stored->images[0].width()));
    stored->images[0].copy_crop(expected.data() + i * shape.c * 64, origins.back(), 8, 8);
  }
  const Buffer out(got.size() * sizeof(float), stream.device()),
      places(origins.size() * sizeof(SampleOrigin), stream.device());
  stream.upload(places.data(), origins.data(), places.bytes());
  gather_crops({out.data(), DType::kF32, shape, 1}, resident->images(0), resident->pixels(),
               {places.as<SampleOrigin>(), origins.size()}, stream);
  stream.download(got.data(), out.data(), out.bytes());
  stream.synchronize();
  EXPECT_EQ(got, expected);
}

TEST(ResidentData, OnEveryDeviceGivesTheBitsOfTheHostsCrops) {
  DeadLeavesOptions leaves;
  leaves.count = 5;
  leaves.height = 13;
  leaves.width = 17;
  expect_same_crops(dead_leaves_source(leaves));  // floats
  for (const int bits : {8, 16}) {                // integers, in images of different sizes
    const TemporaryFolder folder;
    for (int k = 0; k < 3; ++k) {
      Image image;
      image.channels = 1;
      image.height = 9 + k;
      image.width = 12;
      for (int i = 0; i < image.height * image.width; ++i) {
        image.pixels.push_back(static_cast<float>((i * 37 + k) % 256) / 255.0f);
      }
      write_png((folder / ("image" + std::to_string(k) + ".png")).string(), image, bits);
    }
    expect_same_crops(open_folder(folder.path().string(), {}).source);
  }
}

TEST(ResidentData, IsAbsentWhenItDoesNotFit) {
  DeadLeavesOptions leaves;
  leaves.count = 5;
  leaves.height = leaves.width = 16;
  ImageCache cache(dead_leaves_source(leaves), ImageCache::kDefaultBudget);
  Stream stream(DeviceKind::kCpu, 1);
  const std::vector<std::uint32_t> examples{0, 1, 2, 3, 4};
  std::size_t all = 0;
  for (const std::uint32_t i : examples) {
    all += cache.get(i)->images[0].bytes();  // 256 pixels of one to four bytes: no gap between images
  }
  EXPECT_TRUE(ResidentData::make(cache, examples, all, stream).has_value());
  EXPECT_FALSE(ResidentData::make(cache, examples, all - 1, stream).has_value());
  EXPECT_FALSE(ResidentData::make(cache, examples, 16, stream).has_value());
}

}  // namespace
}  // namespace selfsame
