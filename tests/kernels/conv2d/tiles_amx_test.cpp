// SPDX-License-Identifier: Apache-2.0
// The compiled AMX loops against the emulated tiles, to the bit: on the processor's own tiles, or with every
// tile instruction trapped (tests/support/amx_trap.hpp).
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

#include "kernels/conv2d/tile_kernels.hpp"
#include "kernels/device/isa.hpp"
#include "kernels/device/philox.hpp"
#include "tests/support/amx_trap.hpp"

namespace selfsame {
namespace {

#if defined(SELFSAME_AMX)

class TilesAmx : public testing::Test {
 protected:
  void SetUp() override {
    if (test::AmxTrap::possible()) {
      trap_ = std::make_unique<test::AmxTrap>();
    } else if (!amx_available()) {
      GTEST_SKIP() << "neither tiles nor AVX-512 with BF16 here, or SELFSAME_ISA hides them";
    }
  }
  /// What the trap has seen; null where the processor's own tiles ran.
  [[nodiscard]] const test::AmxTrap::Counts* seen() const { return trap_ ? &trap_->executed() : nullptr; }

 private:
  std::unique_ptr<test::AmxTrap> trap_;
};

/// Normal values; every 50th is a subnormal number, every 51st zero.
std::vector<bf16> random_halves(std::uint64_t seed, std::int64_t count) {
  const RandomStream random(seed, RandomPurpose::kTest, 0, 0);
  std::vector<bf16> values(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    values[static_cast<std::size_t>(i)] =
        i % 50 == 7 ? bf16{0x0021}
                    : to_bf16(i % 51 == 9 ? 0.0f : random.normal(static_cast<std::uint64_t>(i)));
  }
  return values;
}

std::vector<float> random_floats(std::uint64_t seed, std::int64_t count) {
  const RandomStream random(seed, RandomPurpose::kTest, 0, 0);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    values[static_cast<std::size_t>(i)] = random.normal(static_cast<std::uint64_t>(i));
  }
  return values;
}

template <typename T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

struct ProductShape {
  int rows, width, filter, blocks;
};

struct ProductRun {
  std::vector<bf16> y;
  std::int64_t full_steps = 0, half_steps = 0;
};

ProductRun run_product(const TileKernels& kernels, const ProductShape& s) {
  const int pad = s.filter / 2, pitch = s.width + 2 * pad, taps = s.filter * s.filter;
  const std::int64_t positions = (s.rows + 2 * pad) * pitch + 2 * pad + kTileSlack;
  const std::vector<bf16> x = random_halves(1, s.blocks * positions * kTileBlock);
  const std::vector<bf16> w = random_halves(2, std::int64_t{s.blocks} * taps * kTilePair);
  const std::vector<float> bias = random_floats(3, kTileBlock);
  ProductRun run;
  run.y.assign(static_cast<std::size_t>((s.rows * s.width + 1) * kTileBlock),
               bf16{0x1234});  // one pixel more
  std::vector<std::ptrdiff_t> offsets;
  for (int t = 0; t < taps; ++t) {
    offsets.push_back((t / s.filter * pitch + t % s.filter) * kTileBlock);
  }
  TileProductJob job{};
  job.y = run.y.data();
  job.y_row = s.width * kTileBlock;
  job.y_pixel = kTileBlock;
  job.rows = s.rows;
  job.width = s.width;
  job.pitch = pitch;
  job.x = x.data();
  job.x_block = positions * kTileBlock;
  job.taps = offsets.data();
  job.blocks = s.blocks;
  job.tap_count = taps;
  job.w = w.data();
  job.w_block = taps * kTilePair;
  job.w_tap = kTilePair;
  job.bias = bias.data();
  kernels.product(job);
  const int last = (s.rows - 1) * pitch + s.width;
  run.full_steps = last / kPositionsPerStep + (last % kPositionsPerStep > kPositionsPerStep / 2 ? 1 : 0);
  run.half_steps = (last + kPositionsPerStep - 1) / kPositionsPerStep - run.full_steps;
  return run;
}

TEST_F(TilesAmx, ProductsAreThoseOfTheEmulatedTiles) {
  for (const ProductShape& shape : {ProductShape{3, 5, 3, 2}, {1, 40, 3, 1}, {2, 16, 1, 3}, {4, 7, 3, 1}}) {
    const test::AmxTrap::Counts before = seen() != nullptr ? *seen() : test::AmxTrap::Counts{};
    const ProductRun got = run_product(amx_tile_kernels(), shape);
    EXPECT_TRUE(same_bits(got.y, run_product(emulated_tile_kernels(), shape).y))
        << shape.rows << " x " << shape.width << ", filter " << shape.filter << ", blocks " << shape.blocks;
    EXPECT_EQ(got.y.back().bits, 0x1234);
    if (seen() != nullptr) {
      const std::int64_t inner = std::int64_t{shape.blocks} * shape.filter * shape.filter;
      EXPECT_EQ(seen()->configurations - before.configurations, 1);
      EXPECT_EQ(seen()->releases - before.releases, 1);
      EXPECT_EQ(seen()->zeros - before.zeros, 4 * (got.full_steps + got.half_steps));
      EXPECT_EQ(seen()->loads - before.loads, inner * (4 * got.full_steps + 3 * got.half_steps));
      EXPECT_EQ(seen()->products - before.products, inner * (4 * got.full_steps + 2 * got.half_steps));
      EXPECT_EQ(seen()->stores - before.stores, 4 * got.full_steps + 2 * got.half_steps);
    }
  }
}

std::vector<float> run_weight(const TileKernels& kernels, int taps, int chunks, int segments) {
  const std::int64_t pairs = 16 * chunks + 8, right_strip = 2 * pairs * 32;
  const std::vector<bf16> left = random_halves(4, std::int64_t{segments} * chunks * 1024);
  const std::vector<bf16> right = random_halves(5, segments * right_strip);
  std::vector<float> acc = random_floats(6, std::int64_t{taps} * kTilePair);
  TileWeightJob job{};
  job.acc = acc.data();
  job.left = left.data();
  job.left_segment = chunks * 1024;
  for (int tap = 0; tap < taps; ++tap) {
    job.right[tap] = right.data() + (tap % 8) * 32;
  }
  job.right_half = pairs * 32;
  job.right_segment = right_strip;
  job.taps = taps;
  job.chunks = chunks;
  job.segments = segments;
  kernels.weight(job);
  return acc;
}

TEST_F(TilesAmx, WeightGradientsAreThoseOfTheEmulatedTiles) {
  for (const int taps : {1, 4, 9}) {
    EXPECT_TRUE(same_bits(run_weight(amx_tile_kernels(), taps, 3, 2),
                          run_weight(emulated_tile_kernels(), taps, 3, 2)))
        << taps << " taps";
  }
  if (seen() != nullptr) {
    EXPECT_EQ(seen()->products, (1 + 4 + 9) * 3 * 2 * 4);
  }
}

TEST_F(TilesAmx, PackedFiltersAndStripsAreThoseOfTheEmulatedTiles) {
  const auto pack = [](const TileKernels& kernels, bool flipped) {
    const std::vector<float> w = random_floats(7, 21 * 19 * 9);
    std::vector<bf16> to(9 * kTilePair, bf16{0x1234});
    kernels.pack({to.data(), w.data(), flipped ? 9 : 19 * 9, flipped ? 19 * 9 : 9, flipped ? 19 : 21,
                  flipped ? 21 : 19, 9, flipped});
    return to;
  };
  const auto strips = [](const TileKernels& kernels) {
    const std::vector<bf16> from = random_halves(8, 65 * kTileBlock);
    std::vector<bf16> to(3 * 64 * kTileBlock);
    kernels.transpose(to.data(), from.data(), 2);
    kernels.pair(to.data() + 64 * kTileBlock, to.data() + 2 * 64 * kTileBlock, from.data(), 32);
    return to;
  };
  const auto sums = [](const TileKernels& kernels) {
    const std::vector<bf16> from = random_halves(9, 300 * kTileBlock);
    std::vector<double> to(kTileBlock, 0.5);
    kernels.sum_pixels(to.data(), from.data(), 300);
    return to;
  };
  const TileKernels &amx = amx_tile_kernels(), &emulated = emulated_tile_kernels();
  EXPECT_TRUE(same_bits(pack(amx, false), pack(emulated, false)));
  EXPECT_TRUE(same_bits(pack(amx, true), pack(emulated, true)));
  EXPECT_TRUE(same_bits(strips(amx), strips(emulated)));
  EXPECT_TRUE(same_bits(sums(amx), sums(emulated)));
}

#endif

}  // namespace
}  // namespace selfsame
