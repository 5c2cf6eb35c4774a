// SPDX-License-Identifier: Apache-2.0
#include "kernels/neighbor_pairs/neighbor_pairs.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>

#include "tests/support/device_values.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

std::vector<SampleOrigin> origins_of(std::int64_t count) {
  std::vector<SampleOrigin> origins;
  for (std::uint32_t n = 0; n < count; ++n) {
    origins.push_back({17 + n / 3, 5 * n, n % 3, 64, 64, 0, 0, static_cast<int>(n % 8), n % 3});
  }
  return origins;
}

/// Shape of the results: rows of cells that begin at every phase of a group of four, and one of several
/// segments.
const std::vector<Shape4> kShapes = {{1, 1, 1, 1}, {3, 2, 5, 7}, {2, 3, 3, 34}, {1, 1, 2, 701}, {2, 2, 4, 8}};

OpCase pairs_case(const Shape4& half, std::vector<SampleOrigin> origins) {
  OpCase c;
  c.op = "neighbor_pairs";
  c.tensor("first", Role::kOutput, half, 1, 0, 3)
      .tensor("second", Role::kOutput, half, 1)
      .tensor("image", Role::kInput, {half.n, half.c, 2 * half.h, 2 * half.w}, 1, 0, 5);
  c.call = [device = contract::DeviceValues(std::move(origins))](const Arguments& a, Stream& s) {
    neighbor_pairs(a.tensor("first"), a.tensor("second"), a.tensor("image"), device.on(s), s);
  };
  return c.randomize(23);
}

OpCase pairs_case(const Shape4& half) { return pairs_case(half, origins_of(half.n)); }

/// Every pixel of the image is its own number, the same in all channels and samples.
OpCase numbered_case(const Shape4& half, std::vector<SampleOrigin> origins) {
  OpCase c = pairs_case(half, std::move(origins));
  std::vector<double>& image = c.operand("image").values;
  for (std::size_t i = 0; i < image.size(); ++i) {
    image[i] = static_cast<double>(i % static_cast<std::size_t>(4 * half.h * half.w));
  }
  return c;
}

std::vector<std::string> names() {
  return contract::supported_names(neighbor_pairs_implementations(), DType::kF32);
}

/// Row and column of a numbered pixel within its cell.
std::array<int, 2> place(double pixel, std::int64_t width) {
  const auto at = static_cast<std::int64_t>(pixel);
  return {static_cast<int>(at / width % 2), static_cast<int>(at % width % 2)};
}

TEST(NeighborPairs, EveryVersionOnEveryDeviceMatchesTheReference) {
  contract::expect_ran_at_least(names(), 1 + contract::simd_versions());
  for (const Shape4& shape : kShapes) {
    contract::expect_parity(pairs_case(shape), names(), {{"*", {0, 0}}});
  }
}

TEST(NeighborPairs, OnEveryDevicePixelsOfAPairShareTheirCellAndAnEdge) {
  for (const Shape4& shape : kShapes) {
    const std::int64_t width = 2 * shape.w;
    for (const std::string& name : names()) {
      const contract::Values got =
          contract::run_case(numbered_case(shape, origins_of(shape.n)), DType::kF32, name);
      for (std::int64_t n = 0; n < shape.n; ++n) {
        for (std::int64_t i = 0; i < shape.h * shape.w; ++i) {
          const auto first_channel = static_cast<std::size_t>(n * shape.c * shape.h * shape.w + i);
          const double p = got.at("first")[first_channel], q = got.at("second")[first_channel];
          for (const double pixel : {p, q}) {
            const auto at = static_cast<std::int64_t>(pixel);
            ASSERT_EQ(at / width / 2 * shape.w + at % width / 2, i) << name;
          }
          const auto [pr, pc] = place(p, width);
          const auto [qr, qc] = place(q, width);
          ASSERT_EQ(std::abs(pr - qr) + std::abs(pc - qc), 1) << name;
          for (std::int64_t c = 1; c < shape.c; ++c) {  // all channels take the same pixels
            const auto at = first_channel + static_cast<std::size_t>(c * shape.h * shape.w);
            ASSERT_EQ(got.at("first")[at], p) << name;
            ASSERT_EQ(got.at("second")[at], q) << name;
          }
        }
      }
    }
  }
}

