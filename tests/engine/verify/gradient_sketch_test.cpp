// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/gradient_sketch.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

const std::vector<GradientTensor> kTensors{{"a", 0, 50}, {"b", 53, 3}, {"c", 60, 20}};

std::vector<float> gradient(std::uint32_t number) {
  std::vector<float> g(80, std::nanf(""));  // padding that must not be read
  const RandomStream random(1, RandomPurpose::kTest, 0, number);
  for (const GradientTensor& t : kTensors) {
    for (std::int64_t i = t.offset; i < t.offset + t.count; ++i) {
      g[static_cast<std::size_t>(i)] = random.normal(static_cast<std::uint64_t>(i));
    }
  }
  return g;
}

TEST(GradientSketch, IsTheSignedSumByBucketOfItsTable) {
  const GradientSketch sketch(kTensors, {16, 4, 3});
  EXPECT_EQ(sketch.parameters(), 73);
  EXPECT_EQ(sketch.extent(), 80);
  EXPECT_EQ(sketch.size(), 16 + 4 + 3 + 4);
  const std::vector<float> g = gradient(0);
  std::vector<float> out(27), expected(27);
  sketch.add(g.data(), 2.0f, out.data());
  for (int l = 0; l < 3; ++l) {
    const GradientTensor& t = kTensors[static_cast<std::size_t>(l)];
    for (std::int64_t j = 0; j < t.count; ++j) {
      const std::uint16_t entry = sketch.table(l)[j];
      const float value = 2 * g[static_cast<std::size_t>(t.offset + j)];
      const float signed_value = (entry & 0x8000) != 0 ? -value : value;
      expected[entry & 0x7fffu] += signed_value;
      // A tensor of 3 is copied; the others go to the bucket of the whole divided by 16 / 4.
      expected[static_cast<std::size_t>(sketch.layer_offset(l) + (l == 1 ? j : (entry & 0x7fff) / 4))] +=
          l == 1 ? value : signed_value;
    }
  }
  for (std::size_t k = 0; k < out.size(); ++k) {
    EXPECT_NEAR(out[k], expected[k], 1e-5) << k;  // at most 73 additions of values below 10
  }
}

TEST(GradientSketch, KeepsInnerProductsOnAverage) {
  const std::vector<float> a = gradient(0), b = gradient(1);
  double exact = 0, norms_a = 0, norms_b = 0;
  for (const GradientTensor& t : kTensors) {
    for (auto i = static_cast<std::size_t>(t.offset); i < static_cast<std::size_t>(t.offset + t.count); ++i) {
      exact += static_cast<double>(a[i]) * b[i];
      norms_a += static_cast<double>(a[i]) * a[i];
      norms_b += static_cast<double>(b[i]) * b[i];
    }
  }
  constexpr int kSeeds = 2000, kBuckets = 32;
  double mean = 0, squares = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const GradientSketch sketch(kTensors, {kBuckets, 8, seed});
    std::vector<float> u(static_cast<std::size_t>(sketch.size())), v(u);
    sketch.add(a.data(), 1.0f, u.data());
    sketch.add(b.data(), 1.0f, v.data());
    double product = 0;
    for (std::size_t k = 0; k < kBuckets; ++k) {
      product += static_cast<double>(u[k]) * v[k];
    }
    mean += product / kSeeds;
    squares += (product - exact) * (product - exact) / kSeeds;
  }
  const double variance = (norms_a * norms_b + exact * exact) / kBuckets;
  EXPECT_NEAR(mean, exact, 4 * std::sqrt(variance / kSeeds));
  EXPECT_NEAR(squares / variance, 1.0,
              0.2);  // the formula leaves out sum a_i^2 b_i^2, and 4 deviations of 2000
}

TEST(GradientSketch, RefusesWhatItCannotHash) {
  EXPECT_THROW(GradientSketch({}), Error);
  EXPECT_THROW(GradientSketch(kTensors, {48, 8, 0}), Error);
  EXPECT_THROW(GradientSketch(kTensors, {65536, 8, 0}), Error);
  EXPECT_THROW(GradientSketch({{"a", 0, 5}, {"b", 4, 5}}), Error);
  EXPECT_THROW(GradientSketch({{"a", 0, 0}}), Error);
}

}  // namespace
}  // namespace selfsame
