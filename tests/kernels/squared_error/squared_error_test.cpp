// SPDX-License-Identifier: Apache-2.0
#include "kernels/squared_error/squared_error.hpp"

#include <gtest/gtest.h>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

struct Form {
  Shape4 shape;
  int block;
  std::int64_t split, gap, lanes;
};
const std::vector<Form> kForms = {{{1, 1, 1, 1}, 1, 0, 0, 1},    {{4, 2, 5, 7}, 1, 0, 3, 2},
                                  {{2, 17, 3, 5}, 16, 0, 16, 1}, {{6, 20, 3, 3}, 16, 3, 32, 3},
                                  {{1, 1, 101, 37}, 1, 0, 0, 1}, {{2, 5, 4, 3}, 8, 0, 8, 2},
                                  {{2, 19, 3, 5}, 8, 3, 6, 1},   {{4, 1, 97, 89}, 1, 0, 3, 2}};

std::span<double> values_of(const Arguments& a) {
  const ParameterView values = a.parameter("values");
  return {static_cast<double*>(values.data), static_cast<std::size_t>(values.lanes * values.count())};
}

OpCase make_case(const Form& f, bool with_gradient) {
  OpCase c;
  c.op = "squared_error";
  c.lanes = f.lanes;
  c.workspace_bytes = squared_error_workspace(f.shape);
  c.parameter("values", Role::kOutput, {f.shape.n / f.lanes, 1, 1, 1})
      .stored_as("values", DType::kF64)
      .tensor("prediction", Role::kInput, f.shape, f.block, f.split, f.gap)
      .tensor("target", Role::kInput, f.shape, f.block, f.split);
  if (with_gradient) {
    c.tensor("dprediction", Role::kOutput, f.shape, f.block, f.split, f.gap);
  }
  const std::int64_t B = f.shape.n / f.lanes;
  c.call = [B, with_gradient](const Arguments& a, Stream& s) {
    const TensorView p = a.tensor("prediction");
    squared_error(values_of(a), with_gradient ? a.tensor("dprediction") : TensorView{}, p, a.tensor("target"),
                  p.shape.n / B, s);
  };
  return c.randomize(17);
}

std::vector<std::string> names(const Form& f, DType dtype = DType::kF32) {
  return contract::supported_names(squared_error_implementations(), ElementwiseProblem{dtype, f.block});
}

// A value is a sum of positive doubles in two orders: 2 * 2^-53 times its 8633 terms at the most.
constexpr contract::Bounds kValueBounds{2e-12, 2e-12};

TEST(SquaredError, EveryVersionOnEveryDeviceMatchesTheReference) {
  for (const Form& f : kForms) {
    contract::expect_ran_at_least(names(f), 1 + contract::simd_versions());
    // The gradient rounds the difference, the scale and the product.
    contract::expect_parity(make_case(f, true), names(f),
                            {{"values", kValueBounds}, {"*", {1.8e-7, 1.8e-7}}});
    contract::expect_parity(make_case(f, false), names(f), {{"*", kValueBounds}});
  }
}

TEST(SquaredError, EveryBf16VersionOnEveryDeviceMatchesTheReference) {
  for (const Form& f : kForms) {
    if (f.block > 1) {  // the gradient is rounded once more, to 8 bits: 2^-8
      contract::expect_parity(make_case(f, true), names(f, DType::kBF16),
                              {{"values", kValueBounds}, {"*", {4.0e-3, 4.0e-3}}}, DType::kBF16);
    }
  }
}

TEST(SquaredError, ValueOnEveryDeviceIsTheMeanOverTheElementsOfASample) {
  OpCase c = make_case({{2, 1, 1, 2}, 1, 0, 0, 1}, true);
  c.operand("prediction").values = {1, 2, 3, 4};
  c.operand("target").values = {0, 0, 3, 1};
  const contract::Values got = contract::run_case(c, DType::kF32, "");
  EXPECT_EQ(got.at("values"), (std::vector<double>{2.5, 4.5}));
  EXPECT_EQ(got.at("dprediction"),
            (std::vector<double>{0.5, 1, 0, 1.5}));  // 2 * (p - t) / (2 elements * 2 samples)
}

TEST(SquaredError, GradientAgreesWithDifferences) {
  const Form f{{4, 3, 2, 3}, 16, 2, 0, 2};
  OpCase backward = make_case(f, true);
  backward.tensor("dvalues", Role::kInput, {f.shape.n, 1, 1, 1}, 1);
  backward.operand("dvalues").values.assign(4, 0.5);  // a lane's loss is the mean over its two samples
  const contract::GradientCheck check{
      make_case(f, false), "values", backward, "dvalues", {{"prediction", "dprediction"}}};
  contract::expect_central_differences(check, 1e-3, 1e-9);
  contract::expect_taylor(check, 1e-2, 1e-14);
}

// Lanes of the second form lie on other boundaries than alone, so that a GPU reads them in other pieces.
TEST(SquaredError, ResultsOnEveryDeviceDoNotDependOnThreadsLanesOrOverwriting) {
  for (const Form& f : {kForms[3], kForms.back()}) {
    contract::expect_repeatable(make_case(f, true), names(f));
    contract::expect_lanes_independent(make_case(f, true), names(f));
  }
  const Form f = kForms[3];
  OpCase in_place = make_case(f, true);
  in_place.operands.pop_back();
  in_place.operand("prediction").role = Role::kUpdated;
  in_place.call = [](const Arguments& a, Stream& s) {
    squared_error(values_of(a), a.tensor("prediction"), a.tensor("prediction"), a.tensor("target"), 3, s);
  };
  for (const std::string& name : names(f)) {
    EXPECT_EQ(contract::run_case(in_place, DType::kF32, name).at("prediction"),
              contract::run_case(make_case(f, true), DType::kF32, name).at("dprediction"));
  }
}

TEST(SquaredError, AWrongNumberOfValuesIsAnError) {
  std::vector<float> memory(12);
  std::vector<double> values(3);
  Stream stream(DeviceKind::kCpu, 1);
  const TensorView p(memory.data(), DType::kF32, {2, 1, 2, 3}, 1);
  EXPECT_THROW(squared_error(values, {}, p, p, 1, stream), Error);
  values.resize(2);
  EXPECT_THROW(squared_error(values, {}, p, p, 3, stream), Error);
}

}  // namespace
}  // namespace selfsame
