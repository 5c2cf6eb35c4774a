// SPDX-License-Identifier: Apache-2.0
#include "kernels/standardize/standardize.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

struct Form {
  Shape4 inner, outer;
  StandardizeOptions options;
};
// Without margin and with one, wider than a vector and narrower, more than one piece of a GPU's planes (4096
// pixels), a single pixel to spare, biased, with eps.
const Form kForms[] = {
    {{1, 1, 2, 3}, {1, 1, 2, 3}, {true, 0, 0, 0, 0}},
    {{2, 2, 5, 7}, {2, 2, 8, 11}, {true, 0, 0, 1, 2}},
    {{3, 2, 18, 20}, {3, 2, 32, 32}, {true, 0, 0, 7, 6}},
    {{1, 2, 70, 67}, {1, 2, 70, 80}, {false, 1e-3, 0, 0, 6}},
    {{2, 3, 9, 33}, {2, 3, 10, 33}, {false, 0, 0, 1, 0}},
};

Shape4 statistic(const Shape4& s) { return {s.n, s.c, 1, 1}; }

/// x with another mean and spread in every plane.
void spread(OpCase& c, const char* name) {
  contract::Operand& x = c.operand(name);
  const std::int64_t plane = x.shape.h * x.shape.w;
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const auto p = static_cast<std::int64_t>(i) / plane;
    x.values[i] = static_cast<double>(
        static_cast<float>((1.0 + static_cast<double>(p)) * x.values[i] + 2.0 - static_cast<double>(p)));
  }
}

OpCase forward_case(const Form& f) {
  OpCase c;
  c.op = "standardize";
  c.tensor("y", Role::kOutput, f.outer, 1)
      .tensor("mean", Role::kOutput, statistic(f.inner), 1)
      .tensor("std", Role::kOutput, statistic(f.inner), 1)
      .tensor("x", Role::kInput, f.inner, 1);
  c.call = [f](const Arguments& a, Stream& s) {
    standardize_forward(a.tensor("y"), a.tensor("mean"), a.tensor("std"), a.tensor("x"), f.options, s);
  };
  c.workspace_bytes = standardize_workspace(f.inner, contract::test_device());
  c.randomize(3);
  spread(c, "x");
  return c;
}

/// y and std are those of a forward, whatever else is drawn.
OpCase backward_case(const Form& f) {
  const OpCase forward = forward_case(f);
  const contract::Values kept = contract::run_case(forward, DType::kF64, "reference");
  OpCase c;
  c.op = "standardize";
  c.tensor("dx", Role::kOutput, f.inner, 1)
      .tensor("dy", Role::kInput, f.outer, 1)
      .tensor("y", Role::kInput, f.outer, 1)
      .tensor("std", Role::kInput, statistic(f.inner), 1)
      .tensor("dmean", Role::kInput, statistic(f.inner), 1)
      .tensor("dstd", Role::kInput, statistic(f.inner), 1);
  c.call = [f](const Arguments& a, Stream& s) {
    standardize_backward(a.tensor("dx"), a.tensor("dy"), a.tensor("y"), a.tensor("std"), a.tensor("dmean"),
                         a.tensor("dstd"), f.options, s);
  };
  c.workspace_bytes = standardize_workspace(f.inner, contract::test_device());
  c.randomize(4);
  for (const char* name : {"y", "std"}) {
    std::vector<double>& values = c.operand(name).values;
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<double>(static_cast<float>(kept.at(name)[i]));
    }
  }
  return c;
}

OpCase way_back_case(const Form& f) {
  OpCase c;
  c.op = "standardize";
  c.tensor("z", Role::kOutput, f.inner, 1)
      .tensor("y", Role::kInput, f.outer, 1)
      .tensor("mean", Role::kInput, statistic(f.inner), 1)
      .tensor("std", Role::kInput, statistic(f.inner), 1);
  c.call = [f](const Arguments& a, Stream& s) {
    unstandardize_forward(a.tensor("z"), a.tensor("y"), a.tensor("mean"), a.tensor("std"), f.options, s);
  };
  return c.randomize(5);
}

