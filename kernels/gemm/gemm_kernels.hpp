// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// The loops of gemm_simd.cpp, once per instruction set and type. Private to this folder.
//
// op(a) is packed to panels of up to `rows` rows, op(b) to strips of `columns` columns, both with the summed
// index outermost: panel[p][panel_pitch], strip[p][columns].

namespace selfsame {

template <typename T>
struct GemmLoops {
  int rows, columns;  ///< of c that stay in registers over a block of the sum
  int panel_pitch;    ///< at least `rows`

  /// One panel or strip from rows of consecutive terms of the sum:
  /// to[p * pitch + o] = from[o * outer_stride + p] for o < outer, p < count; what fills the pitch up is
  /// never used. `pitch` is panel_pitch or columns.
  void (*pack_turned)(T* to, int pitch, const T* from, std::int64_t outer_stride, int outer, int count);
  /// All panels or strips of a block from rows that lie as they are wanted, in one pass from end to end:
  /// to[q * packed + p * pitch + o] = from[p * sum_stride + begin[q] + o] for o < begin[q + 1] - begin[q],
  /// q < pieces. `readable` elements from `from` on may be read in every row.
  void (*pack_rows)(T* to, std::int64_t packed, int pitch, const T* from, std::int64_t sum_stride,
                    const int* begin, int pieces, std::int64_t readable, int count);
  /// c[i][j] = alpha * sum_p panel[p][i] * strip[p][j] + beta * c[i][j] for i < row_count <= rows and
  /// j < column_count <= columns; c is not read if beta is 0.
  void (*tile)(T* c, std::int64_t c_pitch, const T* panel, const T* strip, int count, int row_count,
               int column_count, T alpha, T beta);
  /// c[j] = alpha * part[j] + beta * c[j]; c is not read if beta is 0.
  void (*add_row)(T* c, const T* part, std::int64_t count, T alpha, T beta);
};

struct GemmKernels {
  GemmLoops<float> in_float;
  GemmLoops<double> in_double;
  [[nodiscard]] const GemmLoops<float>& of(float) const { return in_float; }
  [[nodiscard]] const GemmLoops<double>& of(double) const { return in_double; }
};
SELFSAME_DECLARE_ISA_TABLE(GemmKernels, gemm_kernels)

}  // namespace selfsame
