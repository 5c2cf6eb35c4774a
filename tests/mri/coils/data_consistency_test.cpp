// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/mri/coils/coil_cases.hpp"

namespace selfsame {
namespace {

using namespace coil_cases;

struct Form {
  Shape4 stack;
  std::int64_t mask_rows, lanes;
};
const std::vector<Form> kForms = {
    {{1, 1, 1, 1}, 1, 1}, {{4, 3, 5, 7}, 1, 2}, {{3, 4, 17, 33}, 17, 3}, {{2, 2, 31, 37}, 1, 1}};

std::vector<std::string> names() {
  return contract::supported_names(data_consistency_implementations(), CoilProblem{DType::kF32});
}

Shape4 mask_of(const Form& f) { return {f.stack.n, 1, f.mask_rows, f.stack.w}; }

OpCase make_forward(const Form& f) {
  OpCase c;
  c.op = "data_consistency";
  c.lanes = f.lanes;
  c.tensor("next", Role::kOutput, parts(f.stack), 1)
      .tensor("current", Role::kInput, parts(f.stack), 1)
      .tensor("measured", Role::kInput, parts(f.stack), 1)
      .tensor("refinement", Role::kInput, parts(f.stack), 1)
      .tensor("mask", Role::kInput, mask_of(f), 1)
      .parameter("lambda", Role::kInput, {1, 1, 1, 1}, 3);
  c.call = [](const Arguments& a, Stream& stream) {
    data_consistency(complex(a, "next"), complex(a, "current"), complex(a, "measured"),
                     complex(a, "refinement"), a.tensor("mask"), a.parameter("lambda"), stream);
  };
  return c.randomize(31);
}

OpCase make_backward(const Form& f) {
  OpCase c;
  c.op = "data_consistency";
  c.lanes = f.lanes;
  c.workspace_bytes = data_consistency_workspace(f.stack, f.lanes);
  c.tensor("dcurrent", Role::kOutput, parts(f.stack), 1)
      .parameter("dlambda", Role::kAccumulated, {1, 1, 1, 1}, 2)
      .tensor("dnext", Role::kInput, parts(f.stack), 1)
      .tensor("current", Role::kInput, parts(f.stack), 1)
      .tensor("measured", Role::kInput, parts(f.stack), 1)
      .tensor("mask", Role::kInput, mask_of(f), 1)
      .parameter("lambda", Role::kInput, {1, 1, 1, 1}, 3);
  c.call = [](const Arguments& a, Stream& stream) {
    data_consistency_backward(complex(a, "dcurrent"), a.parameter("dlambda"), complex(a, "dnext"),
                              complex(a, "current"), complex(a, "measured"), a.tensor("mask"),
                              a.parameter("lambda"), stream);
  };
  return c.randomize(32);
}

/// lambda * mask and the mask at every float of the stack.
struct Weights {
  std::vector<double> weight, mask;
  Weights(const Form& f, const OpCase& c) : weight(2 * count(f)), mask(2 * count(f)) {
    const std::int64_t plane = f.stack.h * f.stack.w, W = f.stack.w;
    for (std::size_t i = 0; i < weight.size(); ++i) {
      const auto number = static_cast<std::int64_t>(i / 2);
      const std::int64_t n = number / (f.stack.c * plane), pixel = number % plane;
      const std::int64_t row = f.mask_rows == 1 ? 0 : pixel / W;
      mask[i] = c.operand("mask").values[static_cast<std::size_t>((n * f.mask_rows + row) * W + pixel % W)];
      weight[i] = mask[i] * c.operand("lambda").values[static_cast<std::size_t>(n / (f.stack.n / f.lanes))];
    }
  }
  static std::size_t count(const Form& f) { return static_cast<std::size_t>(f.stack.count()); }
};

TEST(DataConsistency, EveryVersionOnEveryDeviceMatchesTheReference) {
  for (const Form& f : kForms) {
    contract::expect_ran_at_least(names(), 1 + contract::simd_versions());
    const OpCase c = make_forward(f);
    const Weights w(f, c);
    const std::vector<double> want = contract::run_case(c, DType::kF64, "reference").at("next");
    std::vector<double> errors(want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
      const double k = c.operand("current").values[i];
      const double pull = w.weight[i] * (k - c.operand("measured").values[i]);
      // weight, difference and product; then the two differences that make the result
      errors[i] = kRounding * (3 * std::abs(pull) + std::abs(k - pull) + std::abs(want[i]));
      EXPECT_NEAR(want[i], k - pull - c.operand("refinement").values[i], 1e-13 * (1 + std::abs(k)));
    }
    contract::expect_parity(c, names(), {{"*", bounds_from(errors, want)}});
  }
}

TEST(DataConsistency, EveryVersionOfTheGradientOnEveryDeviceMatchesTheReference) {
  for (const Form& f : kForms) {
    const OpCase c = make_backward(f);
    const Weights w(f, c);
    const contract::Values want = contract::run_case(c, DType::kF64, "reference");
    std::vector<double> errors(w.weight.size()), sums(static_cast<std::size_t>(f.lanes));
    for (std::size_t i = 0; i < errors.size(); ++i) {
      const double dy = c.operand("dnext").values[i];
      errors[i] = kRounding * (2 * std::abs(w.weight[i] * dy) + std::abs(want.at("dcurrent")[i]));
      sums[i / (errors.size() / sums.size())] +=
          std::abs(dy * w.mask[i] * (c.operand("current").values[i] - c.operand("measured").values[i]));
    }
    std::vector<double> sum_errors(sums.size());
    for (std::size_t l = 0; l < sums.size(); ++l) {  // summed in double, in any order; stored as a float
      sum_errors[l] = kRounding * std::abs(want.at("dlambda")[l]) +
                      2 * 0x1p-53 * static_cast<double>(errors.size()) * sums[l];
    }
    contract::expect_parity(c, names(),
                            {{"dcurrent", bounds_from(errors, want.at("dcurrent"))},
                             {"dlambda", bounds_from(sum_errors, want.at("dlambda"))}});
  }
}

TEST(DataConsistency, GradientsAgreeWithDifferences) {
  for (const Form& f : {Form{{4, 2, 2, 3}, 1, 2}, Form{{2, 2, 2, 3}, 2, 1}}) {
    const contract::GradientCheck check{
        make_forward(f), "next", make_backward(f), "dnext", {{"current", "dcurrent"}, {"lambda", "dlambda"}}};
    contract::expect_central_differences(check, 1e-3, 1e-9);
    contract::expect_taylor(check, 1e-2, 1e-13);
  }
}

TEST(DataConsistency, LanesThreadsAndOverwritingOnEveryDeviceChangeNoBit) {
  for (const Form& f : {kForms[1], kForms[2]}) {
    const OpCase forward = make_forward(f), backward = make_backward(f);
    for (const OpCase& c : {forward, backward}) {
      contract::expect_repeatable(c, names());
      contract::expect_lanes_independent(c, names());
    }
    const OpCase over_current = in_place(forward, "next", "current", [](const Arguments& a, Stream& stream) {
      data_consistency(complex(a, "current"), complex(a, "current"), complex(a, "measured"),
                       complex(a, "refinement"), a.tensor("mask"), a.parameter("lambda"), stream);
    });
    const OpCase over_dnext = in_place(backward, "dcurrent", "dnext", [](const Arguments& a, Stream& stream) {
      data_consistency_backward(complex(a, "dnext"), a.parameter("dlambda"), complex(a, "dnext"),
                                complex(a, "current"), complex(a, "measured"), a.tensor("mask"),
                                a.parameter("lambda"), stream);
    });
    for (const std::string& name : names()) {
      EXPECT_EQ(contract::run_case(over_current, DType::kF32, name).at("current"),
                contract::run_case(forward, DType::kF32, name).at("next"));
      const contract::Values apart = contract::run_case(backward, DType::kF32, name);
      const contract::Values together = contract::run_case(over_dnext, DType::kF32, name);
      EXPECT_EQ(together.at("dnext"), apart.at("dcurrent"));
      EXPECT_EQ(together.at("dlambda"), apart.at("dlambda"));
    }
  }
}

TEST(DataConsistency, WithLambdaOneOnEveryDeviceReturnsTheMeasuredFrequencies) {
  OpCase c = make_forward({{2, 3, 4, 5}, 1, 1});
  c.operand("lambda").values = {1};
  std::fill(c.operand("refinement").values.begin(), c.operand("refinement").values.end(), 0.0);
  std::vector<double>& mask = c.operand("mask").values;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    mask[i] = i % 2 == 0 ? 1 : 0;
  }
  for (const auto& name : {"current", "measured"}) {  // small whole numbers: differences are exact
    for (double& v : c.operand(name).values) {
      v = std::round(8 * v);
    }
  }
  const std::vector<double> got = contract::run_case(c, DType::kF32, "").at("next");
  const Weights w({{2, 3, 4, 5}, 1, 1}, c);
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i], c.operand(w.mask[i] == 1 ? "measured" : "current").values[i]);
  }
}

TEST(DataConsistency, ShapesThatDoNotFitAreErrors) {
  std::vector<float> memory(1024);
  Stream stream(DeviceKind::kCpu, 1);
  const ComplexView k(memory.data(), DType::kF32, {3, 2, 4, 5});
  const ComplexView other(memory.data(), DType::kF32, {3, 2, 5, 4});
  const TensorView mask(memory.data(), DType::kF32, {3, 1, 1, 5}, 1);
  const TensorView wrong_mask(memory.data(), DType::kF32, {3, 1, 2, 5}, 1);
  const ParameterView lambda(memory.data(), DType::kF32, 1, {1, 1, 1, 1}, 1);
  const ParameterView in_two_lanes(memory.data(), DType::kF32, 2, {1, 1, 1, 1}, 1);
  EXPECT_THROW(data_consistency(k, k, other, k, mask, lambda, stream), Error);
  EXPECT_THROW(data_consistency(k, k, k, k, wrong_mask, lambda, stream), Error);
  EXPECT_THROW(data_consistency(k, k, k, k, mask, in_two_lanes, stream), Error);
  EXPECT_THROW(data_consistency_backward(k, in_two_lanes, k, k, k, mask, lambda, stream), Error);
}

}  // namespace
}  // namespace selfsame