OpCase way_back_backward_case(const Form& f) {
  OpCase c;
  c.op = "standardize";
  c.tensor("dy", Role::kOutput, f.outer, 1)
      .tensor("dmean", Role::kOutput, statistic(f.inner), 1)
      .tensor("dstd", Role::kOutput, statistic(f.inner), 1)
      .tensor("dz", Role::kInput, f.inner, 1)
      .tensor("y", Role::kInput, f.outer, 1)
      .tensor("std", Role::kInput, statistic(f.inner), 1);
  c.call = [f](const Arguments& a, Stream& s) {
    unstandardize_backward(a.tensor("dy"), a.tensor("dmean"), a.tensor("dstd"), a.tensor("dz"), a.tensor("y"),
                           a.tensor("std"), f.options, s);
  };
  c.workspace_bytes = standardize_workspace(f.inner, contract::test_device());
  return c.randomize(6);
}

std::vector<std::string> names() {
  return contract::supported_names(standardize_implementations(), ElementwiseProblem{DType::kF32, 1});
}

// A handful of roundings of 2^-24 of values up to |x| + |mean|, which is a few times the spread in these
// cases; the statistics are double sums, rounded once.
const std::map<std::string, contract::Bounds> kBounds = {{"*", {6e-7, 1e-6}},
                                                         {"mean", {1.2e-7, 1.2e-7}},
                                                         {"std", {1.2e-7, 1.2e-7}},
                                                         {"dmean", {1.2e-7, 1.2e-7}},
                                                         {"dstd", {1.2e-7, 1.2e-7}}};

TEST(Standardize, EveryVersionOnEveryDeviceMatchesTheReference) {
  contract::expect_ran_at_least(names(), 1 + contract::simd_versions());
  for (const Form& f : kForms) {
    for (const OpCase& c : {forward_case(f), backward_case(f), way_back_case(f), way_back_backward_case(f)}) {
      contract::expect_parity(c, names(), kBounds);
    }
  }
}

TEST(Standardize, ALimitClampsOnEveryDevice) {
  Form f = kForms[3];
  f.options.limit = 0.75;
  contract::expect_parity(forward_case(f), names(), kBounds);
  for (const std::string& name : names()) {
    double largest = 0;
    const contract::Values values = contract::run_case(forward_case(f), DType::kF32, name);
    for (const double v : values.at("y")) {
      largest = std::max(largest, std::abs(v));
    }
    EXPECT_EQ(largest, 0.75) << name;
  }
}

TEST(Standardize, ResultsOnEveryDeviceDoNotDependOnThreads) {
  for (const OpCase& c : {forward_case(kForms[3]), backward_case(kForms[3]), way_back_case(kForms[3]),
                          way_back_backward_case(kForms[3])}) {
    contract::expect_repeatable(c, names());
  }
}

TEST(Standardize, BackwardAgreesWithDifferences) {
  for (const Form& f : {kForms[1], kForms[4]}) {
    OpCase backward = backward_case(f);
    backward.operand("dmean").values.assign(backward.operand("dmean").values.size(), 0.0);
    backward.operand("dstd").values.assign(backward.operand("dstd").values.size(), 0.0);
    // y and std are recomputed within the call, so that double and not float values enter.
    backward.operands.push_back(forward_case(f).operand("x"));
    backward.call = [f](const Arguments& a, Stream& s) {
      const Shape4 small = statistic(f.inner);
      std::vector<double> y(static_cast<std::size_t>(f.outer.count())),
          mean(static_cast<std::size_t>(small.count())), std(mean.size());
      const TensorView y_view(y.data(), DType::kF64, f.outer, 1),
          mean_view(mean.data(), DType::kF64, small, 1), std_view(std.data(), DType::kF64, small, 1);
      standardize_forward(y_view, mean_view, std_view, a.tensor("x"), f.options, s);
      standardize_backward(a.tensor("dx"), a.tensor("dy"), y_view, std_view, {}, {}, f.options, s);
    };
    contract::expect_central_differences({forward_case(f), "y", backward, "dy", {{"x", "dx"}}}, 1e-4, 1e-7);
  }
}

