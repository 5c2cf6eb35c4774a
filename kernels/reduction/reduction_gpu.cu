// SPDX-License-Identifier: Apache-2.0
// kernels/reduction/reduction.hpp on a GPU, with the bits of the CPU: half a warp adds one piece, thread j of
// it the partial sum j; then a warp per lane adds the pieces in order. A square of a float is exact in
// double, so a fused multiply-add rounds as a product and a sum do. Not yet run on a GPU.
#include "kernels/reduction/reduction_gpu.hpp"

#include "kernels/device/gpu/gpu.cuh"
#include "kernels/reduction/reduction_versions.hpp"

namespace selfsame::SELFSAME_GPU::reduction {
namespace {

constexpr int kWays = kReductionWays;
constexpr int kThreads = 64;  // four pieces: few, so that small networks reach many processors too
constexpr int kPiecesPerBlock = kThreads / kWays;
static_assert(kWarpSize % kWays == 0);

struct SquaresArgs {
  double* lane_values;  // (L)
  double* partial;      // (L, pieces)
  const float* data;    // (L, per_lane)
  std::int64_t per_lane, pieces, lanes;
};

__global__ void sum_of_squares_pieces_kernel(SquaresArgs a) {
  const std::int64_t unit = static_cast<std::int64_t>(block_x()) * kPiecesPerBlock + thread_x() / kWays;
  const bool inside = unit < a.pieces * a.lanes;
  const int way = thread_x() % kWays;

  double sum = 0;
  if (inside) {
    const std::int64_t begin = unit % a.pieces * kReductionPiece, left = a.per_lane - begin;
    const float* data = a.data + unit / a.pieces * a.per_lane + begin;
    const int count = static_cast<int>(left < kReductionPiece ? left : kReductionPiece);
#pragma unroll 16
    for (int i = way; i < count; i += kWays) {
      const double v = static_cast<double>(data[i]);
      sum += v * v;
    }
  }

  double total = 0;
#pragma unroll
  for (int j = 0; j < kWays; ++j) {
    total += shuffle(sum, lane_id() / kWays * kWays + j);
  }
  if (inside && way == 0) {
    a.partial[unit] = total;
  }
}

__global__ void sum_of_squares_lanes_kernel(SquaresArgs a) {
  const std::int64_t lane = block_x();
  const double* partial = a.partial + lane * a.pieces;
  double total = 0;
  for (std::int64_t begin = 0; begin < a.pieces; begin += kWarpSize) {
    // What lies beyond the end adds a zero, which changes no sum of squares.
    const double own = begin + lane_id() < a.pieces ? partial[begin + lane_id()] : 0.0;
#pragma unroll
    for (int j = 0; j < kWarpSize; ++j) {
      total += shuffle(own, j);
    }
  }
  if (lane_id() == 0) {
    a.lane_values[lane] = total;
  }
}

}  // namespace

void sum_of_squares(double* lane_values, double* partial, const float* data, std::int64_t per_lane,
                    std::int64_t lanes, Stream& stream) {
  if (lanes == 0) {
    return;
  }
  const std::int64_t pieces = blocks_for(per_lane, kReductionPiece);
  const SquaresArgs args{lane_values, partial, data, per_lane, pieces, lanes};
  if (pieces > 0) {
    launch("sum_of_squares_pieces", sum_of_squares_pieces_kernel,
           LaunchShape{{blocks_for(pieces * lanes, kPiecesPerBlock)}, {kThreads}}, stream, args);
  }
  launch("sum_of_squares_lanes", sum_of_squares_lanes_kernel, LaunchShape{{lanes}, {kWarpSize}}, stream,
         args);
}

}  // namespace selfsame::SELFSAME_GPU::reduction
