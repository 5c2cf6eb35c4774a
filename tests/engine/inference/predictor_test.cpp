// SPDX-License-Identifier: Apache-2.0
#include "engine/inference/predictor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/device/philox.hpp"
#include "losses/registry.hpp"

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

// ---- with the objectives that correct what the network says

struct Corrected {
  std::string name;
  ObjectiveOptions options;
};
std::vector<Corrected> corrected_objectives() {
  return {{"r2r", {{"draws", 3.0}}}, {"noisier2noise", {{"draws", 2.0}}}, {"noise2self", {{"spacing", 3.0}}}};
}

Predictor::ObjectiveMaker maker(const Corrected& c) {
  NoiseModel noise;
  noise.type = NoiseType::kGaussian;
  noise.sigma = 0.2f;
  return [c, noise] { return make_objective(c.name, c.options, noise); };
}

std::unique_ptr<Model> small_dncnn() {
  DnCnnOptions options;
  options.channels = 8;
  options.layers = 5;
  return make_dncnn(options);
}

TEST(Predictor, CorrectsTilesAsTheWholeImage) {
  const std::unique_ptr<Model> model = small_dncnn();
  const std::int64_t h = 150, w = 97;
  const std::vector<float> image = random_image(h * w);
  const std::vector<float> raw = predict(*model, image, h, w, h * w);
  for (const Corrected& c : corrected_objectives()) {
    const auto run = [&](std::int64_t tile_pixels) {
      Stream stream(DeviceKind::kCpu, 1);
      Predictor predictor(*model, stream, DType::kF32, tile_pixels, maker(c));
      predictor.parameters().initialise(0, 5);
      std::vector<float> output(image.size());
      predictor.predict(output.data(), image.data(), 1, h, w);
      return output;
    };
    const std::vector<float> whole = run(h * w);
    EXPECT_EQ(run(h * w), whole) << c.name << ": what it draws is a function of the image";
    // As without an objective; noisier2noise takes twice the difference to its input.
    EXPECT_LT(largest_difference(whole, run(40 * 40)), 2e-5) << c.name;
    EXPECT_GT(largest_difference(whole, raw), 1e-2) << c.name << " corrects nothing";
  }
}

TEST(Predictor, CorrectsSamplesOfABatchAsAlone) {
  const std::unique_ptr<Model> model = small_dncnn();
  const std::int64_t h = 20, w = 30, plane = h * w;
  const std::vector<float> images = random_image(2 * plane);
  for (const Corrected& c : corrected_objectives()) {
    Stream stream(DeviceKind::kCpu, 2);
    Predictor predictor(*model, stream, DType::kF32, Predictor::kDefaultTilePixels, maker(c));
    predictor.parameters().initialise(0, 5);
    std::vector<float> together(images.size()), alone(static_cast<std::size_t>(plane));
    predictor.predict(together.data(), images.data(), 2, h, w);
    for (std::int64_t n = 0; n < 2; ++n) {
      predictor.predict(alone.data(), images.data() + n * plane, 1, h, w);
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + n * plane))
          << c.name << ", " << n;
    }
  }
}

TEST(Predictor, WithAnObjectiveThatCorrectsNothingGivesTheOutput) {
  const std::unique_ptr<Model> model = small_dncnn();
  const std::int64_t h = 20, w = 30;
  const std::vector<float> image = random_image(h * w);
  Stream stream(DeviceKind::kCpu, 1);
  Predictor predictor(*model, stream, DType::kF32, Predictor::kDefaultTilePixels, maker({"sure", {}}));
  predictor.parameters().initialise(0, 5);
  std::vector<float> output(image.size());
  predictor.predict(output.data(), image.data(), 1, h, w);
  EXPECT_EQ(output, predict(*model, image, h, w, h * w));
}

}  // namespace
}  // namespace selfsame
