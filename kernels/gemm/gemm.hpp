// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

namespace selfsame {

/// How an operand of a product is read.
enum class GemmOp : std::uint8_t { kNone, kTransposed };

/// What decides which version of the product runs.
struct GemmShape {
  std::int64_t lanes = 1, m = 0, n = 0, k = 0;
  GemmOp op_a = GemmOp::kNone, op_b = GemmOp::kNone;
  DType dtype = DType::kF32;
};

/// Matrix product of every lane.
///
///   c[l] = alpha * op_a(a[l]) * op_b(b[l]) + beta * c[l],   op(x) = x or x^T
///   c[l][i][j] = alpha * sum_p op_a(a[l])[i][p] * op_b(b[l])[p][j] + beta * c[l][i][j]
///
/// Its derivative is made of products of the same kind: with op_a = op_b = none, da = dc * b^T, db = a^T *
/// dc.
///
/// @param c  (L, m, n), rows one behind another; overwritten if beta = 0, whatever it held; may not alias a
///           or b
/// @param a  (L, m, k), or (L, k, m) if transposed; a lane stride of 0 gives all lanes the same matrix
/// @param b  (L, k, n), or (L, n, k) if transposed; likewise
/// Errors:   Error(kInternal) with the sizes if they do not fit, if the types differ, or if a type is bf16.
/// Exact:    sums in the type of the operands (the reference's in double); relative error against fp64
///           <= 4e-6 * sqrt(k) in float and 1e-14 * sqrt(k) in double (tested). k = 0 is an empty sum. The
///           bits of a lane depend on m, n, k, the operations and the version only.
/// Cost:     2*L*m*n*k flop.
/// Source:   definition; the CPU version is blocked as in Goto, van de Geijn, "Anatomy of high-performance
///           matrix multiplication", 2008.
void gemm(ParameterView c, double alpha, ConstParameterView a, GemmOp op_a, ConstParameterView b, GemmOp op_b,
          double beta, Stream& stream);

/// Scratch memory of one call with this many CPU threads.
[[nodiscard]] std::size_t gemm_workspace(const GemmShape& shape, int threads, DeviceKind device);

/// A matrix of every lane, (L, rows, columns), for `gemm`.
template <typename T>
[[nodiscard]] ParameterView matrices(T* data, std::int64_t lanes, std::int64_t rows, std::int64_t columns) {
  return {data, dtype_of<T>(), lanes, {rows, columns, 1, 1}, rows * columns};
}
template <typename T>
[[nodiscard]] ConstParameterView matrices(const T* data, std::int64_t lanes, std::int64_t rows,
                                          std::int64_t columns) {
  return {data, dtype_of<T>(), lanes, {rows, columns, 1, 1}, rows * columns};
}

/// One way of computing it. The list is in gemm.cpp, best first, reference last.
struct GemmImplementation {
  const char* name;
  bool (*supports)(const GemmShape&);
  void (*run)(const GemmShape&, ParameterView c, double alpha, ConstParameterView a, ConstParameterView b,
              double beta, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const GemmImplementation> gemm_implementations();

}  // namespace selfsame
