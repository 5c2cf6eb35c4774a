// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "kernels/device/bf16.hpp"

// How a GPU block transforms lines in shared memory: pure host arithmetic. Shared by the Fourier transform
// and the SENSE operator.

namespace selfsame {

/// Division by a number that the host knows: one multiplication. Exact for x * divisor < 2^32.
struct FastDivision {
  int divisor = 1;
  std::uint32_t magic = 0;  // ceil(2^32 / divisor), 0 for 1

  FastDivision() = default;
  explicit FastDivision(std::int64_t by)
      : divisor(static_cast<int>(by)),
        magic(by == 1 ? 0
                      : static_cast<std::uint32_t>(
                            ((std::uint64_t{1} << 32) + static_cast<std::uint64_t>(by) - 1) /
                            static_cast<std::uint64_t>(by))) {}
  [[nodiscard]] SELFSAME_HOST_DEVICE int operator()(int x) const {
    return magic == 0 ? x : static_cast<int>((static_cast<std::uint64_t>(x) * magic) >> 32);
  }
};

/// One step of a mixed-radix transform that sorts as it goes (Stockham). With p the product of the radices
/// before it, the step makes transforms of p*radix points of those of p points.
struct LineStage {
  int radix;
  int count;   // butterflies of a line: n / radix
  int stride;  // between neighbouring twiddles in the table of n roots: n / (p * radix)
  FastDivision by_count, by_product, by_group;  // n / radix; p; p * radix
};

/// The transform of n points. Radices 8, 4, 2, 5, 7 and 3 have a butterfly of their own; any other prime is
/// summed as it stands.
struct LinePlan {
  static constexpr int kMaxStages = 12;
  int n = 1, centre = 0;
  int padded = 0;  // elements between lines in shared memory
  int stages = 0;
  bool roots_shared =
      false;  // a step without a butterfly reads the table all over: it is kept in shared memory
  FastDivision by_n;
  LineStage stage[kMaxStages];
};

/// Element i of a line lies at line_place(i): one gap in 16, so that strides of 2 to 16 touch all banks.
[[nodiscard]] SELFSAME_HOST_DEVICE inline int line_place(int i) { return i + (i >> 4); }

/// What a block works on at a time.
struct LineBlock {
  int units = 1;  // neighbouring lines of a plane
  int coils = 1;  // planes
  int threads = 256;
  std::size_t shared_bytes = 0;
};

/// What kernels do with lines besides transforming them.
struct LineUse {
  bool columns = false;  // lines run along H: neighbouring columns are read together
  bool combine = false;  // coils are summed, in shared memory too
};

/// True if a line of n points can be transformed in shared memory, with every use.
[[nodiscard]] bool line_fits(std::int64_t n);
/// Errors: Error(kInternal) unless line_fits.
[[nodiscard]] LinePlan make_line_plan(std::int64_t n);
/// `lines` of a plane and `coils` planes are there.
[[nodiscard]] LineBlock choose_line_block(const LinePlan& plan, LineUse use, std::int64_t lines,
                                          std::int64_t coils);

}  // namespace selfsame
