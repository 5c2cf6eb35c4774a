// SPDX-License-Identifier: Apache-2.0
#include "kernels/activation/activation.hpp"

#include <gtest/gtest.h>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::OpCase;
using contract::Role;

struct Form {
  Shape4 shape;
  int block;
  std::int64_t split, gap;
};
// Odd sizes, one element, tails of a block, two parts, a gap between samples, more than one piece of work.
const Form kForms[] = {{{2, 1, 1, 1}, 1, 0, 0},    {{1, 3, 5, 7}, 1, 0, 3},     {{2, 17, 3, 5}, 16, 0, 16},
                       {{2, 20, 3, 3}, 16, 3, 32}, {{1, 32, 17, 19}, 16, 0, 0}, {{2, 5, 4, 3}, 8, 0, 8}};

OpCase forward_case(const Form& f, float slope) {
  OpCase c;
  c.op = "activation";
  c.tensor("y", Role::kOutput, f.shape, f.block, f.split, f.gap)
      .tensor("x", Role::kInput, f.shape, f.block, f.split);
  c.call = [slope](const contract::Arguments& a, Stream& s) {
    leaky_relu_forward(a.tensor("y"), a.tensor("x"), slope, s);
  };
  return c.randomize(1);
}

OpCase backward_case(const Form& f, float slope) {
  OpCase c;
  c.op = "activation";
  c.tensor("dx", Role::kOutput, f.shape, f.block, f.split)
      .tensor("dy", Role::kInput, f.shape, f.block, f.split, f.gap)
      .tensor("x", Role::kInput, f.shape, f.block, f.split);
  c.call = [slope](const contract::Arguments& a, Stream& s) {
    leaky_relu_backward(a.tensor("dx"), a.tensor("dy"), a.tensor("x"), slope, s);
  };
  return c.randomize(2);
}

std::vector<std::string> names(const Form& f, DType dtype = DType::kF32) {
  return contract::supported_names(activation_implementations(), ElementwiseProblem{dtype, f.block});
}

// One rounding to float, of the slope and of the product: 2 * 2^-24.
const std::map<std::string, contract::Bounds> kBounds = {{"*", {1.2e-7, 1.2e-7}}};

// In bf16 one rounding more, to 8 bits: at most 2^-8.
const std::map<std::string, contract::Bounds> kBf16Bounds = {{"*", {4.0e-3, 4.0e-3}}};

TEST(Activation, EveryVersionOnEveryDeviceMatchesTheReference) {
  for (const Form& f : kForms) {
    contract::expect_ran_at_least(names(f), 1 + contract::simd_versions());
    for (const float slope : {0.0f, 0.2f, 1.0f}) {
      contract::expect_parity(forward_case(f, slope), names(f), kBounds);
      contract::expect_parity(backward_case(f, slope), names(f), kBounds);
    }
  }
}

TEST(Activation, EveryBf16VersionOnEveryDeviceMatchesTheReference) {
  for (const Form& f : kForms) {
    if (f.block > 1) {
      contract::expect_parity(forward_case(f, 0.2f), names(f, DType::kBF16), kBf16Bounds, DType::kBF16);
      contract::expect_parity(backward_case(f, 0.2f), names(f, DType::kBF16), kBf16Bounds, DType::kBF16);
    }
  }
}

TEST(Activation, BackwardAgreesWithDifferences) {
  const Form f{{2, 3, 2, 3}, 16, 2, 0};
  OpCase forward = forward_case(f, 0.2f);
  for (double& x : forward.operand("x").values) {
    x += x > 0 ? 0.1 : -0.1;  // away from the kink, where no derivative exists
  }
  const contract::GradientCheck check{forward, "y", backward_case(f, 0.2f), "dy", {{"x", "dx"}}};
  contract::expect_central_differences(check, 1e-3, 1e-10);
  contract::expect_taylor(check, 1e-3, 1e-12);
}

TEST(Activation, ResultsOnEveryDeviceDoNotDependOnThreadsOrOnOverwritingTheInput) {
  const Form f{{2, 32, 17, 19}, 16, 0, 0};
  contract::expect_repeatable(forward_case(f, 0.2f), names(f));
  contract::expect_repeatable(backward_case(f, 0.2f), names(f));
  OpCase in_place = forward_case(f, 0.2f);
  in_place.operands.erase(in_place.operands.begin());
  in_place.operand("x").role = Role::kUpdated;
  in_place.call = [](const contract::Arguments& a, Stream& s) {
    leaky_relu_forward(a.tensor("x"), a.tensor("x"), 0.2f, s);
  };
  for (const std::string& name : names(f)) {
    EXPECT_EQ(contract::run_case(in_place, DType::kF32, name).at("x"),
              contract::run_case(forward_case(f, 0.2f), DType::kF32, name).at("y"));
  }
}

TEST(Activation, LayoutsThatDifferAreAnErrorThatNamesBoth) {
  Stream stream(DeviceKind::kCpu, 1);
  std::vector<float> memory(64);
  const TensorView y(memory.data(), DType::kF32, {1, 2, 3, 4}, 1),
      x(memory.data(), DType::kF32, {1, 2, 3, 5}, 1);
  try {
    leaky_relu_forward(y, x, 0.1f, stream);
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("(1, 2, 3, 4)"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("(1, 2, 3, 5)"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace selfsame
