// SPDX-License-Identifier: Apache-2.0
#include "kernels/scaled_product/scaled_product.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

constexpr float kAlpha = 0.75f, kBeta = -1.5f;

struct Form {
  Shape4 shape;
  std::int64_t gap;
};
const Form kForms[] = {{{1, 1, 1, 1}, 0}, {{2, 3, 5, 7}, 3}, {{3, 1, 9, 8}, 4}, {{2, 2, 61, 53}, 0}};

OpCase product_case(const Form& f) {
  OpCase c;
  c.op = "scaled_product";
  c.tensor("y", Role::kOutput, f.shape, 1, 0, f.gap)
      .tensor("a", Role::kInput, f.shape, 1)
      .tensor("b", Role::kInput, f.shape, 1, 0, f.gap);
  c.call = [](const Arguments& a, Stream& s) {
    scaled_product(a.tensor("y"), kAlpha, a.tensor("a"), kBeta, a.tensor("b"), s);
  };
  return c.randomize(14);
}

/// da = (alpha * b) * dy, db = (alpha * a + beta) * dy
OpCase backward_case(const Form& f) {
  OpCase c;
  c.op = "scaled_product";
  c.tensor("da", Role::kOutput, f.shape, 1)
      .tensor("db", Role::kOutput, f.shape, 1)
      .tensor("a", Role::kInput, f.shape, 1)
      .tensor("b", Role::kInput, f.shape, 1)
      .tensor("dy", Role::kInput, f.shape, 1);
  c.call = [](const Arguments& a, Stream& s) {
    scaled_product(a.tensor("da"), kAlpha, a.tensor("b"), 0, a.tensor("dy"), s);
    scaled_product(a.tensor("db"), kAlpha, a.tensor("a"), kBeta, a.tensor("dy"), s);
  };
  return c.randomize(16);
}

std::vector<std::string> names() {
  return contract::supported_names(scaled_product_implementations(), DType::kF32);
}

/// Three roundings of 2^-24 each, of |alpha a b| + |beta b|, as a part of the largest result. The norm of the
/// errors is smaller than the norm of their bounds: that part of the norm of the result.
contract::Bounds rounding_of(const OpCase& c) {
  const std::vector<double>&a = c.operand("a").values, &b = c.operand("b").values;
  double terms = 0, largest_term = 0, results = 0, largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double term = (std::abs(kAlpha * a[i]) + std::abs(kBeta)) * std::abs(b[i]);
    const double result = (kAlpha * a[i] + kBeta) * b[i];
    terms += term * term, largest_term = std::max(largest_term, term);
    results += result * result, largest = std::max(largest, std::abs(result));
  }
  return {3 * 0x1p-24 * std::sqrt(terms / results), 3 * 0x1p-24 * largest_term / largest};
}

TEST(ScaledProduct, EveryVersionOnEveryDeviceMatchesTheReference) {
  contract::expect_ran_at_least(names(), 1 + contract::simd_versions());
  for (const Form& f : kForms) {
    contract::expect_parity(product_case(f), names(), {{"*", rounding_of(product_case(f))}});
  }
}

TEST(ScaledProduct, ValuesOnEveryDeviceAreThoseOfTheFormula) {
  OpCase c = product_case({{1, 1, 1, 4}, 0});
  c.operand("a").values = {2, 0, 4, -2};
  c.operand("b").values = {1, 2, 3, -4};
  for (const std::string& name : names()) {
    EXPECT_EQ(contract::run_case(c, DType::kF32, name).at("y"), (std::vector<double>{0, -3, 4.5, 12}));
  }
}

TEST(ScaledProduct, BackwardIsTheProductItself) {
  const Form f{{2, 3, 2, 2}, 0};
  const contract::GradientCheck check{
      product_case(f), "y", backward_case(f), "dy", {{"a", "da"}, {"b", "db"}}};
  contract::expect_central_differences(check, 1e-3, 1e-10);
  contract::expect_taylor(check, 1e-2, 1e-14);
}

TEST(ScaledProduct, TheOutputMayBeEitherInputOnEveryDevice) {
  const Form f{{2, 2, 7, 5}, 3};
  for (const std::string target : {"a", "b"}) {
    OpCase in_place = product_case(f);
    in_place.operands.erase(in_place.operands.begin());
    in_place.operand(target).role = Role::kUpdated;
    in_place.call = [target](const Arguments& a, Stream& s) {
      scaled_product(a.tensor(target), kAlpha, a.tensor("a"), kBeta, a.tensor("b"), s);
    };
    for (const std::string& name : names()) {
      EXPECT_EQ(contract::run_case(in_place, DType::kF32, name).at(target),
                contract::run_case(product_case(f), DType::kF32, name).at("y"));
    }
  }
}

TEST(ScaledProduct, ResultsOnEveryDeviceDoNotDependOnThreads) {
  contract::expect_repeatable(product_case(kForms[3]), names());
}

TEST(ScaledProduct, LayoutsThatDifferAreErrors) {
  Stream stream(DeviceKind::kCpu, 1);
  OpCase wrong = product_case(kForms[1]);
  wrong.operand("b").block = 8;
  EXPECT_THROW(contract::run_case(wrong, DType::kF32, stream), Error);
  for (contract::Operand& o : wrong.operands) {
    o.block = 8;
  }
  EXPECT_THROW(contract::run_case(wrong, DType::kF32, stream), Error);
}

}  // namespace
}  // namespace selfsame
