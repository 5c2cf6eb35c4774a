// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "kernels/conv2d/conv2d.hpp"
#include "kernels/device/cuda/cudnn_library.hpp"
#include "tests/support/conv_shapes.hpp"
#include "tests/support/library_versions.hpp"
#include "tests/support/op_contract.hpp"

// The calls of conv2d as descriptions for the op contract, for all tests of this folder.

namespace selfsame::conv2d_cases {

using contract::Arguments;
using contract::Bounds;
using contract::OpCase;
using contract::Role;
using contract::Values;

constexpr int kMostThreads = 4;
constexpr std::int64_t kLaneGap = 7;  // odd: the second lane's weights are not aligned to a vector

/// Unused elements behind every sample, for one half of the shapes.
inline std::int64_t sample_gap(const ConvShape& s, int block) { return s.h % 2 == 1 ? 3 * block : 0; }

enum class Bias { kWith, kWithout };

inline std::string name_of_shape(const ConvShape& s) {
  return fmt::format("L{} N{} C{} K{} {}x{} filter {} blocks {}->{} split {}", s.lanes, s.samples, s.c, s.k,
                     s.h, s.w, s.filter, s.x_block, s.y_block, s.x_split);
}

/// Of the batch and of one of its lanes, on the tested device and for the reference.
inline std::size_t workspace(const ConvShape& shape) {
  ConvShape lane = shape;
  lane.samples = shape.samples / shape.lanes;
  lane.lanes = 1;
  std::size_t bytes = 0;
  for (const DeviceKind device : {DeviceKind::kCpu, contract::test_device()}) {
    bytes = std::max(
        {bytes, conv2d_workspace(shape, kMostThreads, device), conv2d_workspace(lane, kMostThreads, device)});
  }
  return bytes;
}

inline OpCase new_case(const ConvShape& s) {
  OpCase op_case;
  op_case.op = "conv2d";
  op_case.lanes = s.lanes;
  op_case.workspace_bytes = workspace(s);
  return op_case;
}

inline OpCase forward_case(const ConvShape& s, Bias bias) {
  OpCase op_case = new_case(s);
  op_case.tensor("y", Role::kOutput, {s.samples, s.k, s.h, s.w}, s.y_block, 0, sample_gap(s, s.y_block))
      .tensor("x", Role::kInput, {s.samples, s.c, s.h, s.w}, s.x_block, s.x_split, sample_gap(s, s.x_block))
      .parameter("w", Role::kInput, {s.k, s.c, s.filter, s.filter}, kLaneGap);
  if (bias == Bias::kWith) {
    op_case.parameter("b", Role::kInput, {s.k, 1, 1, 1}, kLaneGap);
  }
  op_case.call = [bias](const Arguments& a, Stream& stream) {
    const ConstParameterView b = bias == Bias::kWith ? a.parameter("b") : ParameterView{};
    conv2d_forward(a.tensor("y"), a.tensor("x"), a.parameter("w"), b, stream);
  };
  return op_case.randomize(1);
}

inline OpCase backward_data_case(const ConvShape& s) {
  OpCase op_case = new_case(s);
  op_case
      .tensor("dx", Role::kOutput, {s.samples, s.c, s.h, s.w}, s.x_block, s.x_split, sample_gap(s, s.x_block))
      .tensor("dy", Role::kInput, {s.samples, s.k, s.h, s.w}, s.y_block, 0, sample_gap(s, s.y_block))
      .parameter("w", Role::kInput, {s.k, s.c, s.filter, s.filter}, kLaneGap);
  op_case.call = [](const Arguments& a, Stream& stream) {
    conv2d_backward_data(a.tensor("dx"), a.tensor("dy"), a.parameter("w"), stream);
  };
  return op_case.randomize(2);
}

inline OpCase backward_weight_case(const ConvShape& s, Bias bias) {
  OpCase op_case = new_case(s);
  op_case.parameter("dw", Role::kAccumulated, {s.k, s.c, s.filter, s.filter}, kLaneGap)
      .tensor("dy", Role::kInput, {s.samples, s.k, s.h, s.w}, s.y_block, 0, sample_gap(s, s.y_block))
      .tensor("x", Role::kInput, {s.samples, s.c, s.h, s.w}, s.x_block, s.x_split, sample_gap(s, s.x_block));
  if (bias == Bias::kWith) {
    op_case.parameter("db", Role::kAccumulated, {s.k, 1, 1, 1}, kLaneGap);
  }
  op_case.call = [bias](const Arguments& a, Stream& stream) {
    const ParameterView db = bias == Bias::kWith ? a.parameter("db") : ParameterView{};
    conv2d_backward_weight(a.parameter("dw"), db, a.tensor("dy"), a.tensor("x"), stream);
  };
  return op_case.randomize(3);
}

inline void zero(OpCase& op_case, const std::string& name) {
  std::ranges::fill(op_case.operand(name).values, 0.0);
}

inline Bounds bounds_for(std::int64_t terms) { return {test::sum_bound(terms), test::sum_bound(terms)}; }

inline std::vector<std::string> names_for(const ConvShape& shape) {
  std::vector<std::string> names = contract::supported_names(conv2d_implementations(), shape);
#if defined(SELFSAME_CUDNN)
  names = contract::without_missing_library(names, "cudnn", [] { static_cast<void>(cudnn_library()); });
#endif
  return names;
}

}  // namespace selfsame::conv2d_cases
