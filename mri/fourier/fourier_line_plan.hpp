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
  int roots;   // where the step's own table starts, in numbers, if it has a butterfly
  FastDivision by_product, by_group;  // p; p * radix
};

/// The transform of n points. Radices 8, 4, 2, 5, 7 and 3 have a butterfly of their own; any other prime is
/// summed as it stands.
///
/// Roots: a butterfly k of a group multiplies number q = 1 ... radix - 1 by root q * k * stride. Every step
/// has them in a table of its own, [q - 1][k], so that neighbouring butterflies read neighbouring numbers.
/// The first step needs none; the tables of all the others lie one after another, and are less than n
/// together. A step without a butterfly reads the n roots as they are.
struct LinePlan {
  static constexpr int kMaxStages = 12;
  int n = 1, centre = 0;
  int stages = 0;
  int step_roots = 0;   // numbers in the steps' tables
  bool direct = false;  // has a step without a butterfly
  FastDivision by_n;
  LineStage stage[kMaxStages];
};

/// Number x of a buffer in shared memory: `pad` gaps after every 16.
[[nodiscard]] SELFSAME_HOST_DEVICE inline int line_place(int x, int pad) { return x + (x >> 4) * pad; }

/// How the lines of a block lie in shared memory: number e of line l is number e * lines + l of a buffer. The
/// threads of a block take the lines of one element together, so that half a warp, which is served at a time,
/// reads and writes 16 neighbouring numbers in all steps - but for
///   - what the first step writes if there are fewer than 16 lines: neighbouring butterflies write radix *
///     lines numbers apart. With 16 / radix gaps after every 16 that is `lines` further, which modulo 16 is
///     where the next butterfly's numbers belong;
///   - rows as they are read from memory and written to it, 16 elements of one line at a time: one gap in 16.
struct LineLayout {
  FastDivision by_lines;
  int edge_pad = 0;   // before the first and after the last step
  int first_pad = 0;  // after the first step of several

  /// The gaps between step `step` - 1 and step `step` of `steps`.
  [[nodiscard]] SELFSAME_HOST_DEVICE int pad_before(int step, int steps) const {
    return step == 0 || step == steps ? edge_pad : step == 1 ? first_pad : 0;
  }
};

/// What a block works on at a time.
struct LineBlock {
  int units = 1;  // neighbouring lines of a plane
  int coils = 1;  // planes
  int threads = 256;
  LineLayout layout;
  int buffer = 0;             // numbers in each of the two buffers
  bool roots_shared = false;  // the tables of roots are copied to shared memory
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
