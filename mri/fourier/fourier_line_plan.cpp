// SPDX-License-Identifier: Apache-2.0
#include "mri/fourier/fourier_line_plan.hpp"

#include <algorithm>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kComplexBytes = 8;
/// Two such blocks fit a multiprocessor of every GPU of sm_90, one fits each since sm_80.
constexpr std::size_t kSharedBytes = std::size_t{96} << 10;
/// Points of a block: one radix-8 butterfly for each of 256 threads.
constexpr std::int64_t kPoints = 2048;
/// Neighbouring columns that are read together: 64 bytes, two sectors of memory.
constexpr std::int64_t kColumns = 8;

/// Two buffers of `lines`, sums of `units` lines, and the table of roots.
std::size_t bytes_of(const LinePlan& plan, std::int64_t units, std::int64_t coils, bool combine) {
  const auto n = static_cast<std::int64_t>(plan.n);
  const std::int64_t elements =
      2 * units * coils * plan.padded + (combine ? units * n : 0) + (plan.roots_shared ? n : 0);
  return static_cast<std::size_t>(elements) * kComplexBytes;
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
  // 2 modulo 16: then eight neighbouring columns times two rows of them touch all banks.
  plan.padded = (line_place(plan.n - 1) + 1 + 13) / 16 * 16 + 2;
  plan.by_n = FastDivision(n);
  std::int64_t product = 1;
  while (product < n) {
    const int radix = next_radix(n / product);
    SELFSAME_CHECK(plan.stages < LinePlan::kMaxStages, "{} points have too many factors", n);
    plan.stage[plan.stages++] = {radix,
                                 static_cast<int>(n / radix),
                                 static_cast<int>(n / (product * radix)),
                                 FastDivision(n / radix),
                                 FastDivision(product),
                                 FastDivision(product * radix)};
    plan.roots_shared = plan.roots_shared || radix > 8;
    product *= radix;
  }
  return plan;
}

}  // namespace

bool line_fits(std::int64_t n) {
  constexpr std::int64_t kMost = kSharedBytes / kComplexBytes;  // before anything is computed in int
  return n >= 1 && n <= kMost && bytes_of(plan_of(n), 1, 1, true) <= kSharedBytes;
}

LinePlan make_line_plan(std::int64_t n) {
  SELFSAME_CHECK(line_fits(n), "a line of {} points does not fit shared memory", n);
  return plan_of(n);
}

LineBlock choose_line_block(const LinePlan& plan, LineUse use, std::int64_t lines, std::int64_t coils) {
  const std::int64_t room = std::max<std::int64_t>(1, kPoints / plan.n);  // lines of a block
  // As many as fit, but such that the last block has about as much to do as the others.
  const auto even_share = [](std::int64_t count, std::int64_t most) {
    const std::int64_t shares = (count + most - 1) / most;
    return (count + shares - 1) / shares;
  };
  std::int64_t units = 1, together = 1;
  if (use.columns) {
    units = kColumns;
    while (units > 1 && (units / 2 >= lines || bytes_of(plan, units, 1, use.combine) > kSharedBytes)) {
      units /= 2;
    }
    together = even_share(coils, std::max<std::int64_t>(1, room / units));
  } else {
    together = even_share(coils, room);
    units = even_share(lines, std::max<std::int64_t>(1, room / together));
  }
  LineBlock block;
  block.units = static_cast<int>(units);
  block.coils = static_cast<int>(together);
  block.threads = units * together * plan.n > kPoints ? 512 : 256;
  block.shared_bytes = bytes_of(plan, units, together, use.combine);
  return block;
}

}  // namespace selfsame