TEST(Standardize, TheStatisticsHaveGradientsToo) {
  // L = <dmean, mean> + <dstd, std>: the gradient of the statistics alone, through outputs of their own.
  for (const char* output : {"mean", "std"}) {
    const Form& f = kForms[2];
    OpCase backward = backward_case(f);
    backward.operands.push_back(forward_case(f).operand("x"));
    const std::string cotangent = std::string("d") + output;
    backward.call = [f, cotangent](const Arguments& a, Stream& s) {
      const Shape4 small = statistic(f.inner);
      const auto count = static_cast<std::size_t>(small.count());
      std::vector<double> y(static_cast<std::size_t>(f.outer.count())), zero_y(y.size()), mean(count),
          std(count), zero(count);
      const auto view = [](std::vector<double>& v, const Shape4& shape) {
        return TensorView(v.data(), DType::kF64, shape, 1);
      };
      standardize_forward(view(y, f.outer), view(mean, small), view(std, small), a.tensor("x"), f.options, s);
      standardize_backward(a.tensor("dx"), view(zero_y, f.outer), view(y, f.outer), view(std, small),
                           cotangent == "dmean" ? a.tensor("dmean") : view(zero, small),
                           cotangent == "dstd" ? a.tensor("dstd") : view(zero, small), f.options, s);
    };
    contract::expect_central_differences({forward_case(f), output, backward, cotangent, {{"x", "dx"}}}, 1e-4,
                                         1e-7);
  }
}

TEST(Standardize, TheWayBackAgreesWithDifferences) {
  const Form& f = kForms[1];
  contract::expect_central_differences({way_back_case(f),
                                        "z",
                                        way_back_backward_case(f),
                                        "dz",
                                        {{"y", "dy"}, {"mean", "dmean"}, {"std", "dstd"}}},
                                       1e-3, 1e-9);
}

TEST(Standardize, APlaneWithoutSpreadIsZeroOnEveryDevice) {
  Form f = kForms[2];
  f.options.eps = 1e-11;
  OpCase flat = forward_case(f);
  flat.operand("x").values.assign(flat.operand("x").values.size(), 3.0);
  OpCase backward = backward_case(f);
  backward.operand("std").values.assign(backward.operand("std").values.size(), 0.0);
  const double pixels = static_cast<double>(f.inner.h * f.inner.w);
  for (const std::string& name : names()) {
    const contract::Values values = contract::run_case(flat, DType::kF32, name);
    for (const double v : values.at("y")) {
      EXPECT_EQ(v, 0.0) << name;
    }
    EXPECT_NEAR(contract::run_case(backward, DType::kF32, name).at("dx")[0],
                backward.operand("dmean").values[0] / pixels, 1e-8)
        << name;
  }
}

TEST(Standardize, WindowsThatDoNotFitAreErrors) {
  Stream stream(DeviceKind::kCpu, 1);
  Form f = kForms[1];
  f.options.left = 5;  // 7 columns from 5 on in 11
  EXPECT_THROW(contract::run_case(forward_case(f), DType::kF32, stream), Error);
  f = kForms[1];
  OpCase clamped = backward_case(f);
  f.options.limit = 1;
  clamped.call = [f](const Arguments& a, Stream& s) {
    standardize_backward(a.tensor("dx"), a.tensor("dy"), a.tensor("y"), a.tensor("std"), {}, {}, f.options,
                         s);
  };
  EXPECT_THROW(contract::run_case(clamped, DType::kF32, stream), Error);
}

}  // namespace
}  // namespace selfsame
