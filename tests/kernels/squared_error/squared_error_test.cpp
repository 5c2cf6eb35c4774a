// SPDX-License-Identifier: Apache-2.0
#include "kernels/squared_error/squared_error.hpp"

#include <gtest/gtest.h>

#include <cmath>

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
const Form kForms[] = {{{1, 1, 1, 1}, 1, 0, 0, 1},    {{4, 2, 5, 7}, 1, 0, 3, 2},
                       {{2, 17, 3, 5}, 16, 0, 16, 1}, {{6, 20, 3, 3}, 16, 3, 32, 3},
                       {{1, 1, 101, 37}, 1, 0, 0, 1}, {{2, 5, 4, 3}, 8, 0, 8, 2}};

/// The values as a tensor (N, 1, 1, 1), so that the contract can look at them.
void store_values(const TensorView& to, const std::vector<double>& values) {
  for (std::size_t n = 0; n < values.size(); ++n) {
    const auto i = static_cast<std::int64_t>(n);
    if (to.dtype == DType::kF64) {
      to.at<double>(i, 0, 0, 0) = values[n];
    } else {
      to.at<float>(i, 0, 0, 0) = static_cast<float>(values[n]);
    }
  }
}

OpCase make_case(const Form& f, bool with_gradient) {
  OpCase c;
  c.op = "squared_error";
  c.lanes = f.lanes;
  c.tensor("values", Role::kOutput, {f.shape.n, 1, 1, 1}, 1)
      .tensor("prediction", Role::kInput, f.shape, f.block, f.split, f.gap)
      .tensor("target", Role::kInput, f.shape, f.block, f.split);
  if (with_gradient) {
    c.tensor("dprediction", Role::kOutput, f.shape, f.block, f.split, f.gap);
  }
  const std::int64_t B = f.shape.n / f.lanes;
  c.call = [B, with_gradient](const Arguments& a, Stream& s) {
    const TensorView p = a.tensor("prediction");
    std::vector<double> values(static_cast<std::size_t>(p.shape.n), std::nan(""));
    squared_error(values, with_gradient ? a.tensor("dprediction") : TensorView{}, p, a.tensor("target"),
                  p.shape.n / B, s);
    store_values(a.tensor("values"), values);
  };
  return c.randomize(17);
}

std::vector<std::string> names(const Form& f) {
  return contract::supported_names(squared_error_implementations(), ElementwiseProblem{DType::kF32, f.block});
}

TEST(SquaredError, EveryVersionMatchesTheReference) {
  for (const Form& f : kForms) {
    contract::expect_ran_at_least(names(f), 1 + contract::simd_versions());
    // The values are exact but for the conversion to float in this test; the gradient rounds the difference,
    // the scale and the product.
    contract::expect_parity(make_case(f, true), names(f),
                            {{"values", {6e-8, 6e-8}}, {"*", {1.8e-7, 1.8e-7}}});
    contract::expect_parity(make_case(f, false), names(f), {{"*", {6e-8, 6e-8}}});
  }
}

TEST(SquaredError, ValueIsTheMeanOverTheElementsOfASample) {
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

TEST(SquaredError, ResultsDoNotDependOnThreadsLanesOrOverwriting) {
  const Form f = kForms[3];
  contract::expect_repeatable(make_case(f, true), names(f));
  contract::expect_lanes_independent(make_case(f, true), names(f));
  OpCase in_place = make_case(f, true);
  in_place.operands.pop_back();
  in_place.operand("prediction").role = Role::kUpdated;
  in_place.call = [](const Arguments& a, Stream& s) {
    std::vector<double> values(6);
    squared_error(values, a.tensor("prediction"), a.tensor("prediction"), a.tensor("target"), 3, s);
    store_values(a.tensor("values"), values);
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
