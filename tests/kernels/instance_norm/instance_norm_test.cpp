// SPDX-License-Identifier: Apache-2.0
#include "kernels/instance_norm/instance_norm.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

constexpr float kEps = 1e-5f;

struct Form {
  Shape4 shape;
  int block;
  std::int64_t split, gap, lanes;
  bool affine;
};
const Form kForms[] = {
    {{2, 3, 1, 2}, 1, 0, 0, 1, true},
    {{4, 16, 9, 8}, 16, 0, 0, 2, true},
    {{2, 17, 7, 11}, 16, 0, 16, 1, false},
    {{6, 21, 5, 13}, 16, 4, 32, 3, true},
    {{1, 5, 33, 31}, 16, 0, 0, 1, true},
    {{2, 6, 4, 3}, 8, 0, 8, 2, true},
    // One pixel; two parts; planes of two and of three pieces of 1024 pixels (norm_gpu_plan.hpp).
    {{2, 3, 1, 1}, 8, 0, 0, 1, false},
    {{6, 13, 5, 13}, 8, 4, 32, 3, true},
    {{2, 9, 40, 33}, 8, 0, 0, 2, true},
    {{1, 8, 32, 65}, 8, 0, 0, 1, false}};

OpCase forward_case(const Form& f, float slope) {
  OpCase c;
  c.op = "instance_norm";
  c.lanes = f.lanes;
  c.workspace_bytes = instance_norm_workspace(f.shape, f.block, f.split);
  const Shape4 statistics{f.shape.n, f.shape.c, 1, 1};
  c.tensor("y", Role::kOutput, f.shape, f.block, f.split, f.gap)
      .tensor("mean", Role::kOutput, statistics, f.block, f.split)
      .tensor("r", Role::kOutput, statistics, f.block, f.split, f.gap)
      .tensor("x", Role::kInput, f.shape, f.block, f.split, f.gap);
  if (f.affine) {
    c.parameter("gamma", Role::kInput, {f.shape.c, 1, 1, 1}, 2)
        .parameter("beta", Role::kInput, {f.shape.c, 1, 1, 1});
  }
  c.call = [slope, f](const Arguments& a, Stream& s) {
    instance_norm_forward(a.tensor("y"), a.tensor("mean"), a.tensor("r"), a.tensor("x"),
                          f.affine ? a.parameter("gamma") : ParameterView{},
                          f.affine ? a.parameter("beta") : ParameterView{}, kEps, slope, s);
  };
  return c.randomize(3);
}

OpCase backward_case(const Form& f, float slope) {
  OpCase c;
  c.op = "instance_norm";
  c.lanes = f.lanes;
  c.workspace_bytes = instance_norm_workspace(f.shape, f.block, f.split);
  const Shape4 statistics{f.shape.n, f.shape.c, 1, 1};
  c.tensor("dx", Role::kOutput, f.shape, f.block, f.split, f.gap)
      .tensor("dy", Role::kInput, f.shape, f.block, f.split)
      .tensor("x", Role::kInput, f.shape, f.block, f.split, f.gap)
      .tensor("mean", Role::kInput, statistics, f.block, f.split)
      .tensor("r", Role::kInput, statistics, f.block, f.split);
  if (f.affine) {
    const std::array<std::int64_t, 4> dims{f.shape.c, 1, 1, 1};
    c.parameter("gamma", Role::kInput, dims)
        .parameter("beta", Role::kInput, dims, 1)
        .parameter("dgamma", Role::kAccumulated, dims, 3)
        .parameter("dbeta", Role::kAccumulated, dims);
  }
  c.call = [slope, f](const Arguments& a, Stream& s) {
    const auto parameter = [&](const char* name) { return f.affine ? a.parameter(name) : ParameterView{}; };
    instance_norm_backward(a.tensor("dx"), parameter("dgamma"), parameter("dbeta"), a.tensor("dy"),
                           a.tensor("x"), a.tensor("mean"), a.tensor("r"), parameter("gamma"),
                           parameter("beta"), slope, s);
  };
  c.randomize(4);
  for (double& r : c.operand("r").values) {
    r = 0.5 + 0.25 * std::abs(r);
  }
  return c;
}

