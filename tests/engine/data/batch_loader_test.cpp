// SPDX-License-Identifier: Apache-2.0
#include "engine/data/batch_loader.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <numeric>
#include <set>

#include "engine/data/dead_leaves.hpp"
#include "kernels/base/error.hpp"
#include "tests/support/allocation_probe.hpp"
#include "tests/support/image_files.hpp"

namespace selfsame {
namespace {

// Images of different sizes; image `damaged` cannot be decoded.
class PatternSource : public ImageSource {
 public:
  explicit PatternSource(std::int64_t count, std::int64_t damaged = -1) : count_(count), damaged_(damaged) {}
  std::int64_t count() const override { return count_; }
  std::string name(std::int64_t i) const override { return fmt::format("pattern {}", i); }
  ImageInfo info(std::int64_t i) const override {
    return {1, static_cast<int>(20 + i % 3), static_cast<int>(20 + i % 5), 8, true, 1};
  }
  Image load(std::int64_t i) const override {
    if (i == damaged_) {
      fail(ErrorKind::kData, "{}: damaged", name(i));
    }
    return pattern_image(1, info(i).height, info(i).width, static_cast<int>(31 * i));
  }

 private:
  std::int64_t count_, damaged_;
};

class PatternPairs final : public PatternSource {
 public:
  using PatternSource::PatternSource;
  bool paired() const override { return true; }
  ImagePair load_pair(std::int64_t i) const override {
    return {load(i), pattern_image(1, info(i).height, info(i).width, static_cast<int>(31 * i + 100))};
  }
};

struct Batch {
  std::vector<float> first, second;
  std::vector<SampleOrigin> origins;
};

Batch take(BatchLoader& loader) {
  Batch batch;
  batch.first.resize(static_cast<std::size_t>(loader.shape().count()));
  batch.second.resize(loader.paired() ? batch.first.size() : 0);
  batch.origins.resize(static_cast<std::size_t>(loader.shape().n));
  loader.next(batch.first, batch.second, batch.origins);
  return batch;
}

std::vector<std::uint32_t> first_examples(std::uint32_t n) {
  std::vector<std::uint32_t> examples(n);
  std::iota(examples.begin(), examples.end(), 0u);
  return examples;
}

BatchLoaderOptions usual_options() {
  BatchLoaderOptions options;
  options.crop = {CropMode::kRandom, 8, 8, Augment::kDihedral};
  options.batch = 3;
  options.noise = NoiseDraw::kFresh;
  return options;
}

std::shared_ptr<ImageCache> cache_of(std::shared_ptr<const ImageSource> source,
                                     std::size_t budget = 1 << 20) {
  return std::make_shared<ImageCache>(std::move(source), budget);
}

void expect_equal(const Batch& a, const Batch& b) {
  EXPECT_EQ(a.first, b.first);
  EXPECT_EQ(a.second, b.second);
  ASSERT_EQ(a.origins.size(), b.origins.size());
  for (std::size_t i = 0; i < a.origins.size(); ++i) {
    EXPECT_EQ(a.origins[i].example, b.origins[i].example);
    EXPECT_EQ(a.origins[i].epoch, b.origins[i].epoch);
    EXPECT_EQ(a.origins[i].transform, b.origins[i].transform);
    EXPECT_EQ(a.origins[i].top, b.origins[i].top);
    EXPECT_EQ(a.origins[i].left, b.origins[i].left);
  }
}

TEST(BatchLoader, SamplesAreTheWindowsThatTheirOriginsDescribe) {
  const auto source = std::make_shared<PatternPairs>(7);
  BatchLoader loader(cache_of(source), {{11, {5, 2, 3, 6}}}, usual_options());
  EXPECT_TRUE((loader.shape() == Shape4{3, 1, 8, 8}));
  std::multiset<std::uint32_t> seen;
  for (int t = 0; t < 8; ++t) {  // 24 samples: 6 epochs of 4
    EXPECT_EQ(loader.position(), t);
    const Batch batch = take(loader);
    for (std::int64_t n = 0; n < 3; ++n) {
      const SampleOrigin& origin = batch.origins[static_cast<std::size_t>(n)];
      seen.insert(origin.example);
      EXPECT_EQ(origin.seed, 11u);
      EXPECT_EQ(origin.epoch, (3 * t + n) / 4);
      const ImagePair pair = source->load_pair(origin.example);
      for (std::int64_t i = 0; i < 64; ++i) {
        const PixelIndex p = source_pixel(origin, 8, 8, i / 8, i % 8);
        const auto at = static_cast<std::size_t>(p.y * origin.image_w + p.x);
        ASSERT_EQ(batch.first[static_cast<std::size_t>(64 * n + i)], pair.first.pixels[at]);
        ASSERT_EQ(batch.second[static_cast<std::size_t>(64 * n + i)], pair.second.pixels[at]);
      }
    }
  }
  for (const std::uint32_t example : {5u, 2u, 3u, 6u}) {
    EXPECT_EQ(seen.count(example), 6u);
  }
}

TEST(BatchLoader, BatchesDoNotDependOnThreadsDepthCacheOrStart) {
  const auto source = std::make_shared<PatternSource>(23);
  const std::vector<LaneExamples> lanes = {{4, first_examples(23)}};
  std::vector<Batch> expected;
  BatchLoader plain(cache_of(source), lanes, usual_options());
  for (int t = 0; t < 40; ++t) {
    expected.push_back(take(plain));
  }
  for (const auto& [threads, depth, budget, start] : {std::tuple{1, 1, 0, 0},
                                                      {2, 2, 0, 0},
                                                      {3, 8, 5000, 0},
                                                      {4, 1, 1 << 20, 0},
                                                      {1, 4, 0, 1},
                                                      {2, 3, 900, 17},
                                                      {1, 4, 1 << 20, 39}}) {
    BatchLoaderOptions options = usual_options();
    options.threads = threads;
    options.depth = depth;
    std::vector<LaneExamples> starting = lanes;
    for (LaneExamples& lane : starting) {
      lane.first_batch = start;
    }
    BatchLoader loader(cache_of(source, static_cast<std::size_t>(budget)), starting, options);
    for (int t = start; t < 40; ++t) {
      expect_equal(take(loader), expected[static_cast<std::size_t>(t)]);
    }
  }
}

TEST(BatchLoader, LanesAreThoseOfTheSameRunsAlone) {
  const auto source = std::make_shared<PatternSource>(23);
  const std::vector<LaneExamples> lanes = {{4, first_examples(23)}, {5, {3, 1}}, {4, first_examples(10)}};
  BatchLoader together(cache_of(source), lanes, usual_options());
  EXPECT_EQ(together.shape().n, 9);
  std::vector<std::unique_ptr<BatchLoader>> alone;
  for (const LaneExamples& lane : lanes) {
    alone.push_back(std::make_unique<BatchLoader>(cache_of(source), std::vector{lane}, usual_options()));
  }
  for (int t = 0; t < 10; ++t) {
    const Batch batch = take(together);
    for (std::ptrdiff_t l = 0; l < 3; ++l) {
      const Batch part = {{batch.first.begin() + l * 3 * 64, batch.first.begin() + (l + 1) * 3 * 64},
                          {},
                          {batch.origins.begin() + l * 3, batch.origins.begin() + (l + 1) * 3}};
      expect_equal(part, take(*alone[static_cast<std::size_t>(l)]));
    }
  }
}

TEST(BatchLoader, FrozenNoiseHasEpochZeroAndTheSameCrops) {
  const auto source = std::make_shared<PatternSource>(2);
  BatchLoaderOptions frozen = usual_options();
  frozen.noise = NoiseDraw::kFrozen;
  BatchLoader a(cache_of(source), {{1, {0, 1}}}, frozen), b(cache_of(source), {{1, {0, 1}}}, usual_options());
  for (int t = 0; t < 4; ++t) {
    const Batch x = take(a), y = take(b);
    EXPECT_EQ(x.first, y.first);
    EXPECT_EQ(x.origins[2].epoch, 0u);
    EXPECT_EQ(y.origins[2].epoch, static_cast<std::uint32_t>((3 * t + 2) / 2));
  }
}

TEST(BatchLoader, ErrorsOfTheThreadReachTheConsumerAtTheirBatch) {
  for (const int threads : {1, 3}) {
    const auto source = std::make_shared<PatternSource>(12, 7);
    BatchLoaderOptions options = usual_options();
    options.threads = threads;
    BatchLoader loader(cache_of(source), {{2, first_examples(12)}}, options);
    EpochOrder order(2, 12);
    std::int64_t at = 0;
    while (order.at(at).index != 7) {
      ++at;
    }
    for (std::int64_t t = 0; t < at / 3; ++t) {
      (void)take(loader);
    }
    for (int again = 0; again < 2; ++again) {
      EXPECT_EQ(message_of(ErrorKind::kData, [&] { (void)take(loader); }), "pattern 7: damaged");
      EXPECT_EQ(loader.position(), at / 3);
    }
  }
}

TEST(BatchLoader, ImagesThatCannotBeCroppedAreNamedAtTheStart) {
  const auto source = std::make_shared<PatternSource>(50);
  BatchLoaderOptions options = usual_options();
  options.crop.height = options.crop.width = 21;
  const std::string message = message_of(ErrorKind::kData, [&] {
    BatchLoader loader(cache_of(source), {{0, first_examples(50)}}, options);
  });
  EXPECT_TRUE(contains(message, "pattern 0: 20x20") && contains(message, "more")) << message;
  BatchLoader fits(cache_of(source), {{0, {4, 7}}}, options);  // 21x24 and 21x22
  options.crop.height = options.crop.width = 0;
  EXPECT_TRUE(contains(message_of(ErrorKind::kData,
                                  [&] {
                                    BatchLoader loader(cache_of(source), {{0, {4, 7}}}, options);
                                  }),
                       "pattern 7"));
  BatchLoader whole(cache_of(source), {{0, {4, 19}}}, options);
  EXPECT_TRUE((whole.shape() == Shape4{3, 1, 21, 24}));
}

TEST(BatchLoader, WrongOptionsAreRefused) {
  const auto source = std::make_shared<PatternSource>(5);
  const auto refused = [&](std::vector<LaneExamples> lanes, auto change) {
    BatchLoaderOptions options = usual_options();
    change(options);
    return !message_of(ErrorKind::kUsage, [&] {
              BatchLoader loader(cache_of(source), lanes, options);
            }).empty();
  };
  const std::vector<LaneExamples> lanes = {{0, {1}}};
  EXPECT_TRUE(refused(lanes, [](auto& o) { o.batch = 0; }));
  EXPECT_TRUE(refused(lanes, [](auto& o) { o.depth = 0; }));
  EXPECT_TRUE(refused(lanes, [](auto& o) { o.threads = 0; }));
  EXPECT_TRUE(refused(lanes, [](auto& o) { o.crop.height = 0; }));
  EXPECT_TRUE(refused({}, [](auto&) {}));
  EXPECT_TRUE(refused({{0, {}}}, [](auto&) {}));
  EXPECT_TRUE(refused({{0, {1}, -1}}, [](auto&) {}));
}

TEST(BatchLoader, NextAllocatesNothing) {
  const auto source = std::make_shared<PatternSource>(9);
  BatchLoader loader(cache_of(source), {{3, first_examples(9)}}, usual_options());
  Batch batch = take(loader);
  reset_allocations();
  for (int t = 0; t < 50; ++t) {
    loader.next(batch.first, batch.second, batch.origins);
  }
  EXPECT_EQ(allocations().requests, 0u);
}

class SlowSource final : public ImageSource {
 public:
  std::int64_t count() const override { return 1000; }
  std::string name(std::int64_t) const override { return "slow"; }
  ImageInfo info(std::int64_t) const override { return {1, 8, 8, 8, true, 1}; }
  Image load(std::int64_t) const override {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return pattern_image(1, 8, 8);
  }
};

TEST(BatchLoader, StopsAfterTheImageInWork) {
  BatchLoaderOptions options = usual_options();
  options.batch = 500;
  auto loader = std::make_unique<BatchLoader>(cache_of(std::make_shared<SlowSource>()),
                                              std::vector{LaneExamples{0, first_examples(1000)}}, options);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  const auto start = std::chrono::steady_clock::now();
  loader.reset();
  // A whole batch takes 10 s.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST(BatchLoader, ServesGeneratedImages) {
  DeadLeavesOptions images;
  images.height = images.width = 40;
  images.channels = 3;
  images.count = 6;
  const auto source = dead_leaves_source(images);
  BatchLoaderOptions options = usual_options();
  options.crop = {CropMode::kCenter, 0, 0, Augment::kNone};
  BatchLoader loader(cache_of(source), {{0, training_subset(0, 6, 2)}}, options);
  const Batch batch = take(loader);
  const std::vector<float> expected = source->load(batch.origins[0].example).pixels;
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), batch.first.begin()));
}

}  // namespace
}  // namespace selfsame
