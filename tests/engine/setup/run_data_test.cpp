// SPDX-License-Identifier: Apache-2.0
#include "engine/setup/run_data.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "engine/data/dead_leaves.hpp"
#include "engine/data/selection.hpp"
#include "engine/kspace/kspace_data.hpp"
#include "mri/files/png_file.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_kspace_run.hpp"
#include "tests/support/tiny_run.hpp"

namespace selfsame {
namespace {

using Places = std::vector<std::uint32_t>;

TrainConfig config_with(std::vector<std::string> overrides, const char* text = kTinyRun) {
  return parse_train_config(text, "tiny", std::filesystem::current_path(), overrides);
}

std::unique_ptr<Model> tiny_model() { return make_unet({1, 1, 4, 1, true}); }

bool contains(const Places& all, const Places& part) {
  const std::set<std::uint32_t> known(all.begin(), all.end());
  return std::all_of(part.begin(), part.end(), [&](std::uint32_t p) { return known.contains(p); });
}

bool disjoint(const Places& a, const Places& b) {
  const std::set<std::uint32_t> known(a.begin(), a.end());
  return std::none_of(b.begin(), b.end(), [&](std::uint32_t p) { return known.contains(p); });
}

TEST(TrainingPlaces, WithoutASeedAreTheFirst) {
  DataConfig data;
  for (const std::int64_t size : {1, 7, 20}) {
    data.train_size = size;
    Places first(static_cast<std::size_t>(size));
    std::iota(first.begin(), first.end(), 0u);
    EXPECT_EQ(training_places(data, 20), first);
  }
  data.train_size = 0;
  EXPECT_EQ(training_places(data, 20).size(), 20u);
}

TEST(TrainingPlaces, OfASeedAreNestedAndWithinWhatIsAvailable) {
  std::set<Places> seen;
  for (std::int64_t seed = 0; seed < 20; ++seed) {
    DataConfig data;
    data.train_seed = seed;
    Places larger = training_places(data, 40);
    EXPECT_TRUE(std::is_permutation(larger.begin(), larger.end(), training_places(DataConfig{}, 40).begin()))
        << "train_size 0 is all of them";
    for (const std::int64_t size : {40, 39, 20, 8, 1}) {
      data.train_size = size;
      const Places places = training_places(data, 40);
      ASSERT_EQ(places.size(), static_cast<std::size_t>(size));
      EXPECT_EQ(Places(larger.begin(), larger.begin() + size), places) << "the beginning of the larger one";
      larger = places;
    }
    data.train_size = 8;
    seen.insert(training_places(data, 40));
  }
  EXPECT_EQ(seen.size(), 20u) << "every seed draws images of its own";
}

TEST(RunData, ASeedOfTrainingImagesLeavesTheValidationImagesAlone) {
  const std::unique_ptr<Model> model = tiny_model();
  const std::vector<std::string> held_out{"data.train.count=30", "data.validation=null",
                                          "data.validation_count=6"};
  const auto data_of = [&](std::int64_t seed, std::int64_t size) {
    TrainConfig config = config_with(held_out);
    config.data.train_seed = seed;
    config.data.train_size = size;
    return open_run_data(config, *model);
  };
  const RunData plain = data_of(-1, 0);
  EXPECT_EQ(plain.validation_examples, validation_subset(0, 30, 6));
  EXPECT_EQ(plain.train_examples, training_subset(0, 30, 24)) << "without a seed: as before there was one";
  EXPECT_EQ(data_of(-1, 5).train_examples, training_subset(0, 30, 5));
  for (std::int64_t seed = 0; seed < 8; ++seed) {
    Places larger = plain.train_examples;
    for (const std::int64_t size : {24, 10, 3}) {
      const RunData data = data_of(seed, size);
      EXPECT_EQ(data.validation_examples, plain.validation_examples);
      EXPECT_TRUE(disjoint(data.train_examples, data.validation_examples));
      EXPECT_TRUE(contains(larger, data.train_examples)) << "seed " << seed << ", " << size << " images";
      EXPECT_EQ(std::set(data.train_examples.begin(), data.train_examples.end()).size(),
                static_cast<std::size_t>(size));
      larger = data.train_examples;
    }
  }
}

TEST(RunData, OfKSpaceDrawsVolumesBySeed) {
  const auto data_of = [&](std::int64_t seed, std::int64_t size) {
    TrainConfig config = config_with(
        {"data.validation=null", "data.validation_count=2", "data.train.count=12"}, kTinyKSpaceRun);
    config.data.train_seed = seed;
    config.data.train_size = size;
    return open_kspace_run_data(config);
  };
  const KSpaceRunData plain = data_of(-1, 0);
  std::set<Places> seen;
  for (std::int64_t seed = 0; seed < 8; ++seed) {
    const KSpaceRunData all = data_of(seed, 0), some = data_of(seed, 4);
    EXPECT_EQ(all.validation_examples, plain.validation_examples);
    EXPECT_TRUE(disjoint(all.train_examples, all.validation_examples));
    EXPECT_TRUE(std::is_permutation(all.train_examples.begin(), all.train_examples.end(),
                                    plain.train_examples.begin(), plain.train_examples.end()));
    EXPECT_EQ(Places(all.train_examples.begin(), all.train_examples.begin() + 4), some.train_examples);
    seen.insert(some.train_examples);
  }
  EXPECT_GT(seen.size(), 4u);
}

TEST(SharedSources, OpensEachSourceOnce) {
  const TemporaryFolder folder;
  for (int i = 0; i < 6; ++i) {
    DeadLeavesOptions leaves;
    leaves.height = leaves.width = 24;
    write_png((folder / fmt::format("{}.png", i)).string(), dead_leaves_image(leaves, i), 8);
  }
  const std::string source =
      fmt::format(R"(data.train={{"type": "folder", "path": "{}"}})", folder.path().string());
  const std::unique_ptr<Model> model = tiny_model();
  SharedSources shared;
  const RunData first = open_run_data(config_with({source}), *model, &shared);
  for (int i = 0; i < 5; ++i) {
    std::filesystem::remove(folder / fmt::format("{}.png", i));
  }
  const RunData second = open_run_data(
      config_with({source, "seed=4", "data.train_size=3", "data.train_seed=9"}), *model, &shared);
  EXPECT_EQ(second.train, first.train);
  EXPECT_EQ(second.validation, first.validation);
  EXPECT_EQ(second.train->count(), 6);
  EXPECT_EQ(open_run_data(config_with({source}), *model).train->count(), 1) << "alone it opens its own";
  // What changes the images that are seen is another source.
  EXPECT_NE(
      shared.open(config_with({source}).data.train, config_with({source, "data.channels=3"}).data, 1).source,
      first.train);
  EXPECT_EQ(shared.cache(first.train), shared.cache(second.train));
  EXPECT_NE(shared.cache(first.train), shared.cache(first.validation));
}

}  // namespace
}  // namespace selfsame