std::vector<std::string> names(const Form& f, DType dtype = DType::kF32) {
  return contract::supported_names(instance_norm_implementations(), ElementwiseProblem{dtype, f.block});
}

/// Statistics are float in a bf16 network.
OpCase as_bf16(OpCase c) { return c.statistic("mean").statistic("r"); }

/// On a GPU the versions take blocks of 8 only.
bool runs_here(const Form& f) { return contract::test_device() == DeviceKind::kCpu || f.block == 8; }

// Sums: (16 + 2) * 2^-24 = 1.1e-6 of the sum of absolute values; a few more roundings on top. Values within
// rounding of the kink differ by that rounding times (1 - slope), so the forward bound holds across it.
const std::map<std::string, contract::Bounds> kForwardBounds = {{"*", {2e-6, 2e-6}}};
// A sum of n signed normals is sqrt(n) large while its terms sum to n: n <= 1023 pixels gives up to a factor
// 32 on 1.1e-6 for parameters; dx is dominated by its pointwise terms.
const std::map<std::string, contract::Bounds> kBackwardBounds = {{"dx", {4e-6, 4e-6}}, {"*", {4e-5, 4e-5}}};

TEST(InstanceNorm, EveryVersionOnEveryDeviceMatchesTheReference) {
  for (const Form& f : kForms) {
    if (!runs_here(f)) {
      continue;
    }
    contract::expect_ran_at_least(names(f), f.block == 16 ? 1 + contract::simd_versions() : 1);
    for (const float slope : {0.2f, 1.0f}) {
      contract::expect_parity(forward_case(f, slope), names(f), kForwardBounds);
      contract::expect_parity(backward_case(f, slope), names(f), kBackwardBounds);
    }
  }
}

// In bf16 one rounding to 8 bits more, at most 2^-8 of a value; statistics and parameter gradients stay
// float.
std::map<std::string, contract::Bounds> in_bf16(std::map<std::string, contract::Bounds> bounds) {
  for (const char* name : {"y", "dx"}) {
    bounds[name] = {4.0e-3, 4.0e-3};
  }
  return bounds;
}

TEST(InstanceNorm, EveryBf16VersionOnEveryDeviceMatchesTheReference) {
  for (const Form& f : kForms) {
    if (runs_here(f) && f.block > 1) {
      contract::expect_parity(as_bf16(forward_case(f, 0.2f)), names(f, DType::kBF16), in_bf16(kForwardBounds),
                              DType::kBF16);
      contract::expect_parity(as_bf16(backward_case(f, 0.2f)), names(f, DType::kBF16),
                              in_bf16(kBackwardBounds), DType::kBF16);
    }
  }
}

TEST(InstanceNorm, OutputHasZeroMeanAndUnitVariance) {
  const Form f{{1, 2, 30, 30}, 16, 0, 0, 1, false};
  const auto y = contract::run_case(forward_case(f, 1.0f), DType::kF64, "reference").at("y");
  for (std::size_t c = 0; c < 2; ++c) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < 900; ++i) {
      sum += y[c * 900 + i];
      squares += y[c * 900 + i] * y[c * 900 + i];
    }
    EXPECT_NEAR(sum / 900, 0, 1e-12);
    EXPECT_NEAR(squares / 900, 1, 5e-5);  // var / (var + eps)
  }
}

TEST(InstanceNorm, BackwardAgreesWithDifferences) {
  for (const Form& f : {Form{{4, 3, 2, 3}, 16, 2, 0, 2, true}, Form{{2, 2, 3, 3}, 1, 0, 0, 1, false}}) {
    contract::GradientCheck check{forward_case(f, 1.0f), "y", backward_case(f, 1.0f), "dy", {{"x", "dx"}}};
    if (f.affine) {
      check.wanted["gamma"] = "dgamma";
      check.wanted["beta"] = "dbeta";
    }
    contract::expect_central_differences(check, 1e-4, 1e-6);
    contract::expect_taylor(check, 1e-3, 1e-12);
  }
}

