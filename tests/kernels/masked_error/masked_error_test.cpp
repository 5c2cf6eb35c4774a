// SPDX-License-Identifier: Apache-2.0
#include "kernels/masked_error/masked_error.hpp"

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
  std::int64_t gap, lanes;
};
const std::vector<Form> kForms = {{{1, 1, 1, 1}, 0, 1},
                                  {{4, 2, 5, 7}, 3, 2},
                                  {{6, 3, 3, 3}, 5, 3},
                                  {{1, 1, 101, 37}, 0, 1},
                                  {{4, 2, 97, 49}, 3, 2}};

std::span<double> values_of(const Arguments& a) {
  const ParameterView values = a.parameter("values");
  return {static_cast<double*>(values.data), static_cast<std::size_t>(values.lanes * values.count())};
}

/// About a third of the pixels are in J, the first of every sample certainly.
OpCase make_case(const Form& f, bool with_gradient) {
  OpCase c;
  c.op = "masked_error";
  c.lanes = f.lanes;
  c.workspace_bytes = masked_error_workspace(f.shape);
  c.parameter("values", Role::kOutput, {f.shape.n / f.lanes, 1, 1, 1})
      .stored_as("values", DType::kF64)
      .tensor("prediction", Role::kInput, f.shape, 1, 0, f.gap)
      .tensor("target", Role::kInput, f.shape, 1)
      .tensor("mask", Role::kInput, {f.shape.n, 1, f.shape.h, f.shape.w}, 1, 0, f.gap);
  if (with_gradient) {
    c.tensor("dprediction", Role::kOutput, f.shape, 1, 0, f.gap);
  }
  const std::int64_t B = f.shape.n / f.lanes;
  c.call = [B, with_gradient](const Arguments& a, Stream& s) {
    const TensorView p = a.tensor("prediction");
    masked_squared_error(values_of(a), with_gradient ? a.tensor("dprediction") : TensorView{}, p,
                         a.tensor("target"), a.tensor("mask"), p.shape.n / B, s);
  };
  c.randomize(17);
  std::vector<double>& mask = c.operand("mask").values;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    mask[i] = mask[i] > 0.43 || i % static_cast<std::size_t>(f.shape.h * f.shape.w) == 0 ? 1 : 0;
  }
  return c;
}

std::vector<std::string> names() {
  return contract::supported_names(masked_error_implementations(), DType::kF32);
}

// A value is a sum of positive doubles in two orders: 2 * 2^-53 times its 9506 terms at the most.
constexpr contract::Bounds kValueBounds{2.2e-12, 2.2e-12};

TEST(MaskedError, EveryVersionOnEveryDeviceMatchesTheReference) {
  contract::expect_ran_at_least(names(), 1 + contract::simd_versions());
  for (const Form& f : kForms) {
    // The gradient rounds the difference, the scale and the product.
    contract::expect_parity(make_case(f, true), names(), {{"values", kValueBounds}, {"*", {1.8e-7, 1.8e-7}}});
    contract::expect_parity(make_case(f, false), names(), {{"*", kValueBounds}});
  }
}

TEST(MaskedError, ValuesOnEveryDeviceAreThoseOfTheFormula) {
  OpCase c = make_case({{2, 2, 1, 3}, 0, 1}, true);
  c.operand("prediction").values = {1, 2, 3, 4, 5, 6, 1, 1, 1, 3, 3, 3};
  c.operand("target").values = {0, 9, 1, 1, 9, 6, 0, 9, 9, 0, 9, 9};
  c.operand("mask").values = {1, 0, 1, 1, 0, 0};
  for (const std::string& name : names()) {
    const contract::Values got = contract::run_case(c, DType::kF32, name);
    EXPECT_EQ(got.at("values"), (std::vector<double>{(1 + 4 + 9 + 0) / 4.0, (1 + 9) / 2.0})) << name;
    // 2 (p - t) / (C |J| B): divided by 8 and by 4, halved
    EXPECT_EQ(got.at("dprediction"), (std::vector<double>{0.25, 0, 0.5, 0.75, 0, 0, 0.5, 0, 0, 1.5, 0, 0}))
        << name;
  }
}

