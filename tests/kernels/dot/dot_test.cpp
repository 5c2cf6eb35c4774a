// SPDX-License-Identifier: Apache-2.0
#include "kernels/dot/dot.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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
                                  {{6, 20, 3, 3}, 5, 3},
                                  {{1, 1, 101, 37}, 0, 1},
                                  {{4, 1, 97, 89}, 3, 2}};
constexpr double kKeep = 0.5, kScale = -1.25, kOffset = 0.75;

std::span<double> values_of(const Arguments& a) {
  const ParameterView values = a.parameter("values");
  return {static_cast<double*>(values.data), static_cast<std::size_t>(values.lanes * values.count())};
}

OpCase dot_case(const Form& f, double keep = kKeep) {
  OpCase c;
  c.op = "dot";
  c.lanes = f.lanes;
  c.workspace_bytes = sample_dot_workspace(f.shape);
  c.parameter("values", keep == 0 ? Role::kOutput : Role::kUpdated, {f.shape.n / f.lanes, 1, 1, 1})
      .stored_as("values", DType::kF64)
      .tensor("a", Role::kInput, f.shape, 1, 0, f.gap)
      .tensor("b", Role::kInput, f.shape, 1);
  c.call = [keep](const Arguments& a, Stream& s) {
    sample_dot(values_of(a), keep, kScale, kOffset, a.tensor("a"), a.tensor("b"), s);
  };
  return c.randomize(17);
}

std::vector<std::string> names() { return contract::supported_names(dot_implementations(), DType::kF32); }

/// Products of floats are exact in double. A sum of M in two orders differs by 2 * M * 2^-53 of the sum of
/// absolute values, which becomes |scale| times their mean; what follows rounds four times. As a part of the
/// largest value, and of the norm of the values, which is no smaller.
contract::Bounds rounding_of(const OpCase& c) {
  const std::vector<double>&a = c.operand("a").values, &b = c.operand("b").values;
  const Shape4 shape = c.operand("a").shape;
  const auto M = static_cast<std::size_t>(shape.c * shape.h * shape.w);
  double worst = 0, largest = 0;
  for (std::size_t n = 0; n < a.size() / M; ++n) {
    double mean = 0;
    for (std::size_t i = n * M; i < (n + 1) * M; ++i) {
      mean += std::abs(a[i] * b[i]) / static_cast<double>(M);
    }
    worst = std::max(worst, std::abs(kScale) * mean);
  }
  const contract::Values exact = contract::run_case(c, DType::kF64, "reference");
  for (const double value : exact.at("values")) {
    largest = std::max(largest, std::abs(value));
  }
  const double terms = worst + std::abs(kOffset) + 8;  // values before are normals: below 8 for certain
  const double bound = 0x1p-53 * (2 * static_cast<double>(M) * worst + 4 * terms) / largest;
  return {std::sqrt(static_cast<double>(shape.n)) * bound, bound};
}

TEST(SampleDot, EveryVersionOnEveryDeviceMatchesTheReference) {
  contract::expect_ran_at_least(names(), 1 + contract::simd_versions());
  for (const Form& f : kForms) {
    for (const double keep : {kKeep, 0.0}) {
      contract::expect_parity(dot_case(f, keep), names(), {{"*", rounding_of(dot_case(f, keep))}});
    }
  }
}

TEST(SampleDot, ValuesOnEveryDeviceAreThoseOfTheFormula) {
  OpCase c = dot_case({{2, 1, 1, 2}, 0, 1});
  c.operand("values").values = {8, -2};
  c.operand("a").values = {1, 2, 3, 4};
  c.operand("b").values = {2, 1, 0, -1};
  for (const std::string& name : names()) {
    EXPECT_EQ(contract::run_case(c, DType::kF32, name).at("values"),
              (std::vector<double>{4 - 1.25 * 2 + 0.75, -1 + 1.25 * 2 + 0.75}));
  }
}

// The contract fills outputs with NaN: a product with keep = 0 would keep it.
TEST(SampleDot, OnEveryDeviceKeepZeroIgnoresWhatWasThere) {
  OpCase c = dot_case({{2, 1, 1, 2}, 0, 1}, 0.0);
  c.operand("a").values = {1, 2, 3, 4};
  c.operand("b").values = {2, 1, 0, -1};
  for (const std::string& name : names()) {
    EXPECT_EQ(contract::run_case(c, DType::kF32, name).at("values"),
              (std::vector<double>{-1.25 * 2 + 0.75, 1.25 * 2 + 0.75}));
  }
}

// A NaN in the tensors is not lost: a network that diverged must be seen.
TEST(SampleDot, NanInATensorIsNanInItsValueAlone) {
  std::vector<float> a{1, std::nanf(""), 3, 4}, b{1, 1, 1, 1};
  for (const DotImplementation& version : dot_implementations()) {
    if (version.device != DeviceKind::kCpu || !version.supports(DType::kF32)) {
      continue;
    }
    std::vector<double> values{5, 5};
    Stream stream(DeviceKind::kCpu, 1);
    stream.request("dot", version.name);
    sample_dot(values, 0, 2, 0, {a.data(), DType::kF32, {2, 1, 1, 2}, 1},
               {b.data(), DType::kF32, {2, 1, 1, 2}, 1}, stream);
    EXPECT_TRUE(std::isnan(values[0])) << version.name;
    EXPECT_EQ(values[1], 7.0) << version.name;
  }
}

TEST(SampleDot, OnEveryDeviceATensorWithItselfIsItsMeanSquare) {
  OpCase c = dot_case({{2, 3, 11, 13}, 0, 1}, 0.0);
  const std::vector<double> a = c.operand("a").values;
  c.call = [](const Arguments& x, Stream& s) {
    sample_dot(values_of(x), 0, 1, 0, x.tensor("a"), x.tensor("a"), s);
  };
  for (const std::string& name : names()) {
    const contract::Values got = contract::run_case(c, DType::kF32, name);
    for (std::size_t n = 0; n < 2; ++n) {
      double sum = 0;
      for (std::size_t i = 0; i < 429; ++i) {
        sum += a[n * 429 + i] * a[n * 429 + i];
      }
      EXPECT_NEAR(got.at("values")[n], sum / 429, 1e-13 * sum);  // 429 additions of 2^-53 in two orders
    }
  }
}

TEST(SampleDot, ResultsOnEveryDeviceDoNotDependOnThreadsOrLanes) {
  for (const Form& f : {kForms[1], kForms.back()}) {
    contract::expect_repeatable(dot_case(f), names());
    contract::expect_lanes_independent(dot_case(f), names());
  }
}

TEST(SampleDot, ShapesThatDisagreeAreErrors) {
  std::vector<float> memory(12);
  std::vector<double> values(3);
  Stream stream(DeviceKind::kCpu, 1);
  const TensorView a(memory.data(), DType::kF32, {2, 1, 2, 3}, 1);
  EXPECT_THROW(sample_dot(values, 0, 1, 0, a, a, stream), Error);
  values.resize(2);
  EXPECT_THROW(sample_dot(values, 0, 1, 0, a, {memory.data(), DType::kF32, {2, 1, 3, 2}, 1}, stream), Error);
  EXPECT_THROW(sample_dot({}, 0, 1, 0, {memory.data(), DType::kF32, {0, 1, 2, 3}, 1},
                          {memory.data(), DType::kF32, {0, 1, 2, 3}, 1}, stream),
               Error);
}

}  // namespace
}  // namespace selfsame
