// SPDX-License-Identifier: Apache-2.0
#include "kernels/average_pool/average_pool.hpp"

#include <gtest/gtest.h>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

struct Form {
  Shape4 shape;  // of x
  int block;
  std::int64_t split, gap;
};
// Even and odd sizes, the smallest window, tails of a block, two parts, a gap between samples.
const Form kForms[] = {{{1, 1, 2, 2}, 1, 0, 0},    {{2, 3, 5, 7}, 1, 0, 5},     {{2, 17, 3, 2}, 16, 0, 16},
                       {{2, 20, 9, 8}, 16, 3, 32}, {{1, 32, 16, 17}, 16, 0, 0}, {{2, 5, 4, 3}, 8, 0, 8},
                       {{2, 19, 9, 8}, 8, 3, 8},   {{1, 8, 5, 6}, 8, 0, 2}};

Shape4 pooled(const Shape4& x) { return {x.n, x.c, x.h / 2, x.w / 2}; }

OpCase forward_case(const Form& f) {
  OpCase c;
  c.op = "average_pool";
  c.tensor("y", Role::kOutput, pooled(f.shape), f.block, f.split, f.gap)
      .tensor("x", Role::kInput, f.shape, f.block, f.split, f.gap);
  c.call = [](const Arguments& a, Stream& s) { average_pool_forward(a.tensor("y"), a.tensor("x"), s); };
  return c.randomize(8);
}

OpCase backward_case(const Form& f) {
  OpCase c;
  c.op = "average_pool";
  c.tensor("dx", Role::kOutput, f.shape, f.block, f.split, f.gap)
      .tensor("dy", Role::kInput, pooled(f.shape), f.block, f.split, f.gap);
  c.call = [](const Arguments& a, Stream& s) {
    average_pool_backward(a.tensor("dx"), a.tensor("dy"), {}, s);
  };
  return c.randomize(9);
}

OpCase backward_add_case(const Form& f) {
  OpCase c = backward_case(f);
  c.tensor("add", Role::kInput, f.shape, f.block, f.split);
  c.call = [](const Arguments& a, Stream& s) {
    average_pool_backward(a.tensor("dx"), a.tensor("dy"), a.tensor("add"), s);
  };
  return c.randomize(9);
}

std::vector<std::string> names(const Form& f, DType dtype = DType::kF32) {
  return contract::supported_names(average_pool_implementations(), ElementwiseProblem{dtype, f.block});
}

// Three additions: 3 * 2^-24 of the sum of absolute values, which is at most 4 times the largest |y| or so.
const std::map<std::string, contract::Bounds> kBounds = {{"*", {7.2e-7, 7.2e-7}}};

TEST(AveragePool, EveryVersionOnEveryDeviceMatchesTheReference) {
  for (const Form& f : kForms) {
    contract::expect_ran_at_least(names(f), f.block == 16 ? 1 + contract::simd_versions() : 1);
    for (const OpCase& c : {forward_case(f), backward_case(f), backward_add_case(f)}) {
      contract::expect_parity(c, names(f), kBounds);
    }
  }
}

// In bf16 one rounding more, to 8 bits: 2^-8.
const std::map<std::string, contract::Bounds> kBf16Bounds = {{"*", {4.0e-3, 4.0e-3}}};

TEST(AveragePool, EveryBf16VersionOnEveryDeviceMatchesTheReference) {
  for (const Form& f : kForms) {
    for (const OpCase& c : {forward_case(f), backward_case(f), backward_add_case(f)}) {
      if (f.block > 1) {
        contract::expect_parity(c, names(f, DType::kBF16), kBf16Bounds, DType::kBF16);
      }
    }
  }
}

TEST(AveragePool, BackwardOnEveryDeviceIsAdjointOfForward) {
  for (const Form& f : kForms) {
    contract::expect_adjoint(forward_case(f), "x", "y", backward_case(f), "dy", "dx", DType::kF64,
                             "reference", 1e-12);
    for (const std::string& name : names(f)) {
      contract::expect_adjoint(forward_case(f), "x", "y", backward_case(f), "dy", "dx", DType::kF32, name,
                               1e-6);
    }
  }
}

TEST(AveragePool, BackwardAgreesWithDifferences) {
  const Form f{{1, 2, 5, 4}, 16, 0, 0};
  contract::expect_central_differences({forward_case(f), "y", backward_case(f), "dy", {{"x", "dx"}}}, 1e-3,
                                       1e-10);
}

TEST(AveragePool, TheGradientOfTheSecondPathMayBeTheOutputOnEveryDevice) {
  const Form f{{2, 20, 9, 7}, 16, 3, 32};
  OpCase in_place = backward_add_case(f);
  in_place.operands.erase(in_place.operands.begin());
  in_place.operand("add").role = Role::kUpdated;
  in_place.call = [](const Arguments& a, Stream& s) {
    average_pool_backward(a.tensor("add"), a.tensor("dy"), a.tensor("add"), s);
  };
  for (const std::string& name : names(f)) {
    EXPECT_EQ(contract::run_case(in_place, DType::kF32, name).at("add"),
              contract::run_case(backward_add_case(f), DType::kF32, name).at("dx"));
  }
}

TEST(AveragePool, ResultsOnEveryDeviceDoNotDependOnThreads) {
  const Form f{{2, 20, 9, 8}, 16, 3, 32};
  contract::expect_repeatable(forward_case(f), names(f));
  contract::expect_repeatable(backward_add_case(f), names(f));
}

TEST(AveragePool, SizesThatDoNotFitAreErrors) {
  Stream stream(DeviceKind::kCpu, 1);
  OpCase wrong = forward_case(kForms[1]);
  wrong.operand("y").shape.h = 3;  // 5 rows pool to 2
  EXPECT_THROW(contract::run_case(wrong, DType::kF32, stream), Error);
}

}  // namespace
}  // namespace selfsame
