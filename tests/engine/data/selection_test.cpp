// SPDX-License-Identifier: Apache-2.0
#include "engine/data/selection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>

#include "tests/support/image_files.hpp"

namespace selfsame {
namespace {

TEST(Selection, TrainingSubsetsAreNested) {
  const std::vector<std::uint32_t> all = training_subset(5, 100, 100);
  for (std::int64_t n = 1; n <= 100; ++n) {
    const std::vector<std::uint32_t> subset = training_subset(5, 100, n);
    EXPECT_TRUE(std::equal(subset.begin(), subset.end(), all.begin())) << n;
    EXPECT_EQ(subset.size(), static_cast<std::size_t>(n));
  }
  EXPECT_EQ(std::set<std::uint32_t>(all.begin(), all.end()).size(), 100u);
  EXPECT_NE(all, training_subset(6, 100, 100));
}

TEST(Selection, ValidationIsDisjointFromEveryTrainingSubsetThatLeavesRoom) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<std::uint32_t> all = training_subset(seed, 50, 38);
    const std::vector<std::uint32_t> held_out = validation_subset(seed, 50, 12);
    EXPECT_EQ(held_out.size(), 12u);
    all.insert(all.end(), held_out.begin(), held_out.end());
    EXPECT_EQ(std::set<std::uint32_t>(all.begin(), all.end()).size(), 50u);
  }
}

TEST(Selection, RefusesSizesThatAreNotThere) {
  for (const std::int64_t size : {-1, 0, 11}) {
    EXPECT_TRUE(contains(message_of(ErrorKind::kUsage, [&] { (void)training_subset(0, 10, size); }), "10"));
    EXPECT_TRUE(contains(message_of(ErrorKind::kUsage, [&] { (void)validation_subset(0, 10, size); }), "10"));
  }
}

TEST(EpochOrder, EveryEpochIsAnotherPermutation) {
  EpochOrder order(3, 40);
  std::set<std::vector<std::int64_t>> orders;
  for (std::uint32_t epoch = 0; epoch < 10; ++epoch) {
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < 40; ++i) {
      const EpochOrder::Place place = order.at(epoch * 40 + i);
      EXPECT_EQ(place.epoch, epoch);
      indices.push_back(place.index);
    }
    orders.insert(indices);
    std::sort(indices.begin(), indices.end());
    for (std::int64_t i = 0; i < 40; ++i) {
      EXPECT_EQ(indices[static_cast<std::size_t>(i)], i);
    }
  }
  EXPECT_EQ(orders.size(), 10u);
}

TEST(EpochOrder, IsAFunctionOfThePositionAlone) {
  EpochOrder forward(9, 17), backward(9, 17);
  std::vector<std::int64_t> expected;
  for (std::int64_t t = 0; t < 100; ++t) {
    expected.push_back(forward.at(t).index);
  }
  for (std::int64_t t = 99; t >= 0; --t) {
    EXPECT_EQ(backward.at(t).index, expected[static_cast<std::size_t>(t)]);
    EXPECT_EQ(EpochOrder(9, 17).at(t).index, expected[static_cast<std::size_t>(t)]);
  }
}

TEST(EpochOrder, PermutationsOfThreeAreEquallyFrequent) {
  std::map<std::array<std::int64_t, 3>, int> counts;
  EpochOrder order(1, 3);
  constexpr int kEpochs = 6000;
  for (std::int64_t e = 0; e < kEpochs; ++e) {
    ++counts[{order.at(3 * e).index, order.at(3 * e + 1).index, order.at(3 * e + 2).index}];
  }
  ASSERT_EQ(counts.size(), 6u);
  for (const auto& [permutation, count] : counts) {
    // Binomial with mean 1000 and standard deviation 28.9; five of these.
    EXPECT_NEAR(count, kEpochs / 6, 145);
  }
}

}  // namespace
}  // namespace selfsame
