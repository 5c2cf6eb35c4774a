// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv_transpose2d/conv_transpose2d.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/support/conv_shapes.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::Bounds;
using contract::OpCase;
using contract::Role;
using contract::Values;

constexpr std::int64_t kLaneGap = 7;  // odd: the second lane's weights are not aligned to a vector

std::int64_t sample_gap(int block) { return 3 * block; }

std::string name_of_shape(const ConvTransposeShape& s) {
  return fmt::format("L{} N{} C{} K{} {}x{} blocks {}->{} split {}", s.lanes, s.samples, s.c, s.k, s.h, s.w,
                     s.x_block, s.y_block, s.x_split);
}

OpCase new_case(const ConvTransposeShape& s) {
  ConvTransposeShape lane = s;
  lane.samples = s.samples / s.lanes;
  lane.lanes = 1;
  OpCase op_case;
  op_case.op = "conv_transpose2d";
  op_case.lanes = s.lanes;
  op_case.workspace_bytes = std::max(conv_transpose2d_workspace(s), conv_transpose2d_workspace(lane));
  return op_case;
}

void add_x(OpCase& op_case, const std::string& name, Role role, const ConvTransposeShape& s) {
  op_case.tensor(name, role, {s.samples, s.c, s.h, s.w}, s.x_block, s.x_split, sample_gap(s.x_block));
}

void add_y(OpCase& op_case, const std::string& name, Role role, const ConvTransposeShape& s) {
  op_case.tensor(name, role, {s.samples, s.k, 2 * s.h, 2 * s.w}, s.y_block, 0, sample_gap(s.y_block));
}

OpCase forward_case(const ConvTransposeShape& s) {
  OpCase op_case = new_case(s);
  add_y(op_case, "y", Role::kOutput, s);
  add_x(op_case, "x", Role::kInput, s);
  op_case.parameter("w", Role::kInput, {s.c, s.k, 2, 2}, kLaneGap);
  op_case.call = [](const Arguments& a, Stream& stream) {
    conv_transpose2d_forward(a.tensor("y"), a.tensor("x"), a.parameter("w"), stream);
  };
  return op_case.randomize(1);
}

OpCase backward_data_case(const ConvTransposeShape& s) {
  OpCase op_case = new_case(s);
  add_x(op_case, "dx", Role::kOutput, s);
  add_y(op_case, "dy", Role::kInput, s);
  op_case.parameter("w", Role::kInput, {s.c, s.k, 2, 2}, kLaneGap);
  op_case.call = [](const Arguments& a, Stream& stream) {
    conv_transpose2d_backward_data(a.tensor("dx"), a.tensor("dy"), a.parameter("w"), stream);
  };
  return op_case.randomize(2);
}

OpCase backward_weight_case(const ConvTransposeShape& s) {
  OpCase op_case = new_case(s);
  op_case.parameter("dw", Role::kAccumulated, {s.c, s.k, 2, 2}, kLaneGap);
  add_y(op_case, "dy", Role::kInput, s);
  add_x(op_case, "x", Role::kInput, s);
  op_case.call = [](const Arguments& a, Stream& stream) {
    conv_transpose2d_backward_weight(a.parameter("dw"), a.tensor("dy"), a.tensor("x"), stream);
  };
  return op_case.randomize(3);
}

Bounds bounds_for(std::int64_t terms) { return {test::sum_bound(terms), test::sum_bound(terms)}; }

std::vector<std::string> names_for(const ConvTransposeShape& shape) {
  return contract::supported_names(conv_transpose2d_implementations(), shape);
}

ConvTransposeShape in_double(ConvTransposeShape shape) {
  shape.dtype = DType::kF64;
  return shape;
}

TEST(ConvTranspose2d, ImpulseBecomesTheFilter) {
  const ConvTransposeShape shape{1, 1, 2, 1, 2, 3, DType::kF64, 1, 1, 0};
  OpCase op_case = forward_case(shape);
  std::ranges::fill(op_case.operand("x").values, 0.0);
  op_case.operand("x").values[2 * 3 + 1 * 3 + 2] = 1.0;  // channel 1, pixel (1, 2)
  const std::vector<double> w = op_case.operand("w").values;
  const std::vector<double> y = contract::run_case(op_case, DType::kF64, "reference").at("y");
  for (int p = 0; p < 4; ++p) {
    for (int q = 0; q < 6; ++q) {
      const bool hit = p / 2 == 1 && q / 2 == 2;
      const auto tap = static_cast<std::size_t>(4 + (p % 2) * 2 + q % 2);
      EXPECT_EQ(y[static_cast<std::size_t>(p * 6 + q)], hit ? w[tap] : 0.0) << p << ", " << q;
    }
  }
}

