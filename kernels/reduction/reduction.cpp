// SPDX-License-Identifier: Apache-2.0
#include "kernels/reduction/reduction.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/reduction/reduction_versions.hpp"

#include "kernels/device/op_range.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kPiece = 8192;  // part of the result: it fixes the order of summation

std::int64_t pieces_of(std::int64_t per_lane) { return (per_lane + kPiece - 1) / kPiece; }

const ReductionTable& table() {
  return isa_available(Isa::kAvx512) ? avx512::reduction_table()
         : isa_available(Isa::kAvx2) ? avx2::reduction_table()
                                     : baseline::reduction_table();
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
  const std::int64_t pieces = pieces_of(per_lane);
  Scratch scratch(stream);
  double* partial = scratch.take<double>(static_cast<std::size_t>(pieces * lanes));
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
    lane_values[static_cast<std::size_t>(lane)] = sum;
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

double clip_factor(double sum_of_squares, double max_norm) {
  const double factor = max_norm / (std::sqrt(sum_of_squares) + 1e-6);
  return factor > 1.0 ? 1.0 : factor;  // a NaN passes through
}

}  // namespace selfsame
