// SPDX-License-Identifier: Apache-2.0
#include "kernels/absolute_error/absolute_error.hpp"

#include <gtest/gtest.h>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

struct Form {
  Shape4 shape;
  std::int64_t lanes;
};
// One element, odd sizes, two channels, and more elements than a piece (4096).
const std::vector<Form> kForms = {
    {{1, 1, 1, 1}, 1}, {{4, 2, 5, 7}, 2}, {{6, 1, 3, 3}, 3}, {{4, 1, 97, 89}, 2}};

std::span<double> values_of(const Arguments& a) {
  const ParameterView values = a.parameter("values");
  return {static_cast<double*>(values.data), static_cast<std::size_t>(values.lanes * values.count())};
}

OpCase make_case(const Form& f, bool with_gradient) {
  OpCase c;
  c.op = "absolute_error";
  c.lanes = f.lanes;
  c.workspace_bytes = absolute_error_workspace(f.shape);
  c.parameter("values", Role::kOutput, {f.shape.n / f.lanes, 1, 1, 1})
      .stored_as("values", DType::kF64)
      .tensor("prediction", Role::kInput, f.shape, 1)
      .tensor("target", Role::kInput, f.shape, 1);
  if (with_gradient) {
    c.tensor("dprediction", Role::kOutput, f.shape, 1);
  }
  const std::int64_t B = f.shape.n / f.lanes;
  c.call = [B, with_gradient](const Arguments& a, Stream& s) {
    const TensorView p = a.tensor("prediction");
    absolute_error(values_of(a), with_gradient ? a.tensor("dprediction") : TensorView{}, p,
                   a.tensor("target"), p.shape.n / B, s);
  };
  return c.randomize(18);
}

std::vector<std::string> names() {
  return contract::supported_names(absolute_error_implementations(), DType::kF32);
}

TEST(AbsoluteError, EveryVersionOnEveryDeviceMatchesTheReference) {
  contract::expect_ran_at_least(names(), 2);
  for (const Form& f : kForms) {
    // A value is a sum of positive doubles in two orders: 2 * 2^-53 times its 8633 terms at the most. The
    // gradient is one rounded number.
    const std::map<std::string, contract::Bounds> bounds = {{"values", {2e-12, 2e-12}}, {"*", {6e-8, 6e-8}}};
    contract::expect_parity(make_case(f, true), names(), bounds);
    contract::expect_parity(make_case(f, false), names(), bounds);
  }
}

TEST(AbsoluteError, ValueOnEveryDeviceIsTheMeanOverTheElementsOfASample) {
  OpCase c = make_case({{2, 1, 1, 2}, 1}, true);
  c.operand("prediction").values = {1, -2, 3, 4};
  c.operand("target").values = {0, 0, 3, 1};
  for (const std::string& name : names()) {
    const contract::Values got = contract::run_case(c, DType::kF32, name);
    EXPECT_EQ(got.at("values"), (std::vector<double>{1.5, 1.5}));
    EXPECT_EQ(got.at("dprediction"), (std::vector<double>{0.25, -0.25, 0, 0.25}));  // no slope where p = t
  }
}

TEST(AbsoluteError, GradientAgreesWithDifferences) {
  const Form f{{4, 3, 2, 3}, 2};
  OpCase backward = make_case(f, true);
  backward.tensor("dvalues", Role::kInput, {f.shape.n, 1, 1, 1}, 1);
  backward.operand("dvalues").values.assign(4, 0.5);  // a lane's loss is the mean over its two samples
  contract::expect_central_differences(
      {make_case(f, false), "values", backward, "dvalues", {{"prediction", "dprediction"}}}, 1e-4, 1e-9);
}

TEST(AbsoluteError, ResultsOnEveryDeviceDoNotDependOnThreadsLanesOrOverwriting) {
  for (const Form& f : {kForms[2], kForms[3]}) {
    contract::expect_repeatable(make_case(f, true), names());
    contract::expect_lanes_independent(make_case(f, true), names());
  }
  OpCase in_place = make_case(kForms[2], true);
  in_place.operands.pop_back();
  in_place.operand("prediction").role = Role::kUpdated;
  in_place.call = [](const Arguments& a, Stream& s) {
    absolute_error(values_of(a), a.tensor("prediction"), a.tensor("prediction"), a.tensor("target"), 3, s);
  };
  for (const std::string& name : names()) {
    EXPECT_EQ(contract::run_case(in_place, DType::kF32, name).at("prediction"),
              contract::run_case(make_case(kForms[2], true), DType::kF32, name).at("dprediction"));
  }
}

TEST(AbsoluteError, ArgumentsThatDoNotFitAreErrors) {
  std::vector<float> memory(24);
  std::vector<double> values(3);
  Stream stream(DeviceKind::kCpu, 1);
  TensorView p(memory.data(), DType::kF32, {2, 1, 2, 3}, 1);
  EXPECT_THROW(absolute_error(values, {}, p, p, 1, stream), Error);
  values.resize(2);
  EXPECT_THROW(absolute_error(values, {}, p, p, 3, stream), Error);
  EXPECT_THROW(absolute_error(values, {}, p, p.samples(0, 1), 1, stream), Error);
  p.sample_stride = 8;
  EXPECT_THROW(absolute_error(values, {}, p, p, 1, stream), Error);
}

}  // namespace
}  // namespace selfsame