TEST(NeighborPairs, EachOfTheEightPairsIsEquallyLikelyAndCellsAreIndependent) {
  const Shape4 shape{1, 1, 200, 200};
  const contract::Values got =
      contract::run_case(numbered_case(shape, {{3, 1, 2, 400, 400, 0, 0, 0}}), DType::kF32, "");
  std::map<std::array<int, 4>, double> counts;
  std::map<std::array<int, 8>, double> beside;  // of a cell and the one to its right
  std::array<int, 4> last{};
  for (std::size_t i = 0; i < got.at("first").size(); ++i) {
    const auto [pr, pc] = place(got.at("first")[i], 400);
    const auto [qr, qc] = place(got.at("second")[i], 400);
    const std::array<int, 4> pair{pr, pc, qr, qc};
    counts[pair] += 1;
    if (i % 2 == 1) {
      beside[{last[0], last[1], last[2], last[3], pr, pc, qr, qc}] += 1;
    }
    last = pair;
  }
  const auto chi_square = [](const auto& observed, double expected) {
    double sum = 0;
    for (const auto& [key, count] : observed) {
      sum += (count - expected) * (count - expected) / expected;
    }
    return sum;
  };
  ASSERT_EQ(counts.size(), 8u);
  ASSERT_EQ(beside.size(), 64u);
  // A chi-square variable with d degrees of freedom exceeds d + 5 sqrt(2 d) + 10 less than once in 10^5.
  EXPECT_LT(chi_square(counts, 40000.0 / 8), 7 + 5 * std::sqrt(14.0) + 10);
  EXPECT_LT(chi_square(beside, 20000.0 / 64), 63 + 5 * std::sqrt(126.0) + 10);
}

TEST(NeighborPairs, OnEveryDevicePairsBelongToSeedEpochAndExample) {
  const Shape4 shape{1, 1, 16, 16};
  const auto draw = [&](const SampleOrigin& origin, const std::string& name) {
    return contract::run_case(numbered_case(shape, {origin}), DType::kF32, name);
  };
  for (const std::string& name : names()) {
    const SampleOrigin origin{3, 1, 2, 32, 32, 0, 0, 0, 2};
    const contract::Values base = draw(origin, name);
    EXPECT_EQ(draw({3, 1, 0, 90, 80, 7, 5, 6, 2}, name), base);  // nothing but seed, example, draw
    EXPECT_NE(draw({4, 1, 2, 32, 32, 0, 0, 0}, name), base);
    EXPECT_NE(draw({3, 2, 2, 32, 32, 0, 0, 0}, name), base);
    EXPECT_NE(draw({3, 1, 3, 32, 32, 0, 0, 0}, name), base);
    // Among others as alone.
    const contract::Values two = contract::run_case(
        numbered_case({2, 1, 16, 16}, {{9, 9, 9, 32, 32, 0, 0, 0}, origin}), DType::kF32, name);
    const std::vector<double>& first = two.at("first");
    EXPECT_EQ(std::vector<double>(first.begin() + 256, first.end()), base.at("first"));
  }
}

TEST(NeighborPairs, ResultsOnEveryDeviceDoNotDependOnThreads) {
  contract::expect_repeatable(pairs_case(kShapes[2]), names());
}

TEST(NeighborPairs, OddSizesAndWrongShapesAreErrors) {
  std::vector<float> image(100), first(25), second(25);
  Stream stream(DeviceKind::kCpu, 1);
  const SampleOrigin origin{};
  const auto call = [&](Shape4 whole, Shape4 half, std::size_t origins) {
    neighbor_pairs({first.data(), DType::kF32, half, 1}, {second.data(), DType::kF32, half, 1},
                   {image.data(), DType::kF32, whole, 1}, std::span(&origin, origins), stream);
  };
  call({1, 1, 4, 6}, {1, 1, 2, 3}, 1);
  EXPECT_THROW(call({1, 1, 5, 6}, {1, 1, 2, 3}, 1), Error);
  EXPECT_THROW(call({1, 1, 4, 7}, {1, 1, 2, 3}, 1), Error);
  EXPECT_THROW(call({1, 1, 4, 6}, {1, 1, 3, 2}, 1), Error);
  EXPECT_THROW(call({1, 1, 4, 6}, {1, 1, 2, 3}, 0), Error);
}

}  // namespace
}  // namespace selfsame
