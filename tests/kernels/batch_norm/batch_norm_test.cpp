// SPDX-License-Identifier: Apache-2.0
#include "kernels/batch_norm/batch_norm.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

constexpr float kEps = 1e-5f, kMomentum = 0.1f;

struct Form {
  Shape4 shape;
  int block;
  std::int64_t split, gap, lanes;
  bool affine;
};
const Form kForms[] = {{{2, 3, 1, 1}, 1, 0, 0, 1, true},
                       {{4, 16, 9, 8}, 16, 0, 0, 2, true},
                       {{3, 17, 7, 11}, 16, 0, 16, 1, false},
                       {{6, 21, 5, 13}, 16, 4, 32, 3, true},
                       {{2, 5, 17, 31}, 16, 0, 0, 2, true},
                       {{4, 6, 4, 3}, 8, 0, 8, 2, true},
                       // One pixel; two parts; planes of two pieces of 1024 pixels (norm_gpu_plan.hpp).
                       {{2, 3, 1, 1}, 8, 0, 0, 1, false},
                       {{6, 13, 5, 13}, 8, 4, 32, 3, true},
                       {{4, 9, 40, 33}, 8, 0, 0, 2, true},
                       {{1, 8, 5, 7}, 8, 0, 0, 1, true}};

void add_parameters(OpCase& c, const Form& f) {
  if (f.affine) {
    c.parameter("gamma", Role::kInput, {f.shape.c, 1, 1, 1}, 2)
        .parameter("beta", Role::kInput, {f.shape.c, 1, 1, 1});
  }
}

void make_positive(std::vector<double>& values) {
  for (double& v : values) {
    v = 0.5 + 0.25 * std::abs(v);
  }
}

OpCase training_case(const Form& f, float slope) {
  OpCase c;
  c.op = "batch_norm";
  c.lanes = f.lanes;
  c.workspace_bytes = batch_norm_workspace(f.shape, f.block, f.split);
  const Shape4 statistics{f.lanes, f.shape.c, 1, 1};
  c.tensor("y", Role::kOutput, f.shape, f.block, f.split, f.gap)
      .tensor("mean", Role::kOutput, statistics, f.block, f.split)
      .tensor("r", Role::kOutput, statistics, f.block, f.split)
      .tensor("x", Role::kInput, f.shape, f.block, f.split, f.gap)
      .parameter("running_mean", Role::kUpdated, {f.shape.c, 1, 1, 1}, 1)
      .parameter("running_var", Role::kUpdated, {f.shape.c, 1, 1, 1});
  add_parameters(c, f);
  c.call = [slope, f](const Arguments& a, Stream& s) {
    const auto parameter = [&](const char* name) { return f.affine ? a.parameter(name) : ParameterView{}; };
    batch_norm_forward_training(a.tensor("y"), a.tensor("mean"), a.tensor("r"), a.parameter("running_mean"),
                                a.parameter("running_var"), a.tensor("x"), parameter("gamma"),
                                parameter("beta"), kEps, kMomentum, slope, s);
  };
  c.randomize(5);
  make_positive(c.operand("running_var").values);
  return c;
}

OpCase inference_case(const Form& f, float slope) {
  OpCase c;
  c.op = "batch_norm";
  c.lanes = f.lanes;
  c.workspace_bytes = batch_norm_workspace(f.shape, f.block, f.split);
  c.tensor("y", Role::kOutput, f.shape, f.block, f.split, f.gap)
      .tensor("x", Role::kInput, f.shape, f.block, f.split)
      .parameter("running_mean", Role::kInput, {f.shape.c, 1, 1, 1}, 1)
      .parameter("running_var", Role::kInput, {f.shape.c, 1, 1, 1});
  add_parameters(c, f);
  c.call = [slope, f](const Arguments& a, Stream& s) {
    const auto parameter = [&](const char* name) { return f.affine ? a.parameter(name) : ParameterView{}; };
    batch_norm_forward_inference(a.tensor("y"), a.tensor("x"), a.parameter("running_mean"),
                                 a.parameter("running_var"), parameter("gamma"), parameter("beta"), kEps,
                                 slope, s);
  };
  c.randomize(6);
  make_positive(c.operand("running_var").values);
  return c;
}

OpCase backward_case(const Form& f, float slope) {
  OpCase c;
  c.op = "batch_norm";
  c.lanes = f.lanes;
  c.workspace_bytes = batch_norm_workspace(f.shape, f.block, f.split);
  const Shape4 statistics{f.lanes, f.shape.c, 1, 1};
  c.tensor("dx", Role::kOutput, f.shape, f.block, f.split, f.gap)
      .tensor("dy", Role::kInput, f.shape, f.block, f.split)
      .tensor("x", Role::kInput, f.shape, f.block, f.split, f.gap)
      .tensor("mean", Role::kInput, statistics, f.block, f.split)
      .tensor("r", Role::kInput, statistics, f.block, f.split);
  add_parameters(c, f);
  if (f.affine) {
    c.parameter("dgamma", Role::kAccumulated, {f.shape.c, 1, 1, 1}, 3)
        .parameter("dbeta", Role::kAccumulated, {f.shape.c, 1, 1, 1});
  }
  c.call = [slope, f](const Arguments& a, Stream& s) {
    const auto parameter = [&](const char* name) { return f.affine ? a.parameter(name) : ParameterView{}; };
    batch_norm_backward(a.tensor("dx"), parameter("dgamma"), parameter("dbeta"), a.tensor("dy"),
                        a.tensor("x"), a.tensor("mean"), a.tensor("r"), parameter("gamma"), parameter("beta"),
                        slope, s);
  };
  c.randomize(7);
  make_positive(c.operand("r").values);
  return c;
}

