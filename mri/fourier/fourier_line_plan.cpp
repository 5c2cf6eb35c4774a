// SPDX-License-Identifier: Apache-2.0
#include "mri/fourier/fourier_line_plan.hpp"

#include <algorithm>
#include <bit>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kComplexBytes = 8;
/// Two such blocks fit a multiprocessor of every GPU of sm_90, one fits each since sm_80.
constexpr std::size_t kSharedBytes = std::size_t{96} << 10;
/// Points of a block: at most one radix-8 butterfly for each of 256 threads. Columns may have more.
constexpr std::int64_t kPoints = 2048;
/// Lines of a block, a power of two: half a warp takes all of them, or whole elements of them.
constexpr std::int64_t kLines = 16;
/// Neighbouring columns that are read together: 64 bytes, two sectors of memory.
constexpr std::int64_t kColumns = 8;
/// Gaps in 16 numbers that avoiding bank conflicts is worth.
constexpr int kMostGaps = 4;
/// Lines that must read the same roots for a copy in shared memory.
constexpr std::int64_t kRootReaders = 4;

LineLayout layout_of(const LinePlan& plan, std::int64_t lines, bool columns) {
  LineLayout layout;
  layout.by_lines = FastDivision(lines);
  layout.edge_pad = !columns && lines > 1 ? 1 : 0;
  const int radix = plan.stages > 1 ? plan.stage[0].radix : 1;
  if (radix % 2 == 0 && lines < kLines) {
    const int gaps = std::min(16 / radix, static_cast<int>(lines));
    layout.first_pad = gaps <= kMostGaps ? gaps : 0;
  }
  return layout;
}

/// Roots that a block keeps if it keeps any.
int roots_of(const LinePlan& plan) { return plan.step_roots + (plan.direct ? plan.n : 0); }

/// Two buffers, sums of `units` lines, and the roots. A step without a butterfly reads all roots for every
/// number: they are always kept. Those of the others are read once for every line, by neighbouring threads: a
/// copy of n numbers beside 2 n for each line pays if there are several lines, and is made if there is room -
/// a block takes no fewer lines for it.
LineBlock block_of(const LinePlan& plan, LineUse use, std::int64_t units, std::int64_t coils) {
  const std::int64_t lines = units * coils, numbers = lines * plan.n;
  LineBlock block;
  block.units = static_cast<int>(units);
  block.coils = static_cast<int>(coils);
  block.layout = layout_of(plan, lines, use.columns);
  const int pad = std::max(block.layout.edge_pad, block.layout.first_pad);
  block.buffer = line_place(static_cast<int>(numbers) - 1, pad) + 1;
  const std::int64_t butterflies = (numbers + 7) / 8;
  block.threads = numbers > kPoints
                      ? 512
                      : static_cast<int>(std::clamp<std::int64_t>((butterflies + 31) / 32 * 32, 64, 256));
  const auto bytes = [&](std::int64_t roots) {
    return static_cast<std::size_t>(2 * std::int64_t{block.buffer} + (use.combine ? units * plan.n : 0) +
                                    roots) *
           kComplexBytes;
  };
  block.roots_shared = plan.direct || (lines >= kRootReaders && bytes(roots_of(plan)) <= kSharedBytes);
  block.shared_bytes = bytes(block.roots_shared ? roots_of(plan) : 0);
  return block;
}

/// How many of `count` coils a block takes together: the greatest power of two up to `most`, one itself, of
/// which the last block leaves no more than an eighth of all places empty.
std::int64_t coils_together(std::int64_t count, std::int64_t most) {
  std::int64_t together = most;
  while (together > 1) {
    const std::int64_t taken = (count + together - 1) / together * together;
    if ((taken - count) * 8 <= taken) {
      break;
    }
    together /= 2;
  }
  return together;
}

/// The radix of the next step for a factor m > 1 that is left.
int next_radix(std::int64_t m) {
  for (const int radix : {8, 4, 2, 5, 7, 3}) {
    if (m % radix == 0) {
      return radix;
    }
  }
  std::int64_t prime = 11;
  while (prime * prime <= m && m % prime != 0) {
    prime += 2;
  }
  return static_cast<int>(prime * prime <= m ? prime : m);
}

/// Does not check the size.
LinePlan plan_of(std::int64_t n) {
  LinePlan plan;
  plan.n = static_cast<int>(n);
  plan.centre = static_cast<int>(n / 2);
  plan.by_n = FastDivision(n);
  std::int64_t product = 1;
  while (product < n) {
    const int radix = next_radix(n / product);
    SELFSAME_CHECK(plan.stages < LinePlan::kMaxStages, "{} points have too many factors", n);
    plan.stage[plan.stages++] = {
        radix,           static_cast<int>(n / radix), static_cast<int>(n / (product * radix)),
        plan.step_roots, FastDivision(product),       FastDivision(product * radix)};
    if (radix > 8) {
      plan.direct = true;
    } else if (product > 1) {
      plan.step_roots += static_cast<int>((radix - 1) * product);
    }
    product *= radix;
  }
  return plan;
}

}  // namespace

bool line_fits(std::int64_t n) {
  constexpr std::int64_t kMost = kSharedBytes / kComplexBytes;  // before anything is computed in int
  return n >= 1 && n <= kMost && block_of(plan_of(n), {false, true}, 1, 1).shared_bytes <= kSharedBytes;
}

LinePlan make_line_plan(std::int64_t n) {
  SELFSAME_CHECK(line_fits(n), "a line of {} points does not fit shared memory", n);
  return plan_of(n);
}

LineBlock choose_line_block(const LinePlan& plan, LineUse use, std::int64_t lines, std::int64_t coils) {
  const auto as_power = [](std::int64_t most) {
    return static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(most)));
  };
  const std::int64_t room =
      std::clamp<std::int64_t>(as_power(std::max<std::int64_t>(kPoints / plan.n, 1)), 1, kLines);
  if (!use.columns) {
    const std::int64_t together = coils_together(coils, room);
    std::int64_t units = room / together;
    while (units / 2 >= lines) {
      units /= 2;
    }
    return block_of(plan, use, units, together);
  }
  std::int64_t units = kColumns;
  while (units > 1 && (units / 2 >= lines || block_of(plan, use, units, 1).shared_bytes > kSharedBytes)) {
    units /= 2;
  }
  return block_of(plan, use, units, coils_together(coils, std::max<std::int64_t>(1, room / units)));
}

}  // namespace selfsame
