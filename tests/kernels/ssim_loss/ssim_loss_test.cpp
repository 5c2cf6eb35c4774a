// SPDX-License-Identifier: Apache-2.0
#include "kernels/ssim_loss/ssim_loss.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/fixture.hpp"
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
// One window; several tiles of a GPU (8 x 32) with odd ends; rows of more than one segment (64 windows).
const std::vector<Form> kForms = {
    {{1, 1, 7, 7}, 1}, {{4, 1, 9, 13}, 2}, {{6, 1, 17, 40}, 3}, {{2, 1, 12, 141}, 1}, {{1, 1, 200, 210}, 1}};

template <typename T>
std::span<T> numbers_of(const Arguments& a, const char* name) {
  const ParameterView values = a.parameter(name);
  return {static_cast<T*>(values.data), static_cast<std::size_t>(values.lanes * values.count())};
}

OpCase make_case(const Form& f, bool with_gradient) {
  OpCase c;
  c.op = "ssim_loss";
  c.lanes = f.lanes;
  c.workspace_bytes = ssim_loss_workspace(f.shape);
  c.parameter("values", Role::kOutput, {f.shape.n / f.lanes, 1, 1, 1})
      .stored_as("values", DType::kF64)
      .tensor("prediction", Role::kInput, f.shape, 1)
      .tensor("target", Role::kInput, f.shape, 1)
      .parameter("ranges", Role::kInput, {f.shape.n / f.lanes, 1, 1, 1})
      .stored_as("ranges", DType::kF32);
  if (with_gradient) {
    c.tensor("dprediction", Role::kOutput, f.shape, 1);
  }
  const std::int64_t B = f.shape.n / f.lanes;
  c.call = [B, with_gradient](const Arguments& a, Stream& s) {
    const TensorView p = a.tensor("prediction");
    ssim_loss(numbers_of<double>(a, "values"), with_gradient ? a.tensor("dprediction") : TensorView{}, p,
              a.tensor("target"), numbers_of<const float>(a, "ranges"), p.shape.n / B, s);
  };
  c.randomize(19);
  // Images around 1 with structure in common, and their range.
  std::vector<double>&x = c.operand("prediction").values, &y = c.operand("target").values;
  for (std::size_t i = 0; i < x.size(); ++i) {
    y[i] = static_cast<float>(1 + 0.3 * y[i]);
    x[i] = static_cast<float>(y[i] + 0.2 * x[i]);
  }
  for (double& range : c.operand("ranges").values) {
    range = static_cast<float>(1.5 + 0.1 * std::abs(range));
  }
  return c;
}

std::vector<std::string> names() {
  return contract::supported_names(ssim_loss_implementations(), DType::kF32);
}

// A variance of 0.1 is the difference of numbers near 1, each with 49 roundings: 1e-13 of a window's SSIM or
// less, and a sum of some 600 windows. The gradient is that, rounded to float.
const std::map<std::string, contract::Bounds> kBounds = {{"values", {1e-12, 1e-12}}, {"*", {6.1e-8, 6.1e-8}}};

TEST(SsimLoss, EveryVersionOnEveryDeviceMatchesTheReference) {
  contract::expect_ran_at_least(names(), 1 + contract::simd_versions());
  for (const Form& f : kForms) {
    contract::expect_parity(make_case(f, true), names(), kBounds);
    contract::expect_parity(make_case(f, false), names(), kBounds);
  }
}

TEST(SsimLoss, ValueAndGradientOnEveryDeviceAreThoseOfPyTorchsAutograd) {
  const test::Fixture fixture = test::Fixture::load("ssim_loss");
  for (const std::string name : {"smallest", "two", "wide"}) {
    const auto tensor = [&](const char* key) { return fixture.tensor(name + "/" + key); };
    const std::vector<std::int64_t> size = tensor("prediction").shape;
    OpCase c = make_case({{size[0], size[1], size[2], size[3]}, 1}, true);
    c.operand("prediction").values = tensor("prediction").values;
    c.operand("target").values = tensor("target").values;
    c.operand("ranges").values = tensor("range").values;
    for (const std::string& version : names()) {
      const contract::Values got = contract::run_case(c, DType::kF32, version);
      contract::expect_close(got.at("values"), tensor("values").values, {1e-10, 1e-10}, name + " " + version);
      contract::expect_close(got.at("dprediction"), tensor("gradient").values, {6.1e-8, 6.1e-8},
                             name + " gradient " + version);
    }
  }
}

TEST(SsimLoss, AnImageOnEveryDeviceHasNoLossAgainstItselfAndNoSlope) {
  OpCase c = make_case(kForms[1], true);
  c.operand("prediction").values = c.operand("target").values;
  for (const std::string& name : names()) {
    const contract::Values got = contract::run_case(c, DType::kF32, name);
    for (const double value : got.at("values")) {
      EXPECT_NEAR(value, 0.0, 1e-13);
    }
    for (const double slope : got.at("dprediction")) {
      EXPECT_NEAR(slope, 0.0, 1e-13);  // a maximum of every window: what is left are roundings
    }
  }
}

TEST(SsimLoss, GradientAgreesWithDifferences) {
  const Form f{{4, 1, 9, 8}, 2};
  OpCase backward = make_case(f, true);
  backward.tensor("dvalues", Role::kInput, {f.shape.n, 1, 1, 1}, 1);
  backward.operand("dvalues").values.assign(4, 0.5);  // a lane's loss is the mean over its two samples
  const contract::GradientCheck check{
      make_case(f, false), "values", backward, "dvalues", {{"prediction", "dprediction"}}};
  contract::expect_central_differences(check, 1e-5, 1e-8);
  contract::expect_taylor(check, 1e-2, 1e-14);
}

TEST(SsimLoss, ResultsOnEveryDeviceDoNotDependOnThreadsLanesOrOverwriting) {
  for (const Form& f : {kForms[1], kForms[2]}) {
    contract::expect_repeatable(make_case(f, true), names());
    contract::expect_lanes_independent(make_case(f, true), names());
  }
  OpCase in_place = make_case(kForms[2], true);
  in_place.operands.pop_back();
  in_place.operand("prediction").role = Role::kUpdated;
  in_place.call = [](const Arguments& a, Stream& s) {
    ssim_loss(numbers_of<double>(a, "values"), a.tensor("prediction"), a.tensor("prediction"),
              a.tensor("target"), numbers_of<const float>(a, "ranges"), 3, s);
  };
  for (const std::string& name : names()) {
    EXPECT_EQ(contract::run_case(in_place, DType::kF32, name).at("prediction"),
              contract::run_case(make_case(kForms[2], true), DType::kF32, name).at("dprediction"));
  }
}

TEST(SsimLoss, ArgumentsThatDoNotFitAreErrors) {
  std::vector<float> memory(128);
  std::vector<double> values(2);
  Stream stream(DeviceKind::kCpu, 1);
  const TensorView p(memory.data(), DType::kF32, {2, 1, 7, 8}, 1),
      low(memory.data(), DType::kF32, {2, 1, 6, 8}, 1);
  const std::span<const float> ranges(memory.data(), 2);
  EXPECT_THROW(ssim_loss(values, {}, low, low, ranges, 1, stream), Error);
  EXPECT_THROW(ssim_loss(values, {}, p, low, ranges, 1, stream), Error);
  EXPECT_THROW(ssim_loss(values, {}, p, p, ranges.first(1), 1, stream), Error);
  EXPECT_THROW(ssim_loss(values, {}, p, p, ranges, 3, stream), Error);
}

}  // namespace
}  // namespace selfsame
