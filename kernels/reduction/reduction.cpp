// SPDX-License-Identifier: Apache-2.0
#include "kernels/reduction/reduction.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/device/op_range.hpp"
#include "kernels/reduction/reduction_gpu.hpp"
#include "kernels/reduction/reduction_versions.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kPiece = kReductionPiece;

std::int64_t pieces_of(std::int64_t per_lane) { return (per_lane + kPiece - 1) / kPiece; }

const ReductionTable& table() {
  return isa_available(Isa::kAvx512) ? avx512::reduction_table()
         : isa_available(Isa::kAvx2) ? avx2::reduction_table()
                                     : baseline::reduction_table();
}

void sum_on_cpu(double* lane_values, double* partial, const float* data, std::int64_t per_lane,
                std::int64_t lanes, Stream& stream) {
  const std::int64_t pieces = pieces_of(per_lane);
  const ReductionTable& version = table();
  stream.pool().run(pieces * lanes, [&](std::int64_t unit, int) {
    const std::int64_t begin = unit % pieces * kPiece;
    partial[unit] =
        version.sum_of_squares(data + unit / pieces * per_lane + begin, std::min(kPiece, per_lane - begin));
  });
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    double sum = 0;
    for (std::int64_t piece = 0; piece < pieces; ++piece) {
      sum += partial[lane * pieces + piece];
    }
    lane_values[lane] = sum;
  }
}

}  // namespace

std::size_t sum_of_squares_workspace(std::int64_t per_lane, std::int64_t lanes) {
  return Scratch::rounded(static_cast<std::size_t>(pieces_of(per_lane) * lanes) * sizeof(double));
}

void sum_of_squares(std::span<double> lane_values, const float* data, std::int64_t per_lane,
                    std::int64_t lanes, Stream& stream) {
  const OpRange range(stream, "sum_of_squares");
  SELFSAME_CHECK(static_cast<std::int64_t>(lane_values.size()) == lanes && per_lane >= 0,
                 "{} values for {} lanes of {}", lane_values.size(), lanes, per_lane);
  Scratch scratch(stream);
  double* partial = scratch.take<double>(static_cast<std::size_t>(pieces_of(per_lane) * lanes));
  switch (stream.device()) {
    case DeviceKind::kCpu:
      return sum_on_cpu(lane_values.data(), partial, data, per_lane, lanes, stream);
    case DeviceKind::kCuda:
      SELFSAME_IF_CUDA(
          cuda::reduction::sum_of_squares(lane_values.data(), partial, data, per_lane, lanes, stream);)
      return;
    case DeviceKind::kSimulated:
      SELFSAME_IF_SIMULATED(
          simulated::reduction::sum_of_squares(lane_values.data(), partial, data, per_lane, lanes, stream);)
      return;
  }
}

std::int64_t first_non_finite(const float* data, std::int64_t n) {
  for (std::int64_t begin = 0; begin < n; begin += kPiece) {
    const std::int64_t end = std::min(n, begin + kPiece);
    if (table().all_finite(data + begin, end - begin)) {
      continue;
    }
    for (std::int64_t i = begin; i < end; ++i) {
      if (!std::isfinite(data[i])) {
        return i;
      }
    }
  }
  return -1;
}

}  // namespace selfsame
