// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/gemm/gemm.hpp: float or double, sums in double.
#include "kernels/gemm/gemm_reference.hpp"

#include "kernels/device/elementwise.hpp"

namespace selfsame::gemm_reference {

bool supports(const GemmShape& shape) { return shape.dtype == DType::kF32 || shape.dtype == DType::kF64; }

void run(const GemmShape& s, ParameterView c, double alpha, ConstParameterView a, ConstParameterView b,
         double beta, Stream& stream) {
  elementwise::for_dtype(s.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(s.lanes * s.m, [&](std::int64_t unit, int) {
      const std::int64_t lane = unit / s.m, i = unit % s.m;
      const Real* left = a.lane<Real>(lane);
      const Real* right = b.lane<Real>(lane);
      Real* row = c.lane<Real>(lane) + i * s.n;
      for (std::int64_t j = 0; j < s.n; ++j) {
        double sum = 0;
        for (std::int64_t p = 0; p < s.k; ++p) {
          const Real l = s.op_a == GemmOp::kNone ? left[i * s.k + p] : left[p * s.m + i];
          const Real r = s.op_b == GemmOp::kNone ? right[p * s.n + j] : right[j * s.k + p];
          sum += static_cast<double>(l) * static_cast<double>(r);
        }
        const double before = beta == 0 ? 0.0 : beta * static_cast<double>(row[j]);
        row[j] = static_cast<Real>(alpha * sum + before);
      }
    });
  });
}

}  // namespace selfsame::gemm_reference
