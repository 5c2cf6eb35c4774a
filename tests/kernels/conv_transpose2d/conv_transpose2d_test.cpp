// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv_transpose2d/conv_transpose2d.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "kernels/device/cuda/cublas_library.hpp"
#include "tests/support/conv_shapes.hpp"
#include "tests/support/library_versions.hpp"
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
  return fmt::format("L{} N{} C{} K{} {}x{} blocks {}->{} split {} {}", s.lanes, s.samples, s.c, s.k, s.h,
                     s.w, s.x_block, s.y_block, s.x_split, name_of(s.dtype));
}

OpCase new_case(const ConvTransposeShape& s) {
  ConvTransposeShape lane = s;
  lane.samples = s.samples / s.lanes;
  lane.lanes = 1;
  OpCase op_case;
  op_case.op = "conv_transpose2d";
  op_case.lanes = s.lanes;
  op_case.workspace_bytes = std::max(conv_transpose2d_workspace(s, contract::test_device()),
                                     conv_transpose2d_workspace(lane, contract::test_device()));
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

constexpr double kBf16Rounding = 0x1p-9, kTf32Rounding = 0x1p-11;

/// Every operand of a tf32 product is rounded, in bf16 the weights and the result. The roundings of the terms
/// are independent: their sum has at most the size of one rounding of the result, root mean square. Twice
/// that, because some outputs have few elements.
Bounds bounds_for(const std::string& name, DType dtype, std::int64_t terms) {
  const double bound = dtype == DType::kBF16        ? kBf16Rounding + 2 * kBf16Rounding
                       : name == "tensor_core_tf32" ? 2 * 2 * kTf32Rounding
                                                    : test::sum_bound(terms);
  return {bound, bound};
}

/// The gradient of the weights in bf16: the operands are given in bf16, their products are exact in fp32 and
/// the result is a float.
Bounds weight_bounds_for(const std::string& name, std::int64_t terms) {
  return bounds_for(name, DType::kF32, terms);
}

std::vector<std::string> names_for(const ConvTransposeShape& shape) {
  std::vector<std::string> names = contract::supported_names(conv_transpose2d_implementations(), shape);
#if defined(SELFSAME_CUBLAS)
  names = contract::without_missing_library(names, "cublas", [] { static_cast<void>(cublas_library()); });
#endif
  return names;
}

ConvTransposeShape in(DType dtype, ConvTransposeShape shape) {
  shape.dtype = dtype;
  return shape;
}

/// Calls f(shape, names) for every shape, in float and in bf16, that an implementation of the device
/// supports.
template <typename F>
void for_each_shape(F&& f) {
  std::set<std::string> ran;
  for (const DType dtype : {DType::kF32, DType::kBF16}) {
    for (const ConvTransposeShape& single : test::kConvTransposeShapes) {
      const ConvTransposeShape shape = in(dtype, single);
      const std::vector<std::string> names = names_for(shape);
      if (!names.empty()) {
        SCOPED_TRACE(name_of_shape(shape));
        ran.insert(names.begin(), names.end());
        f(shape, names);
      }
    }
  }
  contract::expect_ran_at_least({ran.begin(), ran.end()}, contract::simd_versions() + 1);
  EXPECT_TRUE(contract::test_device() == DeviceKind::kCpu || ran.size() >= 3) << ran.size();
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
    const ConvTransposeShape shape = in(DType::kF64, single);
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
    const ConvTransposeShape shape = in(DType::kF64, single);
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

TEST(ConvTranspose2d, EveryVersionOnEveryDeviceMatchesTheReference) {
  for_each_shape([](const ConvTransposeShape& s, const std::vector<std::string>& names) {
    const std::int64_t pixels = s.samples / s.lanes * s.h * s.w;
    for (const std::string& name : names) {
      contract::expect_parity(forward_case(s), {name}, {{"*", bounds_for(name, s.dtype, s.c)}}, s.dtype);
      contract::expect_parity(backward_data_case(s), {name}, {{"*", bounds_for(name, s.dtype, 4 * s.k)}},
                              s.dtype);
      contract::expect_parity(backward_weight_case(s), {name},
                              {{"*", weight_bounds_for(name, pixels + 1)}},  // + 1: dw before
                              s.dtype);
    }
  });
}

// The weights are the same numbers in both passes, so what differs is the rounding of inputs and outputs.
TEST(ConvTranspose2d, BackwardDataOnEveryDeviceIsAdjointOfForward) {
  for_each_shape([](const ConvTransposeShape& s, const std::vector<std::string>& names) {
    const OpCase forward = forward_case(s);
    OpCase backward = backward_data_case(s);
    backward.operand("w").values = forward.operand("w").values;
    for (const std::string& name : names) {
      const double bound = s.dtype == DType::kBF16      ? 4 * kBf16Rounding
                           : name == "tensor_core_tf32" ? 4 * kTf32Rounding
                                                        : test::sum_bound(s.c + 4 * s.k);
      contract::expect_adjoint(forward, "x", "y", backward, "dy", "dx", s.dtype, name, bound);
    }
  });
}

TEST(ConvTranspose2d, ResultsOnEveryDeviceDoNotDependOnRepetitionOrThreads) {
  for_each_shape([](const ConvTransposeShape& s, const std::vector<std::string>& names) {
    contract::expect_repeatable(forward_case(s), names, s.dtype);
    contract::expect_repeatable(backward_data_case(s), names, s.dtype);
    contract::expect_repeatable(backward_weight_case(s), names, s.dtype);
  });
}

TEST(ConvTranspose2d, LanesOnEveryDeviceHaveTheBitsOfEachLaneAlone) {
  const bool cpu = contract::test_device() == DeviceKind::kCpu;
  for_each_shape([&](const ConvTransposeShape& single, const std::vector<std::string>& names) {
    for (const std::int64_t lanes : {3, 8}) {
      // Quick under sanitizers, and on a simulated device.
      if (single.lanes > 1 || single.flops() * static_cast<double>(lanes) > 3e6 || (!cpu && lanes > 3)) {
        continue;
      }
      ConvTransposeShape s = single;
      s.lanes = lanes;
      s.samples *= lanes;
      contract::expect_lanes_independent(forward_case(s), names, s.dtype);
      contract::expect_lanes_independent(backward_data_case(s), names, s.dtype);
      contract::expect_lanes_independent(backward_weight_case(s), names, s.dtype);
    }
  });
}

// So many lanes that the wide tile of the tensor cores is taken; alone, a lane is computed in narrow ones.
TEST(ConvTranspose2d, ManyLanesOnEveryDeviceHaveTheBitsOfOneLane) {
  const ConvTransposeShape s{132, 132, 72, 24, 1, 1, DType::kBF16, 8, 8, 0};
  for (const std::string& name : names_for(s)) {
    for (const OpCase& many : {forward_case(s), backward_data_case(s)}) {
      const contract::Values all = contract::run_case(many, s.dtype, name);
      for (const std::int64_t l : {0, 131}) {
        for (const auto& [operand, values] : contract::run_case(many.lane(l), s.dtype, name)) {
          const auto first = all.at(operand).begin() + l * static_cast<std::ptrdiff_t>(values.size());
          EXPECT_TRUE(std::equal(values.begin(), values.end(), first)) << name << " " << operand << l;
        }
      }
    }
  }
}

TEST(ConvTranspose2d, TheChoiceOnEveryDeviceIsTheFirstOfTheList) {
  for (const DType dtype : {DType::kF32, DType::kBF16}) {
    const int block = contract::test_device() == DeviceKind::kCpu ? 16 : 8;
    const ConvTransposeShape s{1, 1, 16, 16, 3, 3, dtype, block, block, 0};
    if (const std::vector<std::string> names = names_for(s); !names.empty()) {
      contract::expect_bitwise(contract::run_case(forward_case(s), dtype, ""),
                               contract::run_case(forward_case(s), dtype, names[0]), names[0]);
    }
  }
}

/// The output as part `part` of a concatenation with K channels more: the bits of the output alone, and the
/// other part untouched.
void expect_part(const ConvTransposeShape& s, int part, const std::string& name) {
  const OpCase plain = forward_case(s);
  OpCase inside = plain;
  contract::Operand& whole = inside.operand("y");
  whole.role = Role::kUpdated;
  whole.shape.c = 2 * s.k;
  whole.split = s.k;
  whole.gap = 0;
  whole.values.assign(static_cast<std::size_t>(whole.shape.count()), 0.5);
  inside.call = [part](const Arguments& a, Stream& stream) {
    conv_transpose2d_forward(a.tensor("y").part(part), a.tensor("x"), a.parameter("w"), stream);
  };
  const std::vector<double> y = contract::run_case(plain, s.dtype, name).at("y");
  const std::vector<double> both = contract::run_case(inside, s.dtype, name).at("y");
  const auto size = static_cast<std::size_t>(s.k * s.h * s.w * 4);
  std::vector<double> want(both.size(), 0.5);
  for (std::size_t n = 0; n < static_cast<std::size_t>(s.samples); ++n) {
    std::copy_n(y.begin() + static_cast<std::ptrdiff_t>(n * size), size,
                want.begin() + static_cast<std::ptrdiff_t>((2 * n + static_cast<std::size_t>(part)) * size));
  }
  contract::expect_bitwise({{"y", both}}, {{"y", want}}, name);
}

TEST(ConvTranspose2d, TheOutputOnEveryDeviceMayBeOnePartOfAConcatenation) {
  const int block = contract::test_device() == DeviceKind::kCpu ? 16 : 8;
  for (const DType dtype : {DType::kF32, DType::kBF16}) {
    for (const ConvTransposeShape& s : {ConvTransposeShape{1, 2, 32, 16, 3, 5, dtype, block, block, 0},
                                        {2, 2, 24, 12, 2, 9, dtype, block, block, 0}}) {
      SCOPED_TRACE(name_of_shape(s));
      for (const std::string& name : names_for(s)) {
        expect_part(s, 0, name);
        expect_part(s, 1, name);
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
