// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/gemm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "kernels/device/cuda/cublas_library.hpp"
#include "tests/support/library_versions.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::Bounds;
using contract::OpCase;
using contract::Role;

constexpr auto kNone = GemmOp::kNone;
constexpr auto kTransposed = GemmOp::kTransposed;
constexpr std::int64_t kLaneGap = 5;  // odd: the second lane is not aligned to a vector
constexpr double kAlpha = -0.75, kBeta = 0.5;

// One element; less than a vector; tails of rows, vectors, panels, strips and blocks; blocks of the sum and
// its tail; an empty sum; several blocks of c.
const GemmShape kSmall[] = {{1, 1, 1, 1},  {2, 3, 5, 7},    {3, 14, 32, 16}, {2, 29, 33, 40},
                            {1, 6, 16, 0}, {2, 10, 100, 9}, {1, 65, 70, 35}};
const GemmShape kLarge[] = {{1, 100, 100, 230}, {2, 113, 130, 193}, {1, 230, 17, 12}, {1, 1, 300, 500}};
// Sums of several parts, which are units of their own in the first two and not in the third.
const GemmShape kDeep[] = {{1, 20, 37, 3100}, {1, 120, 131, 1600}, {9, 7, 9, 1601}};

GemmShape in(GemmShape s, GemmOp op_a, GemmOp op_b, DType dtype) {
  s.op_a = op_a, s.op_b = op_b, s.dtype = dtype;
  return s;
}

std::string name_of_shape(const GemmShape& s) {
  return fmt::format("L{} {}x{}x{} {}{} {}", s.lanes, s.m, s.n, s.k, s.op_a == kNone ? "N" : "T",
                     s.op_b == kNone ? "N" : "T", name_of(s.dtype));
}

std::array<std::int64_t, 4> dims(std::int64_t rows, std::int64_t columns, GemmOp op) {
  return op == kNone ? std::array<std::int64_t, 4>{rows, columns, 1, 1}
                     : std::array<std::int64_t, 4>{columns, rows, 1, 1};
}

/// With beta = 0 the result is overwritten.
OpCase product_case(const GemmShape& s, double beta) {
  OpCase c;
  c.op = "gemm";
  c.lanes = s.lanes;
  for (const int threads : {1, 2, 4}) {  // those of the contract
    for (const std::int64_t lanes : {s.lanes, std::int64_t{1}}) {
      GemmShape part = s;
      part.lanes = lanes;
      part.dtype = DType::kF64;
      c.workspace_bytes = std::max(c.workspace_bytes, gemm_workspace(part, threads, contract::test_device()));
      part.dtype = DType::kF32;
      c.workspace_bytes = std::max(c.workspace_bytes, gemm_workspace(part, threads, contract::test_device()));
    }
  }
  c.parameter("c", beta == 0 ? Role::kOutput : Role::kUpdated, {s.m, s.n, 1, 1}, kLaneGap)
      .parameter("a", Role::kInput, dims(s.m, s.k, s.op_a), kLaneGap)
      .parameter("b", Role::kInput, dims(s.k, s.n, s.op_b), kLaneGap);
  c.call = [s, beta](const Arguments& a, Stream& stream) {
    gemm(a.parameter("c"), kAlpha, a.parameter("a"), s.op_a, a.parameter("b"), s.op_b, beta, stream);
  };
  return c.randomize(31);
}

std::vector<std::string> names_for(const GemmShape& shape) {
  std::vector<std::string> names = contract::supported_names(gemm_implementations(), shape);
#if defined(SELFSAME_CUBLAS)
  names = contract::without_missing_library(names, "cublas", [] { static_cast<void>(cublas_library()); });
#endif
  return names;
}

template <typename F>
void for_each_operation(std::span<const GemmShape> shapes, std::initializer_list<DType> dtypes, F&& f) {
  for (const DType dtype : dtypes) {
    for (const GemmShape& shape : shapes) {
      for (const GemmOp op_a : {kNone, kTransposed}) {
        for (const GemmOp op_b : {kNone, kTransposed}) {
          const GemmShape s = in(shape, op_a, op_b, dtype);
          SCOPED_TRACE(name_of_shape(s));
          f(s, names_for(s));
        }
      }
    }
  }
}

/// A sum of k terms of independent size: sqrt(k) roundings of its root mean square. The bounds of the header;
/// + 1: c before.
Bounds bounds_for(const GemmShape& s) {
  const double one = s.dtype == DType::kF64 ? 1e-14 : 4e-6;
  const double bound = one * std::sqrt(static_cast<double>(s.k + 1));
  return {bound, bound};
}

