// SPDX-License-Identifier: Apache-2.0
#include "models/subspace/gradient_descent.hpp"

#include <utility>

#include "kernels/base/error.hpp"
#include "kernels/gemm/gemm.hpp"

namespace selfsame {

std::vector<double> descend_by_steps(const SubspaceMoments& moments, std::span<const double> basis,
                                     double target_sigma, double step, std::int64_t iterations,
                                     Stream& stream) {
  const std::int64_t n = moments.problem().n, lanes = moments.lanes();
  SELFSAME_CHECK(iterations >= 0 && step > 0, "{} iterations with step {}", iterations, step);
  const auto size = static_cast<std::size_t>(n * n);
  const std::size_t bytes = static_cast<std::size_t>(lanes) * size * sizeof(double);
  const MirroredBuffer kept(bytes, stream.device()), added(bytes, stream.device());
  MirroredBuffer weights(bytes, stream.device()), next(bytes, stream.device());
  stream.pool().run(lanes, [&](std::int64_t lane, int) {
    double* keep = kept.host<double>() + lane * n * n;
    double* add = added.host<double>() + lane * n * n;
    const double* gram = moments.gram().host<double>() + lane * n * n;
    moments.cross(lane, basis, target_sigma, {add, size});
    for (std::int64_t i = 0; i < n * n; ++i) {
      keep[i] = (i / n == i % n ? 1 : 0) - step * gram[i];
      add[i] *= step;
    }
  });
  kept.to_device(stream);
  added.to_device(stream);
  stream.reserve_workspace(gemm_workspace({lanes, n, n, n, GemmOp::kNone, GemmOp::kNone, DType::kF64},
                                          stream.pool().threads(), stream.device()));
  const auto of = [&](const MirroredBuffer& buffer) {
    return matrices(buffer.device<double>(), lanes, n, n);
  };
  for (std::int64_t k = 0; k < iterations; ++k) {
    stream.copy(next.device<double>(), added.device<double>(), bytes);
    gemm(of(next), 1, of(weights), GemmOp::kNone, of(kept), GemmOp::kNone, 1, stream);
    std::swap(weights, next);
  }
  weights.to_host(stream);
  stream.synchronize();
  const double* values = weights.host<double>();
  return {values, values + static_cast<std::size_t>(lanes) * size};
}

}  // namespace selfsame
