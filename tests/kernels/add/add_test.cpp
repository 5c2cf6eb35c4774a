// SPDX-License-Identifier: Apache-2.0
#include "kernels/add/add.hpp"

#include <gtest/gtest.h>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

constexpr float kAlpha = 0.75f, kBeta = -1.5f;

struct Form {
  Shape4 shape;
  int block;
  std::int64_t split, gap;
};
const Form kForms[] = {{{1, 1, 1, 1}, 1, 0, 0},    {{2, 3, 5, 7}, 1, 0, 3},     {{2, 17, 3, 5}, 16, 0, 16},
                       {{2, 20, 3, 3}, 16, 3, 32}, {{1, 32, 17, 19}, 16, 0, 0}, {{2, 5, 4, 3}, 8, 0, 8},
                       {{2, 19, 3, 5}, 8, 3, 8},   {{2, 16, 9, 8}, 8, 0, 4}};

OpCase two_case(const Form& f) {
  OpCase c;
  c.op = "add";
  c.tensor("y", Role::kOutput, f.shape, f.block, f.split, f.gap)
      .tensor("a", Role::kInput, f.shape, f.block, f.split)
      .tensor("b", Role::kInput, f.shape, f.block, f.split, f.gap);
  c.call = [](const Arguments& a, Stream& s) {
    add_scaled(a.tensor("y"), kAlpha, a.tensor("a"), kBeta, a.tensor("b"), s);
  };
  return c.randomize(14);
}

OpCase one_case(const Form& f) {
  OpCase c;
  c.op = "add";
  c.tensor("y", Role::kOutput, f.shape, f.block, f.split, f.gap)
      .tensor("a", Role::kInput, f.shape, f.block, f.split, f.gap);
  c.call = [](const Arguments& a, Stream& s) { add_scaled(a.tensor("y"), kAlpha, a.tensor("a"), 0, {}, s); };
  return c.randomize(15);
}

/// da = alpha * dy, db = beta * dy
OpCase backward_case(const Form& f) {
  OpCase c;
  c.op = "add";
  c.tensor("da", Role::kOutput, f.shape, f.block, f.split)
      .tensor("db", Role::kOutput, f.shape, f.block, f.split)
      .tensor("dy", Role::kInput, f.shape, f.block, f.split);
  c.call = [](const Arguments& a, Stream& s) {
    add_scaled(a.tensor("da"), kAlpha, a.tensor("dy"), 0, {}, s);
    add_scaled(a.tensor("db"), kBeta, a.tensor("dy"), 0, {}, s);
  };
  return c.randomize(16);
}

std::vector<std::string> names(const Form& f, DType dtype = DType::kF32) {
  return contract::supported_names(add_implementations(), ElementwiseProblem{dtype, f.block});
}

TEST(Add, EveryVersionOnEveryDeviceMatchesTheReference) {
  for (const Form& f : kForms) {
    contract::expect_ran_at_least(names(f), 1 + contract::simd_versions());
    // Two products and a sum: 2 * 2^-24 of the sum of absolute values; terms cancel by a factor 10 at the
    // most in a list whose largest value counts.
    contract::expect_parity(two_case(f), names(f), {{"*", {1.2e-6, 1.2e-6}}});
    contract::expect_parity(one_case(f), names(f), {{"*", {6e-8, 6e-8}}});
  }
}

// In bf16 one rounding more, to 8 bits: 2^-8.
TEST(Add, EveryBf16VersionOnEveryDeviceMatchesTheReference) {
  const std::map<std::string, contract::Bounds> bounds = {{"*", {4.0e-3, 4.0e-3}}};
  for (const Form& f : kForms) {
    if (f.block > 1) {
      contract::expect_parity(two_case(f), names(f, DType::kBF16), bounds, DType::kBF16);
      contract::expect_parity(one_case(f), names(f, DType::kBF16), bounds, DType::kBF16);
    }
  }
}

TEST(Add, BackwardIsScaling) {
  const Form f{{2, 3, 2, 2}, 16, 2, 0};
  const contract::GradientCheck check{two_case(f), "y", backward_case(f), "dy", {{"a", "da"}, {"b", "db"}}};
  contract::expect_central_differences(check, 1e-3, 1e-10);
}

TEST(Add, TheOutputMayBeEitherInputOnEveryDevice) {
  const Form f{{2, 20, 3, 3}, 16, 3, 32};
  for (const std::string target : {"a", "b"}) {
    OpCase in_place = two_case(f);
    in_place.operands.erase(in_place.operands.begin());
    in_place.operand(target).role = Role::kUpdated;
    in_place.call = [target](const Arguments& a, Stream& s) {
      add_scaled(a.tensor(target), kAlpha, a.tensor("a"), kBeta, a.tensor("b"), s);
    };
    for (const std::string& name : names(f)) {
      EXPECT_EQ(contract::run_case(in_place, DType::kF32, name).at(target),
                contract::run_case(two_case(f), DType::kF32, name).at("y"));
    }
  }
}

TEST(Add, ResultsOnEveryDeviceDoNotDependOnThreads) {
  contract::expect_repeatable(two_case(kForms[4]), names(kForms[4]));
}

TEST(Add, LayoutsThatDifferAreErrors) {
  Stream stream(DeviceKind::kCpu, 1);
  OpCase wrong = two_case(kForms[2]);
  wrong.operand("b").block = 1;
  EXPECT_THROW(contract::run_case(wrong, DType::kF32, stream), Error);
}

}  // namespace
}  // namespace selfsame
