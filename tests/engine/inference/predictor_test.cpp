// SPDX-License-Identifier: Apache-2.0
#include "engine/inference/predictor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

std::vector<float> random_image(std::int64_t count) {
  const RandomStream random(3, RandomPurpose::kTest, 0, 0);
  std::vector<float> image;
  for (std::int64_t i = 0; i < count; ++i) {
    image.push_back(0.5f + 0.2f * static_cast<float>(random.normal(static_cast<std::uint64_t>(i))));
  }
  return image;
}

std::vector<float> predict(const Model& model, const std::vector<float>& image, std::int64_t h,
                           std::int64_t w, std::int64_t tile_pixels) {
  Stream stream(DeviceKind::kCpu, 1);
  Predictor predictor(model, stream, DType::kF32, tile_pixels);
  predictor.parameters().initialise(0, 5);
  std::vector<float> output(image.size());
  predictor.predict(output.data(), image.data(), 1, h, w);
  return output;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a[i]) - b[i]));
  }
  return largest;
}

TEST(Predictor, TilesOfANetworkWithoutInstanceNormGiveTheWholeImage) {
  DnCnnOptions options;
  options.channels = 8;
  options.layers = 5;  // context 5: an overlap of 15 fits tiles of 40x40
  const std::unique_ptr<Model> model = make_dncnn(options);
  for (const auto& [h, w] :
       {std::pair<std::int64_t, std::int64_t>{150, 97}, {41, 300}, {300, 41}, {81, 80}}) {
    const std::vector<float> image = random_image(h * w);
    const std::vector<float> whole = predict(*model, image, h, w, h * w);
    const std::vector<float> tiles = predict(*model, image, h, w, 40 * 40);
    // A weighted mean of at most four values that are equal but for the order of their sums.
    EXPECT_LT(largest_difference(whole, tiles), 1e-5) << h << "x" << w;
    EXPECT_GT(largest_difference(whole, image), 1e-2) << "the network does something";
  }
}

TEST(Predictor, TilesCoverEveryPixelEvenWhenTheOverlapIsCutShort) {
  UNetOptions options;
  options.channels = 4;
  options.pools = 3;  // a context far wider than half a tile
  const std::unique_ptr<Model> model = make_unet(options);
  const std::int64_t h = 130, w = 111;
  const std::vector<float> image = random_image(h * w);
  const std::vector<float> tiles = predict(*model, image, h, w, 33 * 33);
  EXPECT_TRUE(std::all_of(tiles.begin(), tiles.end(), [](float v) { return std::isfinite(v); }));
}

TEST(Predictor, SamplesOfABatchDoNotSeeEachOther) {
  DnCnnOptions options;
  options.channels = 8;
  options.layers = 4;
  const std::unique_ptr<Model> model = make_dncnn(options);
  Stream stream(DeviceKind::kCpu, 2);
  Predictor predictor(*model, stream);
  predictor.parameters().initialise(0, 5);
  const std::int64_t plane = 20 * 30;
  const std::vector<float> images = random_image(3 * plane);
  std::vector<float> together(images.size()), alone(static_cast<std::size_t>(plane));
  predictor.predict(together.data(), images.data(), 3, 20, 30);
  for (std::int64_t n = 0; n < 3; ++n) {
    predictor.predict(alone.data(), images.data() + n * plane, 1, 20, 30);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + n * plane)) << n;
  }
}

}  // namespace
}  // namespace selfsame
