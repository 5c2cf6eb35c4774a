// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/memory_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

using Arena = MemoryPlan::Arena;

bool overlap(const MemoryPlan::Entry& a, const MemoryPlan::Entry& b) {
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}
bool live_together(const MemoryPlan::Entry& a, const MemoryPlan::Entry& b) {
  return a.birth <= b.death && b.birth <= a.death;
}

/// A plan of `count` tensors with sizes, blocks and lifetimes drawn from the seed.
void fill_at_random(MemoryPlan& plan, std::uint64_t seed, int count) {
  const RandomStream random(seed, RandomPurpose::kTest, 0, 0);
  std::uint64_t at = 0;
  const auto below = [&](std::uint64_t n) { return static_cast<int>(random.below(at++, n)); };
  for (int i = 0; i < count; ++i) {
    const int block = below(2) == 0 ? 1 : 16;
    const int birth = below(40);
    const int death = below(8) == 0 ? MemoryPlan::kForever : birth + below(10);
    const Shape4 shape{1 + below(3), 1 + below(40), 1 + below(9), 1 + below(9)};
    plan.activation(fmt::format("t{}", i), shape, below(3) == 0 ? DType::kF64 : DType::kF32, block, birth,
                    death);
  }
}

}  // namespace

TEST(MemoryPlan, NoTwoLiveEntriesOverlap) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    MemoryPlan plan;
    fill_at_random(plan, seed, 60);
    plan.place();
    std::size_t largest_end = 0, live_bytes = 0;
    for (const auto& a : plan.entries()) {
      EXPECT_EQ(a.offset % 64, 0u);
      largest_end = std::max(largest_end, a.offset + a.bytes);
      live_bytes += a.bytes;
      for (const auto& b : plan.entries()) {
        if (&a != &b && live_together(a, b)) {
          ASSERT_FALSE(overlap(a, b)) << "seed " << seed << ": " << a.name << " and " << b.name;
        }
      }
    }
    EXPECT_EQ(plan.bytes(Arena::kActivations), largest_end);
    EXPECT_LT(largest_end, live_bytes);  // lifetimes of ten ticks in forty: something is always shared
  }
}

TEST(MemoryPlan, SharesMemoryOfEntriesThatNeverLiveTogether) {
  MemoryPlan plan;
  const Shape4 shape{1, 16, 4, 4};
  TensorView* a = plan.activation("a", shape, DType::kF32, 16, 0, 1);
  TensorView* b = plan.activation("b", shape, DType::kF32, 16, 2, 3);
  plan.allocate();
  EXPECT_EQ(a->data, b->data);
  plan.extend(a, 2);
  plan.allocate();
  EXPECT_NE(a->data, b->data);
  EXPECT_EQ(plan.bytes(Arena::kActivations), 2u * 16 * 16 * 4);
}

TEST(MemoryPlan, ExtendNeverShortensALifetime) {
  MemoryPlan plan;
  TensorView* a = plan.activation("a", {1, 1, 4, 4}, DType::kF32, 1, 0, 9);
  plan.extend(a, 3);
  EXPECT_EQ(plan.entries().front().death, 9);
  TensorView stranger;
  EXPECT_THROW(plan.extend(&stranger, 1), Error);
}

TEST(MemoryPlan, CountsPaddedChannelsAndConcatenations) {
  MemoryPlan plan;
  plan.activation("padded", {2, 17, 3, 5}, DType::kF32, 16, 0);
  plan.activation("concat", {1, 6, 2, 2}, DType::kF32, 4, 0, MemoryPlan::kForever, 3);
  EXPECT_EQ(plan.entries()[0].bytes, 2u * 2 * 15 * 16 * 4);
  // (1 + 1) blocks * 4 pixels * 4 channels * 4 bytes are 128, rounded up to a GPU's boundary.
  EXPECT_EQ(plan.entries()[1].bytes, 256u);
}

TEST(MemoryPlan, TableNamesEveryEntryAndTheTotals) {
  MemoryPlan plan;
  plan.activation("enc0.a.y", {1, 1, 8, 8}, DType::kF32, 1, 0);
  plan.note(Arena::kParameters, "enc0.a.weight", "(1, 8, 1, 3, 3)", DType::kF32, 288);
  plan.need_workspace(100);
  plan.need_workspace(64);
  plan.place();
  const std::string table = plan.table();
  EXPECT_NE(table.find("enc0.a.y"), std::string::npos);
  EXPECT_NE(table.find("(1, 8, 1, 3, 3)"), std::string::npos);
  EXPECT_EQ(plan.bytes(Arena::kParameters), 288u);
  EXPECT_EQ(plan.bytes(Arena::kWorkspace), 100u);
  EXPECT_EQ(plan.total_bytes(), 288u + 100 + 256);
}

}  // namespace selfsame
