// SPDX-License-Identifier: Apache-2.0
#include "kernels/concat/concat.hpp"

#include <gtest/gtest.h>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

struct Form {
  std::int64_t n, a, b, h, w;
  int block;
  std::int64_t gap;
};
const Form kForms[] = {{1, 1, 1, 1, 1, 1, 0},    {2, 3, 5, 4, 3, 1, 7},      {2, 17, 3, 5, 2, 16, 16},
                       {3, 16, 32, 6, 9, 16, 0}, {1, 32, 20, 17, 19, 16, 0}, {2, 5, 9, 3, 3, 8, 8},
                       {2, 8, 16, 5, 7, 8, 4}};

OpCase forward_case(const Form& f) {
  OpCase c;
  c.op = "concat";
  c.tensor("y", Role::kOutput, {f.n, f.a + f.b, f.h, f.w}, f.block, f.a, f.gap)
      .tensor("a", Role::kInput, {f.n, f.a, f.h, f.w}, f.block, 0, f.gap)
      .tensor("b", Role::kInput, {f.n, f.b, f.h, f.w}, f.block);
  c.call = [](const Arguments& a, Stream& s) {
    concat_forward(a.tensor("y"), a.tensor("a"), a.tensor("b"), s);
  };
  return c.randomize(10);
}

OpCase backward_case(const Form& f) {
  OpCase c;
  c.op = "concat";
  c.tensor("da", Role::kOutput, {f.n, f.a, f.h, f.w}, f.block, 0, f.gap)
      .tensor("db", Role::kOutput, {f.n, f.b, f.h, f.w}, f.block)
      .tensor("dy", Role::kInput, {f.n, f.a + f.b, f.h, f.w}, f.block, f.a, f.gap);
  c.call = [](const Arguments& a, Stream& s) {
    concat_backward(a.tensor("da"), a.tensor("db"), a.tensor("dy"), s);
  };
  return c.randomize(11);
}

std::vector<std::string> names(const Form& f, DType dtype = DType::kF32) {
  return contract::supported_names(concat_implementations(), ElementwiseProblem{dtype, f.block});
}

TEST(Concat, EveryVersionOnEveryDeviceCopiesExactly) {
  for (const Form& f : kForms) {
    contract::expect_ran_at_least(names(f), 2);
    contract::expect_parity(forward_case(f), names(f), {{"*", {0, 0}}});
    contract::expect_parity(backward_case(f), names(f), {{"*", {0, 0}}});
  }
}

TEST(Concat, EveryBf16VersionOnEveryDeviceCopiesExactly) {
  for (const Form& f : kForms) {
    if (f.block > 1) {
      contract::expect_parity(forward_case(f), names(f, DType::kBF16), {{"*", {0, 0}}}, DType::kBF16);
      contract::expect_parity(backward_case(f), names(f, DType::kBF16), {{"*", {0, 0}}}, DType::kBF16);
    }
  }
}

TEST(Concat, ChannelsOfTheFirstPartComeFirstOnEveryDevice) {
  const Form f{1, 2, 1, 1, 2, 16, 0};
  OpCase c = forward_case(f);
  c.operand("a").values = {1, 2, 3, 4};
  c.operand("b").values = {5, 6};
  EXPECT_EQ(contract::run_case(c, DType::kF32, "").at("y"), (std::vector<double>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(contract::run_case(c, DType::kF64, "reference").at("y"), (std::vector<double>{1, 2, 3, 4, 5, 6}));
}

TEST(Concat, BackwardAgreesWithDifferences) {
  const Form f{2, 3, 2, 2, 1, 16, 0};
  const contract::GradientCheck check{
      forward_case(f), "y", backward_case(f), "dy", {{"a", "da"}, {"b", "db"}}};
  contract::expect_central_differences(check, 1e-3, 1e-10);
}

TEST(Concat, ResultsOnEveryDeviceDoNotDependOnThreads) {
  contract::expect_repeatable(forward_case(kForms[4]), names(kForms[4]));
  contract::expect_repeatable(backward_case(kForms[4]), names(kForms[4]));
}

TEST(Concat, ASplitThatIsNotTheFirstPartIsAnError) {
  Stream stream(DeviceKind::kCpu, 1);
  OpCase wrong = forward_case(kForms[1]);
  wrong.operand("y").split = 4;
  EXPECT_THROW(contract::run_case(wrong, DType::kF32, stream), Error);
}

}  // namespace
}  // namespace selfsame
