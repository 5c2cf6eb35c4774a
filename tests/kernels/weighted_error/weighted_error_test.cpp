// SPDX-License-Identifier: Apache-2.0
#include "kernels/weighted_error/weighted_error.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

struct Form {
  Shape4 numbers;
  std::int64_t weight_h, lanes;
};
// One number; odd sizes; weights by column and by place; more numbers than a GPU's block sums (2048).
const std::vector<Form> kForms = {{{1, 1, 1, 1}, 1, 1},
                                  {{4, 3, 5, 7}, 1, 2},
                                  {{6, 2, 4, 9}, 4, 3},
                                  {{2, 3, 37, 41}, 37, 1},
                                  {{4, 1, 64, 50}, 1, 2}};

std::span<double> doubles_of(const Arguments& a, const char* name) {
  const ParameterView values = a.parameter(name);
  return {static_cast<double*>(values.data), static_cast<std::size_t>(values.lanes * values.count())};
}

Shape4 real(const Shape4& s) { return {s.n, s.c, s.h, 2 * s.w}; }

OpCase operands(const Form& f, bool with_gradient) {
  OpCase c;
  c.op = "weighted_error";
  c.lanes = f.lanes;
  c.workspace_bytes = weighted_error_workspace(f.numbers);
  c.parameter("values", Role::kOutput, {f.numbers.n / f.lanes, 1, 1, 1})
      .stored_as("values", DType::kF64)
      .tensor("prediction", Role::kInput, real(f.numbers), 1)
      .tensor("target", Role::kInput, real(f.numbers), 1)
      .tensor("weights", Role::kInput, {f.numbers.n, 1, f.weight_h, f.numbers.w}, 1);
  if (with_gradient) {
    c.tensor("dprediction", Role::kOutput, real(f.numbers), 1);
  }
  return c;
}

ComplexView gradient_of(const Arguments& a, bool with_gradient) {
  return with_gradient ? as_complex(a.tensor("dprediction")) : ComplexView{};
}

/// `divided`: by divisors from memory, between 1 and 2 or so.
OpCase squared_case(const Form& f, bool with_gradient, bool divided = false) {
  OpCase c = operands(f, with_gradient);
  if (divided) {
    c.parameter("divisors", Role::kInput, {f.numbers.n / f.lanes, 1, 1, 1})
        .stored_as("divisors", DType::kF64);
  }
  const std::int64_t B = f.numbers.n / f.lanes;
  c.call = [=](const Arguments& a, Stream& s) {
    const ConstComplexView p = as_complex(a.tensor("prediction"));
    weighted_squared_error(doubles_of(a, "values"), gradient_of(a, with_gradient), p,
                           as_complex(a.tensor("target")), a.tensor("weights"),
                           divided ? doubles_of(a, "divisors") : std::span<const double>{}, p.shape.n / B, s);
  };
  c.randomize(31);
  for (double& v : c.operand("weights").values) {
    v = std::abs(v);
  }
  if (divided) {
    for (double& v : c.operand("divisors").values) {
      v = std::abs(v) + 1.0;
    }
  }
  return c;
}

OpCase relative_case(const Form& f, bool with_gradient) {
  OpCase c = operands(f, with_gradient);
  const std::int64_t B = f.numbers.n / f.lanes;
  c.call = [=](const Arguments& a, Stream& s) {
    const ConstComplexView p = as_complex(a.tensor("prediction"));
    relative_error(doubles_of(a, "values"), gradient_of(a, with_gradient), p, as_complex(a.tensor("target")),
                   a.tensor("weights"), p.shape.n / B, s);
  };
  c.randomize(32);
  std::vector<double>& weights = c.operand("weights").values;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = i % 3 == 1 ? 0.0 : 1.0;
  }
  return c;
}

OpCase squares_case(const Form& f) {
  OpCase c;
  c.op = "weighted_error";
  c.lanes = f.lanes;
  c.workspace_bytes = weighted_error_workspace(f.numbers);
  c.parameter("values", Role::kOutput, {f.numbers.n / f.lanes, 1, 1, 1})
      .stored_as("values", DType::kF64)
      .tensor("z", Role::kInput, real(f.numbers), 1)
      .tensor("weights", Role::kInput, {f.numbers.n, 1, f.weight_h, f.numbers.w}, 1);
  c.call = [](const Arguments& a, Stream& s) {
    weighted_squares(doubles_of(a, "values"), as_complex(a.tensor("z")), a.tensor("weights"), s);
  };
  c.randomize(33);
  for (double& v : c.operand("weights").values) {
    v = std::abs(v);
  }
  return c;
}

std::vector<std::string> names() {
  return contract::supported_names(weighted_error_implementations(), DType::kF32);
}

// A value is a sum of positive doubles in two orders: 2 * 2^-53 times its 9102 terms at the most.
constexpr contract::Bounds kValueBounds{2.1e-12, 2.1e-12};
// The gradient rounds the difference, the scale, its product with the weight and the last product: 4 * 2^-24.
const std::map<std::string, contract::Bounds> kBounds = {{"values", kValueBounds}, {"*", {2.4e-7, 2.4e-7}}};

TEST(WeightedError, EveryVersionOnEveryDeviceMatchesTheReference) {
  contract::expect_ran_at_least(names(), 1 + contract::simd_versions());
  for (const Form& f : kForms) {
    contract::expect_parity(squared_case(f, true), names(), kBounds);
    contract::expect_parity(squared_case(f, true, true), names(), kBounds);
    contract::expect_parity(squared_case(f, false), names(), kBounds);
    contract::expect_parity(squares_case(f), names(), kBounds);
    contract::expect_parity(relative_case(f, true), names(), kBounds);
    contract::expect_parity(relative_case(f, false), names(), kBounds);
  }
}