void expect_all_match(std::span<const GemmShape> shapes) {
  for_each_operation(shapes, {DType::kF32, DType::kF64}, [](const GemmShape& s, const auto& names) {
    contract::expect_ran_at_least(names, 1 + contract::simd_versions());
    contract::expect_parity(product_case(s, kBeta), names, {{"*", bounds_for(s)}}, s.dtype);
    contract::expect_parity(product_case(s, 0), names, {{"*", bounds_for(s)}}, s.dtype);
  });
}

TEST(Gemm, TwoByTwoByHand) {
  // (1 2; 3 4) (5 6; 7 8) = (19 22; 43 50); with the first transposed (1 3; 2 4) (5 6; 7 8) = (26 30; 38 44).
  const double a[] = {1, 2, 3, 4}, b[] = {5, 6, 7, 8};
  double c[] = {100, 100, 100, 100};
  Stream stream(DeviceKind::kCpu, 1);
  stream.reserve_workspace(gemm_workspace({1, 2, 2, 2, kNone, kNone, DType::kF64}, 1, DeviceKind::kCpu));
  gemm(matrices(c, 1, 2, 2), 1, matrices(a, 1, 2, 2), kNone, matrices(b, 1, 2, 2), kNone, 0, stream);
  EXPECT_EQ(std::vector<double>(c, c + 4), (std::vector<double>{19, 22, 43, 50}));
  gemm(matrices(c, 1, 2, 2), 2, matrices(a, 1, 2, 2), kTransposed, matrices(b, 1, 2, 2), kNone, -1, stream);
  EXPECT_EQ(std::vector<double>(c, c + 4), (std::vector<double>{33, 38, 33, 38}));
}

TEST(Gemm, EveryVersionOnEveryDeviceMatchesTheReference) { expect_all_match(kSmall); }

TEST(Gemm, EveryVersionMatchesTheReferenceOnSeveralBlocks) {
  expect_all_match(kLarge);
  expect_all_match(kDeep);
}

TEST(Gemm, SeveralBlocksOnEveryDevice) {
  for (const GemmShape& s :
       {in(kLarge[1], kTransposed, kNone, DType::kF32), in(kDeep[0], kNone, kTransposed, DType::kF64)}) {
    contract::expect_parity(product_case(s, kBeta), names_for(s), {{"*", bounds_for(s)}}, s.dtype);
  }
}

TEST(Gemm, WhatABlankResultHeldDoesNotMatter) {
  for (const std::string& name : names_for({1, 5, 37, 9})) {
    Stream stream(DeviceKind::kCpu, 1);
    stream.request("gemm", name);
    stream.reserve_workspace(gemm_workspace({1, 5, 37, 2000}, 1, DeviceKind::kCpu));
    for (const std::int64_t k : {9, 2000}) {
      const std::vector<float> a(static_cast<std::size_t>(5 * k), 1.0f),
          b(static_cast<std::size_t>(37 * k), 1.0f);
      std::vector<float> c(5 * 37, std::numeric_limits<float>::quiet_NaN());
      gemm(matrices(c.data(), 1, 5, 37), 1, matrices(a.data(), 1, 5, k), kNone, matrices(b.data(), 1, k, 37),
           kNone, 0, stream);
      EXPECT_EQ(c, std::vector<float>(5 * 37, static_cast<float>(k))) << name;
    }
  }
}

// <A x, y> = <x, A^T y>: with `a` the left operand, and the product's derivatives in the header.
TEST(Gemm, ProductWithTheTransposeIsTheAdjointOnEveryDevice) {
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    const GemmShape s = in({2, 29, 33, 40}, kNone, kNone, dtype);
    const OpCase forward = product_case(s, 0);
    OpCase left = product_case(in({2, 29, 40, 33}, kNone, kTransposed, dtype), 0);   // da = dc b^T
    OpCase right = product_case(in({2, 40, 33, 29}, kTransposed, kNone, dtype), 0);  // db = a^T dc
    left.operand("b").values = forward.operand("b").values;
    right.operand("a").values = forward.operand("a").values;
    for (const std::string& name : names_for(s)) {
      const double bound = dtype == DType::kF64 ? 1e-12 : 1e-5;
      contract::expect_adjoint(forward, "a", "c", left, "a", "c", dtype, name, bound);
      contract::expect_adjoint(forward, "b", "c", right, "b", "c", dtype, name, bound);
    }
  }
}