std::vector<std::string> names(const Form& f, DType dtype = DType::kF32) {
  return contract::supported_names(batch_norm_implementations(), ElementwiseProblem{dtype, f.block});
}

/// Statistics are float in a bf16 network.
OpCase as_bf16(OpCase c) { return c.statistic("mean").statistic("r"); }

/// On a GPU the versions take blocks of 8 only.
bool runs_here(const Form& f) { return contract::test_device() == DeviceKind::kCpu || f.block == 8; }

// As instance_norm_test.cpp: 1.1e-6 of the sum of absolute values, and sqrt(n) of cancellation in signed
// sums. A mean is such a signed sum too.
const std::map<std::string, contract::Bounds> kForwardBounds = {{"mean", {2e-5, 2e-5}}, {"*", {2e-6, 2e-6}}};
const std::map<std::string, contract::Bounds> kBackwardBounds = {{"dx", {4e-6, 4e-6}}, {"*", {4e-5, 4e-5}}};

TEST(BatchNorm, EveryVersionOnEveryDeviceMatchesTheReference) {
  for (const Form& f : kForms) {
    if (!runs_here(f)) {
      continue;
    }
    contract::expect_ran_at_least(names(f), f.block == 16 ? 1 + contract::simd_versions() : 1);
    for (const float slope : {0.0f, 1.0f}) {
      contract::expect_parity(training_case(f, slope), names(f), kForwardBounds);
      contract::expect_parity(inference_case(f, slope), names(f), kForwardBounds);
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

TEST(BatchNorm, EveryBf16VersionOnEveryDeviceMatchesTheReference) {
  for (const Form& f : kForms) {
    if (runs_here(f) && f.block > 1) {
      const std::vector<std::string> versions = names(f, DType::kBF16);
      contract::expect_parity(as_bf16(training_case(f, 0.0f)), versions, in_bf16(kForwardBounds),
                              DType::kBF16);
      contract::expect_parity(inference_case(f, 0.0f), versions, in_bf16(kForwardBounds), DType::kBF16);
      contract::expect_parity(as_bf16(backward_case(f, 0.0f)), versions, in_bf16(kBackwardBounds),
                              DType::kBF16);
    }
  }
}

TEST(BatchNorm, RunningStatisticsAreUnbiasedAndFollowTheMomentum) {
  const Form f{{2, 1, 1, 2}, 1, 0, 0, 1, false};
  OpCase c = training_case(f, 1.0f);
  c.operand("x").values = {1, 2, 3, 6};  // mean 3, squares 4 + 1 + 0 + 9 = 14
  c.operand("running_mean").values = {1};
  c.operand("running_var").values = {2};
  const contract::Values got = contract::run_case(c, DType::kF64, "reference");
  const double momentum = kMomentum;
  EXPECT_DOUBLE_EQ(got.at("mean")[0], 3);
  EXPECT_DOUBLE_EQ(got.at("r")[0], 1 / std::sqrt(14.0 / 4 + static_cast<double>(kEps)));
  EXPECT_DOUBLE_EQ(got.at("running_mean")[0], (1 - momentum) * 1 + momentum * 3);
  EXPECT_DOUBLE_EQ(got.at("running_var")[0], (1 - momentum) * 2 + momentum * 14 / 3);
}

TEST(BatchNorm, BackwardAgreesWithDifferences) {
  for (const Form& f : {Form{{4, 3, 2, 3}, 16, 2, 0, 2, true}, Form{{3, 2, 2, 1}, 1, 0, 0, 1, false}}) {
    contract::GradientCheck check{training_case(f, 1.0f), "y", backward_case(f, 1.0f), "dy", {{"x", "dx"}}};
    if (f.affine) {
      check.wanted["gamma"] = "dgamma";
      check.wanted["beta"] = "dbeta";
    }
    contract::expect_central_differences(check, 1e-4, 1e-6);
    contract::expect_taylor(check, 1e-3, 1e-12);
  }
}

TEST(BatchNorm, BackwardThroughTheRectifierAgreesWithDifferences) {
  const Form f{{2, 3, 2, 2}, 16, 0, 0, 1, true};
  OpCase forward = training_case(f, 0.0f);
  // |xhat| <= sqrt(m - 1) < 3, so gamma = 0.1 keeps pre = gamma * xhat + beta on the side of beta, away from
  // the kink.
  for (double& g : forward.operand("gamma").values) {
    g = 0.1;
  }
  forward.operand("beta").values = {0.5, -0.5, 0.7};
  const contract::GradientCheck check{
      forward, "y", backward_case(f, 0.0f), "dy", {{"x", "dx"}, {"gamma", "dgamma"}, {"beta", "dbeta"}}};
  contract::expect_central_differences(check, 1e-4, 1e-6);
}

TEST(BatchNorm, ResultsOnEveryDeviceDoNotDependOnThreadsOrLanes) {
  for (const Form& f : {Form{{6, 21, 5, 13}, 16, 4, 32, 3, true}, Form{{6, 13, 5, 13}, 8, 4, 32, 3, true},
                        Form{{4, 9, 40, 33}, 8, 0, 0, 2, true}}) {
    if (!runs_here(f)) {
      continue;
    }
    for (const OpCase& c : {training_case(f, 0.0f), inference_case(f, 0.0f), backward_case(f, 0.0f)}) {
      contract::expect_repeatable(c, names(f));
      contract::expect_lanes_independent(c, names(f));
    }
  }
}

TEST(BatchNorm, OneValuePerChannelIsAnError) {
  const Form f{{2, 3, 1, 1}, 1, 0, 0, 2, false};
  Stream stream(DeviceKind::kCpu, 1);
  try {
    contract::run_case(training_case(f, 1.0f), DType::kF32, stream);
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("two values per channel"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace selfsame
