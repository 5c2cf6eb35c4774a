// SPDX-License-Identifier: Apache-2.0
#include "kernels/keep_columns/keep_columns.hpp"

#include <gtest/gtest.h>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

struct Form {
  Shape4 shape;
  std::int64_t first, count;
};
const Form kForms[] = {
    {{2, 3, 5, 14}, 4, 6}, {{1, 1, 1, 1}, 0, 1}, {{1, 2, 33, 40}, 0, 0}, {{2, 1, 20, 31}, 30, 1}};

OpCase case_of(const Form& f) {
  OpCase c;
  c.op = "keep_columns";
  c.tensor("y", Role::kOutput, f.shape, 1).tensor("x", Role::kInput, f.shape, 1);
  c.call = [f](const Arguments& a, Stream& s) {
    keep_columns(a.tensor("y"), a.tensor("x"), f.first, f.count, s);
  };
  return c.randomize(2);
}

std::vector<std::string> names() {
  return contract::supported_names(keep_columns_implementations(), ElementwiseProblem{DType::kF32, 1});
}

TEST(KeepColumns, EveryVersionOnEveryDeviceMatchesTheReference) {
  contract::expect_ran_at_least(names(), 2);
  for (const Form& f : kForms) {
    contract::expect_parity(case_of(f), names(), {{"*", {0.0, 0.0}}});
    contract::expect_repeatable(case_of(f), names());
  }
}

TEST(KeepColumns, KeepsTheBandAndClearsTheRest) {
  const Form& f = kForms[0];
  const OpCase c = case_of(f);
  const std::vector<double> y = contract::run_case(c, DType::kF64, "reference").at("y");
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::int64_t w = static_cast<std::int64_t>(i) % f.shape.w;
    EXPECT_EQ(y[i], w >= 4 && w < 10 ? c.operand("x").values[i] : 0.0) << i;
  }
}

TEST(KeepColumns, WorksInPlaceOnEveryDevice) {
  OpCase in_place = case_of(kForms[0]);
  in_place.operands.erase(in_place.operands.begin());
  in_place.operand("x").role = Role::kUpdated;
  in_place.call = [](const Arguments& a, Stream& s) { keep_columns(a.tensor("x"), a.tensor("x"), 4, 6, s); };
  for (const std::string& name : names()) {
    EXPECT_EQ(contract::run_case(in_place, DType::kF32, name).at("x"),
              contract::run_case(case_of(kForms[0]), DType::kF32, name).at("y"));
  }
}

TEST(KeepColumns, BandsOutsideAreErrors) {
  Stream stream(DeviceKind::kCpu, 1);
  EXPECT_THROW(contract::run_case(case_of({{1, 1, 2, 8}, 5, 4}), DType::kF32, stream), Error);
  EXPECT_THROW(contract::run_case(case_of({{1, 1, 2, 8}, -1, 4}), DType::kF32, stream), Error);
}

}  // namespace
}  // namespace selfsame