TEST(ConvTranspose2d, BackwardDataIsAdjointOfForward) {
  for (const ConvTransposeShape& single : test::kConvTransposeShapes) {
    const ConvTransposeShape shape = in_double(single);
    SCOPED_TRACE(name_of_shape(shape));
    const OpCase forward = forward_case(shape);
    OpCase backward = backward_data_case(shape);
    backward.operand("w").values = forward.operand("w").values;
    for (const std::string& name : names_for(shape)) {
      contract::expect_adjoint(forward, "x", "y", backward, "dy", "dx", DType::kF64, name, 1e-12);
    }
  }
}

TEST(ConvTranspose2d, BackwardWeightIsAdjointOfForwardInTheWeights) {
  for (const ConvTransposeShape& single : test::kConvTransposeShapes) {
    const ConvTransposeShape shape = in_double(single);
    SCOPED_TRACE(name_of_shape(shape));
    const OpCase forward = forward_case(shape);
    OpCase backward = backward_weight_case(shape);
    backward.operand("x").values = forward.operand("x").values;
    for (const std::string& name : names_for(shape)) {
      contract::expect_adjoint(forward, "w", "y", backward, "dy", "dw", DType::kF64, name, 1e-12);
    }
  }
}

TEST(ConvTranspose2d, GradientsMatchCentralDifferences) {
  for (const ConvTransposeShape& shape : {ConvTransposeShape{2, 4, 3, 2, 2, 3, DType::kF64, 1, 1, 0},
                                          {1, 2, 5, 3, 3, 1, DType::kF64, 4, 4, 2},
                                          {1, 1, 1, 1, 1, 1, DType::kF64, 16, 16, 0}}) {
    SCOPED_TRACE(name_of_shape(shape));
    contract::GradientCheck check;
    check.forward = forward_case(shape);
    check.output = "y";
    check.backward = backward_weight_case(shape);
    add_x(check.backward, "dx", Role::kOutput, shape);
    check.backward.parameter("w", Role::kInput, {shape.c, shape.k, 2, 2}, kLaneGap).randomize(4);
    check.backward.call = [](const Arguments& a, Stream& stream) {
      conv_transpose2d_backward_data(a.tensor("dx"), a.tensor("dy"), a.parameter("w"), stream);
      conv_transpose2d_backward_weight(a.parameter("dw"), a.tensor("dy"), a.tensor("x"), stream);
    };
    check.cotangent = "dy";
    check.wanted = {{"x", "dx"}, {"w", "dw"}};
    // Linear in each: the difference is exact for any step, but for rounding of 1e-16 times the sum, over the
    // step.
    contract::expect_central_differences(check, 0.125, 1e-11);
  }
}

TEST(ConvTranspose2d, EveryImplementationMatchesTheReference) {
  std::set<std::string> ran;
  for (const ConvTransposeShape& shape : test::kConvTransposeShapes) {
    SCOPED_TRACE(name_of_shape(shape));
    const std::vector<std::string> names = names_for(shape);
    ran.insert(names.begin(), names.end());
    contract::expect_parity(forward_case(shape), names, {{"*", bounds_for(shape.c)}});
    contract::expect_parity(backward_data_case(shape), names, {{"*", bounds_for(4 * shape.k)}});
    const std::int64_t pixels = shape.samples / shape.lanes * shape.h * shape.w;
    contract::expect_parity(backward_weight_case(shape), names,
                            {{"*", bounds_for(pixels + 1)}});  // + 1: dw before
  }
  contract::expect_ran_at_least({ran.begin(), ran.end()}, contract::simd_versions() + 1);
}

TEST(ConvTranspose2d, ResultsDoNotDependOnRepetitionOrThreads) {
  for (const ConvTransposeShape& shape : test::kConvTransposeShapes) {
    SCOPED_TRACE(name_of_shape(shape));
    const std::vector<std::string> names = names_for(shape);
    contract::expect_repeatable(forward_case(shape), names);
    contract::expect_repeatable(backward_data_case(shape), names);
    contract::expect_repeatable(backward_weight_case(shape), names);
  }
}