TEST(Gemm, DerivativesAgreeWithCentralDifferences) {
  const GemmShape s{2, 3, 4, 5, kNone, kNone, DType::kF64};
  contract::GradientCheck check;
  check.forward = product_case(s, 0);
  check.output = "c";
  OpCase back;
  back.op = "gemm", back.lanes = s.lanes;
  back.workspace_bytes = check.forward.workspace_bytes;
  back.parameter("da", Role::kOutput, {s.m, s.k, 1, 1})
      .parameter("db", Role::kOutput, {s.k, s.n, 1, 1})
      .parameter("dc", Role::kInput, {s.m, s.n, 1, 1})
      .parameter("a", Role::kInput, {s.m, s.k, 1, 1}, kLaneGap)
      .parameter("b", Role::kInput, {s.k, s.n, 1, 1}, kLaneGap)
      .randomize(5);
  back.call = [](const Arguments& a, Stream& stream) {
    gemm(a.parameter("da"), kAlpha, a.parameter("dc"), kNone, a.parameter("b"), kTransposed, 0, stream);
    gemm(a.parameter("db"), kAlpha, a.parameter("a"), kTransposed, a.parameter("dc"), kNone, 0, stream);
  };
  check.backward = back;
  check.cotangent = "dc";
  check.wanted = {{"a", "da"}, {"b", "db"}};
  contract::expect_central_differences(check, 0.125, 1e-11);  // linear in each: exact but for rounding
}

TEST(Gemm, ResultsOnEveryDeviceDoNotDependOnThreads) {
  const bool cpu = contract::test_device() == DeviceKind::kCpu;
  for_each_operation(
      cpu ? std::span<const GemmShape>(kDeep) : std::span<const GemmShape>(kSmall).subspan(3, 1),
      {DType::kF32, DType::kF64}, [](const GemmShape& s, const auto& names) {
        contract::expect_repeatable(product_case(s, kBeta), names, s.dtype);
      });
}

TEST(Gemm, LanesOnEveryDeviceHaveTheBitsOfEachLaneAlone) {
  // Alone, the lanes of the last shape have parts of the sum as units.
  const bool cpu = contract::test_device() == DeviceKind::kCpu;
  for (const GemmShape& shape : {kSmall[1], kSmall[3], cpu ? kDeep[2] : kSmall[2]}) {
    const GemmShape s = in(shape, kTransposed, kNone, DType::kF32);
    std::vector<std::string> names = names_for(s);
    std::erase(names, "cublas");  // it does not promise that
    contract::expect_lanes_independent(product_case(s, kBeta), names);
  }
}

TEST(Gemm, AMatrixCanBeSharedByAllLanes) {
  Stream stream(DeviceKind::kCpu, 2);
  stream.reserve_workspace(gemm_workspace({2, 2, 1, 2, kNone, kNone, DType::kF64}, 2, DeviceKind::kCpu));
  const double shared[] = {1, 2, 3, 4}, b[] = {1, 1, 0, 2};
  double c[4];
  ConstParameterView a = matrices(shared, 2, 2, 2);
  a.lane_stride = 0;
  gemm(matrices(c, 2, 2, 1), 1, a, kNone, matrices(b, 2, 2, 1), kNone, 0, stream);
  EXPECT_EQ(std::vector<double>(c, c + 4), (std::vector<double>{3, 7, 4, 8}));
}

TEST(Gemm, OperandsThatDoNotFitAreErrors) {
  Stream stream(DeviceKind::kCpu, 1);
  std::vector<float> x(64), y(64);
  std::vector<double> wide(64);
  const auto message = [&](ParameterView c, ConstParameterView a, ConstParameterView b) -> std::string {
    std::string text;
    try {
      gemm(c, 1, a, kTransposed, b, kNone, 0, stream);
    } catch (const Error& error) {
      text = error.what();
    }
    return text;
  };
  EXPECT_NE(message(matrices(x.data(), 1, 2, 3), matrices(y.data(), 1, 2, 4), matrices(y.data(), 1, 2, 3))
                .find("product (1, 2, 3) = (1, 2, 4) transposed times (1, 2, 3)"),
            std::string::npos);
  EXPECT_NE(message(matrices(x.data(), 2, 2, 3), matrices(y.data(), 1, 4, 2), matrices(y.data(), 2, 4, 3))
                .find("product (2, 2, 3)"),
            std::string::npos);
  EXPECT_NE(message(matrices(x.data(), 1, 2, 3), matrices(wide.data(), 1, 4, 2), matrices(y.data(), 1, 4, 3))
                .find("types float32 float64 float32"),
            std::string::npos);
  EXPECT_NE(message(matrices(x.data(), 1, 2, 2), matrices(x.data(), 1, 2, 2), matrices(y.data(), 1, 2, 2))
                .find("is one of the operands"),
            std::string::npos);
}

}  // namespace
}  // namespace selfsame
