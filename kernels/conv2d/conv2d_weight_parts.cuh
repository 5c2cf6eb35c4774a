// SPDX-License-Identifier: Apache-2.0
// The end of every weight gradient on a GPU: sums of parts of a lane's pixels, added in a fixed order.
#pragma once
#include "kernels/base/function_ref.hpp"
#include "kernels/conv2d/conv2d_units.cuh"

namespace selfsame::SELFSAME_GPU {

/// Where the blocks of a weight gradient leave their sums, laid out as dw: (lane, part, K, C, taps).
struct WeightSums {
  float* __restrict__ out;
  std::int64_t lane_stride, part_stride;  // floats
  std::int64_t row;                       // floats of one k: C*taps
  bool add;                               // there is one part, and `out` is dw
};

__device__ inline void add_weight(const WeightSums& sums, std::int64_t lane, std::int64_t part, int k,
                                  std::int64_t at_row, float v) {
  float* to = sums.out + lane * sums.lane_stride + part * sums.part_stride + k * sums.row + at_row;
  *to = sums.add ? *to + v : v;
}

/// Range [first, last) of `items` that part `part` of `parts` sums.
struct PartRange {
  std::int64_t first, last;
  __device__ static PartRange of(std::int64_t items, std::int64_t part, std::int64_t parts) {
    return {items * part / parts, items * (part + 1) / parts};
  }
};

/// What the plans need to know of a weight gradient.
inline ConvShape weight_shape(const ParameterView& dw, const ConstTensorView& dy, const ConstTensorView& x) {
  return {dw.lanes, x.shape.n, x.shape.c, dy.shape.c, x.shape.h, x.shape.w, static_cast<int>(dw.dims[2]),
          x.dtype,  x.block,   dy.block,  x.split};
}

/// Sums for `lanes` lanes from `first_lane` on: starts the kernel of the gradient.
using SumLanes = FunctionRef<void(const WeightSums& sums, std::int64_t first_lane, std::int64_t lanes)>;

/// dw += the sums of all parts of every lane; `scratch` holds the parts of as many lanes as fit at a time.
void sum_weight_parts(ParameterView dw, const ConvWeightPlan& plan, Scratch& scratch, Stream& stream,
                      SumLanes sum);

/// db[l,k] += sum over the lane's samples and pixels of dy, in double; nothing if db is empty.
void bias_gradient(ParameterView db, ConstTensorView dy, Scratch& scratch, Stream& stream);

}  // namespace selfsame::SELFSAME_GPU
