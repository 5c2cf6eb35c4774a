// SPDX-License-Identifier: Apache-2.0
// kernels/gemm/gemm.hpp on a GPU with plain multiply-adds, in float or double: a block of 256 threads makes
// 64 x 64 elements of c, each thread 4 x 4 of them, from slices of 16 terms of the sum in shared memory.
// Lanes are the grid's z. Not yet run on a GPU.
#include "kernels/device/gpu/gpu.cuh"
#include "kernels/gemm/gemm_gpu.hpp"

namespace selfsame::SELFSAME_GPU::gemm_tiles {
namespace {

constexpr int kTile = 64, kSlice = 16, kSide = 16, kEach = kTile / kSide;
constexpr int kThreads = kSide * kSide;
constexpr int kPitch = kTile + 4;           // rows of a slice begin in other banks, on 16 bytes
constexpr std::int64_t kMostLanes = 65535;  // of a grid's z

template <typename T>
struct Args {
  T* c;
  const T *a, *b;
  std::int64_t c_lane, a_lane, b_lane;  // elements between lanes
  std::int64_t m, n, k;
  std::int64_t a_row, a_term, b_term, b_column;  // strides of op(a) and op(b)
  T alpha, beta;
};

/// slice[p][o] = from[(first_outer + o) * outer_stride + (first + p) * sum_stride], 0 outside. Threads run
/// along the index whose elements lie side by side.
template <typename T>
__device__ void load_slice(T (&slice)[kSlice][kPitch], const T* __restrict__ from, std::int64_t first_outer,
                           std::int64_t outer_end, std::int64_t outer_stride, std::int64_t first,
                           std::int64_t sum_end, std::int64_t sum_stride) {
#pragma unroll
  for (int i = 0; i < kTile * kSlice / kThreads; ++i) {
    const int place = i * kThreads + thread_x();
    const int o = outer_stride == 1 ? place % kTile : place / kSlice;
    const int p = outer_stride == 1 ? place / kTile : place % kSlice;
    const std::int64_t outer = first_outer + o, term = first + p;
    slice[p][o] = outer < outer_end && term < sum_end ? from[outer * outer_stride + term * sum_stride] : T{0};
  }
}

template <typename T>
__global__ void __launch_bounds__(kThreads) gemm_tiles_kernel(Args<T> args) {
  const std::int64_t first_row = static_cast<std::int64_t>(block_y()) * kTile;
  const std::int64_t first_column = static_cast<std::int64_t>(block_x()) * kTile;
  const int row = thread_x() / kSide * kEach, column = thread_x() % kSide * kEach;
  const std::int64_t lane = block_z();

  SELFSAME_SHARED(T, left, [kSlice][kPitch]);   // (term, row)
  SELFSAME_SHARED(T, right, [kSlice][kPitch]);  // (term, column)

  T sums[kEach][kEach] = {};
  for (std::int64_t first = 0; first < args.k; first += kSlice) {
    load_slice(left, args.a + lane * args.a_lane, first_row, args.m, args.a_row, first, args.k, args.a_term);
    load_slice(right, args.b + lane * args.b_lane, first_column, args.n, args.b_column, first, args.k,
               args.b_term);
    sync_threads();
#pragma unroll 4  // all 16 at once hold too many registers
    for (int p = 0; p < kSlice; ++p) {
      T l[kEach], r[kEach];
#pragma unroll
      for (int e = 0; e < kEach; ++e) {
        l[e] = left[p][row + e];
        r[e] = right[p][column + e];
      }
#pragma unroll
      for (int i = 0; i < kEach; ++i) {
#pragma unroll
        for (int j = 0; j < kEach; ++j) {
          sums[i][j] += l[i] * r[j];
        }
      }
    }
    sync_threads();
  }

#pragma unroll
  for (int i = 0; i < kEach; ++i) {
#pragma unroll
    for (int j = 0; j < kEach; ++j) {
      const std::int64_t at_row = first_row + row + i, at_column = first_column + column + j;
      if (at_row < args.m && at_column < args.n) {
        T& c = args.c[lane * args.c_lane + at_row * args.n + at_column];
        const T product = args.alpha * sums[i][j];
        c = args.beta == T{0} ? product : product + args.beta * c;
      }
    }
  }
}

template <typename T>
void multiply(const GemmShape& s, const ParameterView& c, double alpha, const ConstParameterView& a,
              const ConstParameterView& b, double beta, Stream& stream) {
  Args<T> args{};
  args.c_lane = c.lane_stride, args.a_lane = a.lane_stride, args.b_lane = b.lane_stride;
  args.m = s.m, args.n = s.n, args.k = s.k;
  args.a_row = s.op_a == GemmOp::kNone ? s.k : 1;
  args.a_term = s.op_a == GemmOp::kNone ? 1 : s.m;
  args.b_term = s.op_b == GemmOp::kNone ? s.n : 1;
  args.b_column = s.op_b == GemmOp::kNone ? 1 : s.k;
  args.alpha = static_cast<T>(alpha), args.beta = static_cast<T>(beta);
  for (std::int64_t first = 0; first < s.lanes; first += kMostLanes) {
    args.c = static_cast<T*>(c.data) + first * c.lane_stride;
    args.a = static_cast<const T*>(a.data) + first * a.lane_stride;
    args.b = static_cast<const T*>(b.data) + first * b.lane_stride;
    const std::int64_t lanes = s.lanes - first < kMostLanes ? s.lanes - first : kMostLanes;
    launch("gemm_tiles", gemm_tiles_kernel<T>,
           LaunchShape{{blocks_for(s.n, kTile), blocks_for(s.m, kTile), lanes}, {kThreads, 1, 1}}, stream,
           args);
  }
}

}  // namespace

void run(const GemmShape& shape, ParameterView c, double alpha, ConstParameterView a, ConstParameterView b,
         double beta, Stream& stream) {
  shape.dtype == DType::kF64 ? multiply<double>(shape, c, alpha, a, b, beta, stream)
                             : multiply<float>(shape, c, alpha, a, b, beta, stream);
}

}  // namespace selfsame::SELFSAME_GPU::gemm_tiles