TEST(ConvTranspose2d, LanesHaveTheBitsOfEachLaneAlone) {
  for (const ConvTransposeShape& single : test::kConvTransposeShapes) {
    for (const std::int64_t lanes : {3, 8}) {
      if (single.lanes > 1 || single.flops() * static_cast<double>(lanes) > 3e6) {  // quick under sanitizers
        continue;
      }
      ConvTransposeShape shape = single;
      shape.lanes = lanes;
      shape.samples *= lanes;
      SCOPED_TRACE(name_of_shape(shape));
      const std::vector<std::string> names = names_for(shape);
      contract::expect_lanes_independent(forward_case(shape), names);
      contract::expect_lanes_independent(backward_data_case(shape), names);
      contract::expect_lanes_independent(backward_weight_case(shape), names);
    }
  }
}

TEST(ConvTranspose2d, TheOutputMayBeOnePartOfAConcatenation) {
  for (const int part : {0, 1}) {
    for (const ConvTransposeShape& shape : {ConvTransposeShape{1, 2, 32, 16, 3, 5, DType::kF32, 16, 16, 0},
                                            {2, 2, 48, 24, 2, 9, DType::kF32, 16, 16, 0}}) {
      SCOPED_TRACE(name_of_shape(shape));
      const OpCase plain = forward_case(shape);
      OpCase inside = plain;
      contract::Operand& whole = inside.operand("y");
      whole.role = Role::kUpdated;
      whole.shape.c = 2 * shape.k;
      whole.split = shape.k;
      whole.gap = 0;
      whole.values.assign(static_cast<std::size_t>(whole.shape.count()), 0.5);
      inside.call = [part](const Arguments& a, Stream& stream) {
        conv_transpose2d_forward(a.tensor("y").part(part), a.tensor("x"), a.parameter("w"), stream);
      };
      for (const std::string& name : names_for(shape)) {
        const std::vector<double> y = contract::run_case(plain, DType::kF32, name).at("y");
        const std::vector<double> both = contract::run_case(inside, DType::kF32, name).at("y");
        const auto size = static_cast<std::size_t>(shape.k * shape.h * shape.w * 4);
        std::vector<double> want(both.size(), 0.5);
        for (std::size_t n = 0; n < static_cast<std::size_t>(shape.samples); ++n) {
          std::copy_n(
              y.begin() + static_cast<std::ptrdiff_t>(n * size), size,
              want.begin() + static_cast<std::ptrdiff_t>((2 * n + static_cast<std::size_t>(part)) * size));
        }
        contract::expect_bitwise({{"y", both}}, {{"y", want}}, name);
      }
    }
  }
}

TEST(ConvTranspose2d, ADisagreementOfShapesNamesBoth) {
  Stream stream(DeviceKind::kCpu, 1);
  std::vector<float> memory(4096, 0.0F);
  const TensorView x(memory.data(), DType::kF32, {2, 7, 3, 4}, 1),
      y(memory.data() + 1024, DType::kF32, {2, 3, 6, 9}, 1);
  const ParameterView w(memory.data() + 2048, DType::kF32, 1, {7, 3, 2, 2}, 84);
  try {
    conv_transpose2d_forward(y, x, w, stream);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInternal);
    const std::string text = error.what();
    EXPECT_NE(text.find("(2, 7, 3, 4)"), std::string::npos) << text;
    EXPECT_NE(text.find("(2, 3, 6, 9)"), std::string::npos) << text;
  }
  const TensorView twice(memory.data() + 1024, DType::kF32, {2, 3, 6, 8}, 1);
  const ParameterView swapped(memory.data() + 2048, DType::kF32, 1, {3, 7, 2, 2}, 84);
  EXPECT_THROW(conv_transpose2d_backward_data(x, twice, swapped, stream), Error);
  const ParameterView lanes(memory.data() + 2048, DType::kF32, 3, {7, 3, 2, 2}, 84);
  EXPECT_THROW(conv_transpose2d_backward_weight(lanes, twice, x, stream), Error);
}

}  // namespace
}  // namespace selfsame
