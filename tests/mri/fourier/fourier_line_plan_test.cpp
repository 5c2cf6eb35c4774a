// SPDX-License-Identifier: Apache-2.0
#include "mri/fourier/fourier_line_plan.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <string>

#include "kernels/base/error.hpp"
#if defined(SELFSAME_SIMULATED)
#include "kernels/device/sim/traffic.hpp"
#endif

namespace selfsame {
namespace {

TEST(FourierLinePlan, DivisionsAreExact) {
  for (int divisor = 1; divisor <= 3000; divisor += divisor < 70 ? 1 : 37) {
    const FastDivision by(divisor);
    for (int x = 0; x < 100000; x += x < 200 ? 1 : 61) {
      ASSERT_EQ(by(x), x / divisor) << x << " / " << divisor;
    }
    for (int multiple = divisor; multiple < 100000; multiple += divisor) {
      ASSERT_EQ(by(multiple), multiple / divisor);
      ASSERT_EQ(by(multiple - 1), multiple / divisor - 1);
    }
  }
}

TEST(FourierLinePlan, StepsMultiplyToTheNumberOfPoints) {
  for (std::int64_t n = 1; n <= 2100; ++n) {
    ASSERT_TRUE(line_fits(n)) << n;
    const LinePlan plan = make_line_plan(n);
    std::int64_t product = 1;
    for (int i = 0; i < plan.stages; ++i) {
      const LineStage& s = plan.stage[i];
      EXPECT_EQ(s.by_product.divisor, product) << n;
      EXPECT_EQ(s.count, n / s.radix) << n;
      product *= s.radix;
      EXPECT_EQ(s.by_group.divisor, product) << n;
      EXPECT_EQ(s.stride, n / product) << n;
      EXPECT_TRUE(s.radix <= 8 || plan.direct) << n;
      if (s.radix > 8) {  // a prime
        for (int d = 2; d * d <= s.radix; ++d) {
          EXPECT_NE(s.radix % d, 0) << n << ": step of " << s.radix;
        }
      }
    }
    EXPECT_EQ(product, n);
    EXPECT_EQ(plan.centre, n / 2);
    // Every step but the first has (radix - 1) * product roots: the products telescope.
    EXPECT_LT(plan.step_roots, n);
    if (!plan.direct && n > 1) {
      EXPECT_EQ(plan.step_roots, n - plan.stage[0].radix);
    }
  }
  const LinePlan common = make_line_plan(368);  // 2^4 * 23
  ASSERT_EQ(common.stages, 3);
  EXPECT_EQ(common.stage[0].radix, 8);
  EXPECT_EQ(common.stage[2].radix, 23);
}

TEST(FourierLinePlan, PlacesAreDistinctAndFitTheBuffer) {
  for (int pad = 0; pad <= 8; ++pad) {
    for (int i = 1; i < 5000; ++i) {
      ASSERT_GT(line_place(i, pad), line_place(i - 1, pad));
    }
  }
  for (const std::int64_t n : {1, 5, 92, 96, 100, 210, 320, 368, 640, 2048}) {
    const LinePlan plan = make_line_plan(n);
    for (const bool columns : {false, true}) {
      const LineBlock block = choose_line_block(plan, {columns, false}, 640, 15);
      const int last = block.units * block.coils * plan.n - 1;
      EXPECT_EQ(block.layout.by_lines.divisor, block.units * block.coils);
      // In place between two transforms.
      EXPECT_EQ(block.layout.pad_before(0, plan.stages), block.layout.pad_before(plan.stages, plan.stages));
      for (int step = 0; step <= plan.stages; ++step) {
        EXPECT_LT(line_place(last, block.layout.pad_before(step, plan.stages)), block.buffer) << n;
      }
    }
  }
}

#if defined(SELFSAME_SIMULATED)

/// Shared memory of a block's work, for all warps: item i of thread i accesses the places that `place` gives.
template <typename Place>
void add_wavefronts(simulated::Service& sum, int items, Place place) {
  for (int first = 0; first < items; first += 32) {
    simulated::WarpAccess access;
    access.bytes = 8;
    for (int lane = 0; lane < 32 && first + lane < items; ++lane) {
      access.lanes |= 1u << lane;
      access.address[static_cast<std::size_t>(lane)] = 8 * static_cast<std::uint64_t>(place(first + lane));
    }
    const simulated::Service one = simulated::shared_wavefronts(access);
    sum.served += one.served;
    sum.least += one.least;
  }
}

struct StepTraffic {
  simulated::Service loads, stores, roots;
};

/// What butterfly_step of fourier_lines.cuh accesses.
StepTraffic traffic_of(const LinePlan& plan, const LineLayout& layout, int step) {
  const LineStage& s = plan.stage[step];
  const int lines = layout.by_lines.divisor, product = s.by_product.divisor, items = s.count * lines;
  const int from = layout.pad_before(step, plan.stages), to = layout.pad_before(step + 1, plan.stages);
  StepTraffic traffic;
  for (int q = 0; q < s.radix; ++q) {
    add_wavefronts(traffic.loads, items, [&](int i) { return line_place(i + q * items, from); });
    add_wavefronts(traffic.stores, items, [&](int i) {
      const int t = i / lines, group = t / product, k = t % product;
      return line_place((group * product * s.radix + q * product + k) * lines + i % lines, to);
    });
    if (q > 0 && product > 1) {
      add_wavefronts(traffic.roots, items, [&](int i) { return (q - 1) * product + i / lines % product; });
    }
  }
  return traffic;
}

// Half a warp is 16 / lines butterflies of all lines. It reads 16 neighbouring numbers, which start at a
// multiple of 16, as the gaps do, if (n / radix) * lines is one; it writes 16 neighbouring ones if the
// product before the step is a multiple of 16 / lines, and after the first step as the gaps are made for.
TEST(FourierLinePlan, ButterfliesOfUsualSizesHaveNoBankConflicts) {
  for (const std::int64_t n : {64, 96, 128, 192, 256, 320, 368, 384, 512, 640, 768}) {
    const LinePlan plan = make_line_plan(n);
    for (const std::int64_t coils : {1, 2, 4, 5, 8, 12, 15, 16, 20, 32}) {
      for (const bool columns : {false, true}) {
        const LineBlock block = choose_line_block(plan, {columns, false}, n, coils);
        ASSERT_GE(block.units * block.coils, 2) << n;
        for (int step = 0; step < plan.stages && plan.stage[step].radix <= 8; ++step) {
          SCOPED_TRACE(std::to_string(n) + (columns ? " columns of " : " rows of ") + std::to_string(coils) +
                       " coils, step " + std::to_string(step));
          const StepTraffic traffic = traffic_of(plan, block.layout, step);
          const int start = plan.stage[step].count * block.units * block.coils;  // rows of 368: 46 * 4
          if (block.layout.pad_before(step, plan.stages) == 0 || start % 16 == 0) {
            EXPECT_EQ(traffic.loads.served, traffic.loads.least);
          }
          EXPECT_EQ(traffic.stores.served, traffic.stores.least);
          EXPECT_EQ(traffic.roots.served, traffic.roots.least);
        }
      }
    }
  }
}

// One gap lies among 16 neighbours at most: what is behind it meets what is before it, two to a bank.
TEST(FourierLinePlan, ButterfliesOfAnySizeReadAtMostTwiceForAHalfWarp) {
  for (std::int64_t n = 2; n <= 700; ++n) {
    const LinePlan plan = make_line_plan(n);
    for (const bool columns : {false, true}) {
      const LineBlock block = choose_line_block(plan, {columns, false}, n, 4);
      for (int step = 0; step < plan.stages && plan.stage[step].radix <= 8; ++step) {
        const StepTraffic traffic = traffic_of(plan, block.layout, step);
        EXPECT_LE(traffic.loads.served, 2 * traffic.loads.least) << n << " step " << step;
        if (block.layout.pad_before(step, plan.stages) == 0) {
          EXPECT_EQ(traffic.loads.served, traffic.loads.least) << n << " step " << step;
        }
      }
    }
  }
}

#endif

TEST(FourierLinePlan, BlocksFitAMultiprocessor) {
  for (const std::int64_t n : {1, 2, 7, 64, 320, 368, 640, 641, 1024, 2039, 2048, 2900}) {
    const LinePlan plan = make_line_plan(n);
    for (const std::int64_t lines : {1, 3, 640}) {
      for (const std::int64_t coils : {1, 4, 15}) {
        for (const bool columns : {false, true}) {
          for (const bool combine : {false, true}) {
            const LineBlock block = choose_line_block(plan, {columns, combine}, lines, coils);
            EXPECT_LE(block.shared_bytes, std::size_t{96} << 10) << n;
            EXPECT_GE(block.units, 1);
            EXPECT_LE(block.units, columns ? 8 : 2 * lines - 1) << n;
            EXPECT_GE(block.coils, 1);
            const std::int64_t taken = (coils + block.coils - 1) / block.coils * block.coils;
            EXPECT_LE((taken - coils) * 8, taken) << n;  // places that stay empty
            const std::int64_t elements = std::int64_t{block.units} * block.coils * n;
            EXPECT_TRUE(std::has_single_bit(static_cast<std::uint64_t>(block.units * block.coils)));
            EXPECT_TRUE(block.roots_shared || !plan.direct) << n;
            EXPECT_GE(block.shared_bytes, static_cast<std::size_t>(elements) * 16);
          }
        }
      }
    }
  }
  // Eight neighbouring columns of the usual heights are taken together.
  EXPECT_EQ(choose_line_block(make_line_plan(640), {true, false}, 368, 15).units, 8);
  EXPECT_EQ(choose_line_block(make_line_plan(320), {true, true}, 320, 15).units, 8);
  // Roots are kept where several lines read them.
  for (const std::int64_t n : {96, 320, 368, 384, 640}) {
    EXPECT_TRUE(choose_line_block(make_line_plan(n), {true, false}, n, 15).roots_shared) << n;
    EXPECT_EQ(choose_line_block(make_line_plan(n), {false, true}, n, 15).roots_shared, n < 640) << n;
  }
  EXPECT_FALSE(choose_line_block(make_line_plan(2048), {false, false}, 8, 1).roots_shared);  // one line
}

TEST(FourierLinePlan, TooLongALineIsAnError) {
  EXPECT_FALSE(line_fits(0));
  EXPECT_FALSE(line_fits(1 << 20));
  EXPECT_THROW(static_cast<void>(make_line_plan(1 << 20)), Error);
}

}  // namespace
}  // namespace selfsame
