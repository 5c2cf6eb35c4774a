// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/device/bf16.hpp"
#include "kernels/device/stream.hpp"

namespace selfsame {

/// lane_values[l] = sum_i data[l, i]^2 in double, overwritten.
///
/// @param lane_values  (L), memory of the stream's device, as is `data`
/// @param data         (L, per_lane), L = lanes = lane_values.size()
/// Exact:  a square of a float is exact in double; sums are taken in pieces of fixed size, each piece in 16
///         interleaved partial sums, pieces in order. Hence the same bits on every device and for any number
///         of threads or lanes and any instruction set. NaN and infinity propagate.
/// Memory: sum_of_squares_workspace bytes of the stream's workspace.
void sum_of_squares(std::span<double> lane_values, const float* data, std::int64_t per_lane,
                    std::int64_t lanes, Stream& stream);
[[nodiscard]] std::size_t sum_of_squares_workspace(std::int64_t per_lane, std::int64_t lanes);

/// Index of the first NaN or infinity in memory of the host, or -1.
[[nodiscard]] std::int64_t first_non_finite(const float* data, std::int64_t n);

/// Factor for global-norm clipping: min(1, max_norm / (norm + 1e-6)), NaN for a NaN norm.
/// Source: torch.nn.utils.clip_grad_norm_.
/// Also for kernels.
[[nodiscard]] SELFSAME_HOST_DEVICE inline double clip_factor(double sum_of_squares, double max_norm) {
  const double factor = max_norm / (sqrt(sum_of_squares) + 1e-6);
  return factor > 1.0 ? 1.0 : factor;  // a NaN passes through
}

}  // namespace selfsame