TEST(WeightedError, ValuesOnEveryDeviceAreThoseOfTheDefinition) {
  const Form f{{2, 1, 1, 2}, 1, 1};
  OpCase c = squared_case(f, true);
  c.operand("prediction").values = {1, 2, 3, 4, 5, 6, 7, 8};
  c.operand("target").values = {0, 0, 3, 1, 5, 5, 7, 8};
  c.operand("weights").values = {1, 2, 4, 8};
  contract::Values got = contract::run_case(c, DType::kF32, "");
  EXPECT_EQ(got.at("values"), (std::vector<double>{11.5, 2.0}));  // (5 + 2*9) / 2, (4*1 + 0) / 2
  // 2 w (p - t) / (2 numbers * 2 samples)
  EXPECT_EQ(got.at("dprediction"), (std::vector<double>{0.5, 1, 0, 3, 0, 2, 0, 0}));

  OpCase relative = relative_case(f, false);
  relative.operand("prediction").values = {6, 8, 9, 9, 0, 0, 0, 0};
  relative.operand("target").values = {3, 4, 1, 1, 1, 0, 0, 2};
  relative.operand("weights").values = {1, 0, 1, 1};
  got = contract::run_case(relative, DType::kF32, "");
  EXPECT_EQ(got.at("values"), (std::vector<double>{1.0, 1.0}));  // |p - t| = |t| on the loss set
}

TEST(WeightedError, GradientsAgreeWithDifferences) {
  const Form f{{4, 2, 2, 3}, 2, 2};
  const auto with_cotangent = [&](OpCase backward) {
    backward.tensor("dvalues", Role::kInput, {f.numbers.n, 1, 1, 1}, 1);
    backward.operand("dvalues").values.assign(4, 0.5);  // a lane's loss is the mean over its two samples
    return backward;
  };
  for (const bool divided : {false, true}) {
    const contract::GradientCheck squared{squared_case(f, false, divided),
                                          "values",
                                          with_cotangent(squared_case(f, true, divided)),
                                          "dvalues",
                                          {{"prediction", "dprediction"}}};
    contract::expect_central_differences(squared, 1e-3, 1e-9);
    contract::expect_taylor(squared, 1e-2, 1e-14);
  }
  // The modulus is not smooth at 0: differences of step h are off by h^2 / (6 |p - t|^2) or so.
  const contract::GradientCheck relative{relative_case(f, false),
                                         "values",
                                         with_cotangent(relative_case(f, true)),
                                         "dvalues",
                                         {{"prediction", "dprediction"}}};
  contract::expect_central_differences(relative, 1e-5, 1e-8);
  contract::expect_taylor(relative, 1e-3, 1e-14);
}

TEST(WeightedError, ARightPredictionOnEveryDeviceHasRelativeErrorAndGradientZero) {
  OpCase c = relative_case(kForms[1], true);
  c.operand("prediction").values = c.operand("target").values;
  for (const std::string& name : names()) {
    for (const auto& [output, values] : contract::run_case(c, DType::kF32, name)) {
      EXPECT_EQ(values, std::vector<double>(values.size(), 0.0)) << output;
    }
  }
}

TEST(WeightedError, ResultsOnEveryDeviceDoNotDependOnThreadsLanesOrOverwriting) {
  for (const Form& f : {kForms[2], kForms[4]}) {
    for (const OpCase& c :
         {squared_case(f, true), squared_case(f, true, true), squares_case(f), relative_case(f, true)}) {
      contract::expect_repeatable(c, names());
      contract::expect_lanes_independent(c, names());
    }
  }
  for (const char* overwritten : {"prediction", "target"}) {
    for (const bool relative : {false, true}) {
      const OpCase apart = relative ? relative_case(kForms[2], true) : squared_case(kForms[2], true);
      OpCase in_place = apart;
      in_place.operands.pop_back();
      in_place.operand(overwritten).role = Role::kUpdated;
      in_place.call = [=](const Arguments& a, Stream& s) {
        const ComplexView d = as_complex(a.tensor(overwritten));
        const ConstComplexView p = as_complex(a.tensor("prediction")), t = as_complex(a.tensor("target"));
        const ConstTensorView w = a.tensor("weights");
        relative ? relative_error(doubles_of(a, "values"), d, p, t, w, 3, s)
                 : weighted_squared_error(doubles_of(a, "values"), d, p, t, w, {}, 3, s);
      };
      for (const std::string& name : names()) {
        EXPECT_EQ(contract::run_case(in_place, DType::kF32, name).at(overwritten),
                  contract::run_case(apart, DType::kF32, name).at("dprediction"))
            << name;
      }
    }
  }
}

TEST(WeightedError, ArgumentsThatDoNotFitAreErrors) {
  std::vector<float> memory(24);
  std::vector<double> values(2);
  Stream stream(DeviceKind::kCpu, 1);
  const ComplexView z(memory.data(), DType::kF32, {2, 1, 2, 3});
  const TensorView columns(memory.data(), DType::kF32, {2, 1, 1, 3}, 1);
  const TensorView wide(memory.data(), DType::kF32, {2, 1, 1, 4}, 1);
  EXPECT_THROW(weighted_squared_error(values, {}, z, z, wide, {}, 1, stream), Error);
  EXPECT_THROW(weighted_squared_error(values, {}, z, z, columns, {}, 3, stream), Error);
  const double one = 1;
  EXPECT_THROW(weighted_squared_error(values, {}, z, z, columns, {&one, 1}, 1, stream), Error);
  EXPECT_THROW(weighted_squares({values.data(), 1}, z, columns, stream), Error);
  EXPECT_THROW(relative_error(values, {}, z, z.samples(0, 1), columns, 1, stream), Error);
}

}  // namespace
}  // namespace selfsame