TEST(MaskedError, GradientAgreesWithDifferences) {
  const Form f{{4, 3, 2, 3}, 0, 2};
  OpCase backward = make_case(f, true);
  backward.tensor("dvalues", Role::kInput, {f.shape.n, 1, 1, 1}, 1);
  backward.operand("dvalues").values.assign(4, 0.5);  // a lane's loss is the mean over its two samples
  const contract::GradientCheck check{
      make_case(f, false), "values", backward, "dvalues", {{"prediction", "dprediction"}}};
  contract::expect_central_differences(check, 1e-3, 1e-9);
}

TEST(MaskedError, ResultsOnEveryDeviceDoNotDependOnThreadsLanesOrOverwriting) {
  for (const Form& f : {kForms[2], kForms.back()}) {
    contract::expect_repeatable(make_case(f, true), names());
    contract::expect_lanes_independent(make_case(f, true), names());
    for (const std::string target : {"prediction", "target"}) {
      OpCase in_place = make_case(f, true);
      in_place.operands.pop_back();
      in_place.operand(target).role = Role::kUpdated;
      in_place.call = [target, lanes = f.lanes](const Arguments& a, Stream& s) {
        masked_squared_error(values_of(a), a.tensor(target), a.tensor("prediction"), a.tensor("target"),
                             a.tensor("mask"), lanes, s);
      };
      for (const std::string& name : names()) {
        EXPECT_EQ(contract::run_case(in_place, DType::kF32, name).at(target),
                  contract::run_case(make_case(f, true), DType::kF32, name).at("dprediction"));
      }
    }
  }
}

// The contract refuses NaN in results: one that is read in would show.
TEST(MaskedError, OnEveryDeviceNothingOutsideTheSetIsReadIn) {
  OpCase c = make_case({{2, 2, 9, 11}, 0, 1}, true);
  const contract::Values want = contract::run_case(c, DType::kF64, "reference");
  const std::vector<double>& mask = c.operand("mask").values;
  std::vector<double>&p = c.operand("prediction").values, &t = c.operand("target").values;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (mask[i / 198 * 99 + i % 99] == 0) {
      (i % 2 == 0 ? p[i] : t[i]) = std::nan("");
    }
  }
  for (const std::string& name : names()) {
    const contract::Values got = contract::run_case(c, DType::kF32, name);
    contract::expect_close(got.at("values"), want.at("values"), kValueBounds, name);
    contract::expect_close(got.at("dprediction"), want.at("dprediction"), {1.8e-7, 1.8e-7}, name);
  }
}

TEST(MaskedError, OnEveryDeviceAnEmptySetIsZero) {
  OpCase c = make_case({{2, 1, 3, 5}, 0, 1}, true);
  c.operand("mask").values.assign(30, 0.0);
  c.operand("mask").values[20] = 1;  // of the second sample
  for (const std::string& name : names()) {
    const contract::Values got = contract::run_case(c, DType::kF32, name);
    EXPECT_EQ(got.at("values")[0], 0);
    EXPECT_GT(got.at("values")[1], 0);
    EXPECT_EQ(std::vector<double>(got.at("dprediction").begin(), got.at("dprediction").begin() + 15),
              std::vector<double>(15));
  }
}

TEST(MaskedError, ShapesThatDisagreeAreErrors) {
  std::vector<float> memory(12);
  std::vector<double> values(3);
  Stream stream(DeviceKind::kCpu, 1);
  const TensorView p(memory.data(), DType::kF32, {2, 1, 2, 3}, 1);
  EXPECT_THROW(masked_squared_error(values, {}, p, p, p, 1, stream), Error);
  values.resize(2);
  masked_squared_error(values, {}, p, p, p, 1, stream);
  EXPECT_THROW(masked_squared_error(values, {}, p, p, p, 3, stream), Error);
  const TensorView wide(memory.data(), DType::kF32, {2, 2, 1, 3}, 1);
  EXPECT_THROW(masked_squared_error(values, {}, wide, wide, wide, 1, stream), Error);  // a mask per channel
}

}  // namespace
}  // namespace selfsame
