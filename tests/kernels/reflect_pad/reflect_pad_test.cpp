// SPDX-License-Identifier: Apache-2.0
#include "kernels/reflect_pad/reflect_pad.hpp"

#include <gtest/gtest.h>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

struct Form {
  Shape4 shape;  // of x
  std::int64_t ph, pw;
  int block;
  std::int64_t split, gap;
};
const Form kForms[] = {{{1, 1, 2, 2}, 1, 1, 1, 0, 0},    {{2, 3, 5, 4}, 0, 1, 1, 0, 5},
                       {{2, 17, 2, 1}, 1, 0, 16, 0, 16}, {{2, 20, 9, 7}, 1, 1, 16, 3, 0},
                       {{1, 16, 1, 1}, 0, 0, 16, 0, 0},  {{2, 5, 3, 2}, 1, 1, 8, 0, 8},
                       {{2, 19, 9, 7}, 1, 1, 8, 3, 8},   {{1, 8, 4, 5}, 0, 1, 8, 0, 3}};

Shape4 padded(const Form& f) { return {f.shape.n, f.shape.c, f.shape.h + f.ph, f.shape.w + f.pw}; }

OpCase forward_case(const Form& f) {
  OpCase c;
  c.op = "reflect_pad";
  c.tensor("y", Role::kOutput, padded(f), f.block, f.split, f.gap)
      .tensor("x", Role::kInput, f.shape, f.block, f.split);
  c.call = [](const Arguments& a, Stream& s) { reflect_pad_forward(a.tensor("y"), a.tensor("x"), s); };
  return c.randomize(12);
}

OpCase backward_case(const Form& f) {
  OpCase c;
  c.op = "reflect_pad";
  c.tensor("dx", Role::kOutput, f.shape, f.block, f.split, f.gap)
      .tensor("dy", Role::kInput, padded(f), f.block, f.split);
  c.call = [](const Arguments& a, Stream& s) { reflect_pad_backward(a.tensor("dx"), a.tensor("dy"), s); };
  return c.randomize(13);
}

std::vector<std::string> names(const Form& f, DType dtype = DType::kF32) {
  return contract::supported_names(reflect_pad_implementations(), ElementwiseProblem{dtype, f.block});
}

TEST(ReflectPad, EveryVersionOnEveryDeviceMatchesTheReference) {
  for (const Form& f : kForms) {
    contract::expect_ran_at_least(names(f), 2);
    contract::expect_parity(forward_case(f), names(f), {{"*", {0, 0}}});
    // At most four values: 3 * 2^-24 of the sum of absolute values.
    contract::expect_parity(backward_case(f), names(f), {{"*", {4e-7, 4e-7}}});
  }
}

// In bf16 the backward rounds its sum to 8 bits: 2^-8.
TEST(ReflectPad, EveryBf16VersionOnEveryDeviceMatchesTheReference) {
  for (const Form& f : kForms) {
    if (f.block > 1) {
      contract::expect_parity(forward_case(f), names(f, DType::kBF16), {{"*", {0, 0}}}, DType::kBF16);
      contract::expect_parity(backward_case(f), names(f, DType::kBF16), {{"*", {4.0e-3, 4.0e-3}}},
                              DType::kBF16);
    }
  }
}

TEST(ReflectPad, TheEdgeIsNotRepeated) {
  const Form f{{1, 1, 2, 3}, 1, 1, 1, 0, 0};
  OpCase c = forward_case(f);
  c.operand("x").values = {1, 2, 3,  //
                           4, 5, 6};
  EXPECT_EQ(contract::run_case(c, DType::kF64, "reference").at("y"),
            (std::vector<double>{1, 2, 3, 2, 4, 5, 6, 5, 1, 2, 3, 2}));
}

TEST(ReflectPad, BackwardOnEveryDeviceIsAdjointOfForward) {
  for (const Form& f : kForms) {
    contract::expect_adjoint(forward_case(f), "x", "y", backward_case(f), "dy", "dx", DType::kF64,
                             "reference", 1e-12);
    for (const std::string& name : names(f)) {
      contract::expect_adjoint(forward_case(f), "x", "y", backward_case(f), "dy", "dx", DType::kF32, name,
                               1e-6);
    }
  }
}

TEST(ReflectPad, BackwardAgreesWithDifferences) {
  const Form f{{1, 2, 3, 2}, 1, 1, 16, 0, 0};
  contract::expect_central_differences({forward_case(f), "y", backward_case(f), "dy", {{"x", "dx"}}}, 1e-3,
                                       1e-10);
}

TEST(ReflectPad, ResultsOnEveryDeviceDoNotDependOnThreads) {
  contract::expect_repeatable(forward_case(kForms[3]), names(kForms[3]));
  contract::expect_repeatable(backward_case(kForms[3]), names(kForms[3]));
}

TEST(ReflectPad, OneRowHasNoReflection) {
  Stream stream(DeviceKind::kCpu, 1);
  for (const Form& f : {Form{{1, 1, 1, 4}, 1, 0, 1, 0, 0}, Form{{1, 1, 4, 1}, 0, 1, 1, 0, 0}}) {
    try {
      contract::run_case(forward_case(f), DType::kF32, stream);
      FAIL();
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find("two rows or columns"), std::string::npos) << e.what();
    }
  }
  EXPECT_THROW(contract::run_case(forward_case({{1, 1, 4, 4}, 2, 0, 1, 0, 0}), DType::kF32, stream), Error);
}

}  // namespace
}  // namespace selfsame