TEST(InstanceNorm, BackwardThroughTheRectifierAgreesWithDifferences) {
  const Form f{{2, 3, 3, 3}, 16, 0, 0, 1, true};
  OpCase forward = forward_case(f, 0.1f);
  // |xhat| <= sqrt(M - 1) < 3, so gamma = 0.1 keeps pre = gamma * xhat + beta on the side of beta, away from
  // the kink.
  for (double& g : forward.operand("gamma").values) {
    g = 0.1;
  }
  forward.operand("beta").values = {0.5, -0.5, 0.7};
  const contract::GradientCheck check{
      forward, "y", backward_case(f, 0.1f), "dy", {{"x", "dx"}, {"gamma", "dgamma"}, {"beta", "dbeta"}}};
  contract::expect_central_differences(check, 1e-4, 1e-6);
}

TEST(InstanceNorm, ALargeMeanOnEveryDeviceCostsNoDigits) {
  // A plane of 320 x 240 pixels at 1000 +- 1 whose first rows are 0: any single shift or a plain sum of
  // squares in float would lose the variance.
  const bool cpu = contract::test_device() == DeviceKind::kCpu;
  const std::int64_t h = cpu ? 320 : 64, w = 240;
  const Form f{{1, 2, h, w}, cpu ? 16 : 8, 0, 0, 1, false};
  OpCase c = forward_case(f, 1.0f);
  std::vector<double>& x = c.operand("x").values;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    const bool zero = at / (h * w) == 1 && at % (h * w) < w;
    x[i] = zero ? 0.0 : static_cast<double>(static_cast<float>(1000.0 + x[i]));
  }
  // mean is stored in float: |mean| * 2^-24 / std = 6e-5 in y.
  contract::expect_parity(c, names(f), {{"mean", {1e-7, 1e-7}}, {"r", {1e-6, 1e-6}}, {"*", {1e-4, 1e-4}}});
}

void expect_independence(const Form& f) {
  contract::expect_repeatable(forward_case(f, 0.2f), names(f));
  contract::expect_repeatable(backward_case(f, 0.2f), names(f));
  contract::expect_lanes_independent(forward_case(f, 0.2f), names(f));
  contract::expect_lanes_independent(backward_case(f, 0.2f), names(f));
  OpCase in_place = backward_case(f, 0.2f);
  in_place.operands.erase(in_place.operands.begin());
  in_place.operand("dy").role = Role::kUpdated;
  in_place.call = [](const Arguments& a, Stream& s) {
    instance_norm_backward(a.tensor("dy"), a.parameter("dgamma"), a.parameter("dbeta"), a.tensor("dy"),
                           a.tensor("x"), a.tensor("mean"), a.tensor("r"), a.parameter("gamma"),
                           a.parameter("beta"), 0.2f, s);
  };
  OpCase apart = backward_case(f, 0.2f);
  for (contract::Operand& o : in_place.operands) {
    o.values = apart.operand(o.name).values;
  }
  for (const std::string& name : names(f)) {
    EXPECT_EQ(contract::run_case(in_place, DType::kF32, name).at("dy"),
              contract::run_case(apart, DType::kF32, name).at("dx"));
  }
}

TEST(InstanceNorm, ResultsOnEveryDeviceDoNotDependOnThreadsLanesOrOverwriting) {
  for (const Form& f : {Form{{6, 21, 5, 13}, 16, 4, 32, 3, true}, Form{{6, 13, 5, 13}, 8, 4, 32, 3, true},
                        Form{{2, 9, 40, 33}, 8, 0, 0, 2, true}}) {
    if (runs_here(f)) {
      expect_independence(f);
    }
  }
}

TEST(InstanceNorm, ShapesThatDisagreeAreErrors) {
  const Form f{{2, 3, 4, 4}, 1, 0, 0, 1, true};
  Stream stream(DeviceKind::kCpu, 1);
  OpCase wrong_statistics = forward_case(f, 1.0f);
  wrong_statistics.operand("mean").shape.c = 2;
  EXPECT_THROW(contract::run_case(wrong_statistics, DType::kF32, stream), Error);
  OpCase wrong_parameter = forward_case(f, 1.0f);
  wrong_parameter.operand("gamma").dims[0] = 4;
  wrong_parameter.operand("gamma").values.resize(4);
  EXPECT_THROW(contract::run_case(wrong_parameter, DType::kF32, stream), Error);
}

}  // namespace
}  // namespace selfsame
