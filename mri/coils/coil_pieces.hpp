// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>

#include "mri/coils/coil_ops.hpp"
#include "mri/coils/coil_versions.hpp"

// How the CPU versions cut coil stacks into units of work: by shape alone. Private to this folder.

namespace selfsame::coils {

using LoopTable = const CoilLoops& (*)();

[[nodiscard]] constexpr std::int64_t pieces_of(const Shape4& stack) {
  return (stack.h * stack.w + kCoilPiece - 1) / kCoilPiece;
}

/// Calls f(n, first pixel, piece) for the pieces of every sample.
template <typename F>
void for_each_piece(const Shape4& stack, Stream& stream, F&& f) {
  const std::int64_t plane = stack.h * stack.w, pieces = pieces_of(stack);
  stream.pool().run(stack.n * pieces, [&](std::int64_t unit, int) {
    const std::int64_t first = unit % pieces * kCoilPiece;
    f(unit / pieces, first, CoilPiece{stack.c, 2 * plane, std::min(kCoilPiece, plane - first)});
  });
}

/// The first coil's part of a piece.
template <bool IsConst>
auto* piece_of(const BasicComplexView<IsConst>& z, std::int64_t n, std::int64_t first) {
  return z.template plane_of<float>(n, 0) + 2 * first;
}
template <bool IsConst>
auto* piece_of(const BasicTensorView<IsConst>& real, std::int64_t n, std::int64_t first) {
  return real.template as<float>() + n * real.sample_stride + first;
}

}  // namespace selfsame::coils
