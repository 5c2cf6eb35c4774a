// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/draw_statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

// Counts that are not multiples of the loop's chains, and padding of NaN that must not be read.
const std::vector<GradientTensor> kTensors{{"a", 0, 21}, {"b", 24, 3}, {"c", 28, 18}};
constexpr std::size_t kExtent = 46;

std::vector<float> gradient(std::uint32_t number) {
  std::vector<float> g(kExtent, std::nanf(""));
  const RandomStream random(2, RandomPurpose::kTest, 0, number);
  for (const GradientTensor& t : kTensors) {
    for (std::int64_t i = t.offset; i < t.offset + t.count; ++i) {
      g[static_cast<std::size_t>(i)] = random.normal(static_cast<std::uint64_t>(i));
    }
  }
  return g;
}

TEST(DrawStatistics, KeepsExactProductsAndSums) {
  const GradientSketch sketch(kTensors, {16, 8, 0});
  DrawStatistics statistics(sketch);
  statistics.add_pilot(gradient(100).data());
  statistics.add_pilot(gradient(101).data());
  const std::vector<float> p0 = gradient(100), p1 = gradient(101);
  std::vector<double> sum_d(kExtent), sum_g(kExtent), before(kExtent);
  for (std::uint32_t m = 0; m < 3; ++m) {
    const std::vector<float> ss = gradient(2 * m), sup = gradient(2 * m + 1);
    statistics.add(ss.data(), sup.data());
    DrawProducts all;
    std::vector<float> d(kExtent);
    for (int l = 0; l < 3; ++l) {
      DrawProducts e;
      const GradientTensor& t = kTensors[static_cast<std::size_t>(l)];
      for (auto i = static_cast<std::size_t>(t.offset); i < static_cast<std::size_t>(t.offset + t.count);
           ++i) {
        const double x = static_cast<double>(ss[i]) - sup[i], g = sup[i];
        const double p = 0.5 * (static_cast<double>(p0[i]) + p1[i]);
        e += {x * x, g * g, x * g, x * p, g * p, x * before[i]};
        sum_d[i] += x;
        sum_g[i] += g;
        before[i] = x;
        d[i] = static_cast<float>(x);
      }
      const DrawProducts& got = statistics.layer_products(m, l);
      EXPECT_NEAR(got.difference, e.difference, 1e-12);
      EXPECT_NEAR(got.supervised, e.supervised, 1e-12);
      EXPECT_NEAR(got.cross, e.cross, 1e-12);
      EXPECT_NEAR(got.difference_pilot, e.difference_pilot, 2e-5);  // the pilot and d before are floats
      EXPECT_NEAR(got.supervised_pilot, e.supervised_pilot, 2e-5);
      EXPECT_NEAR(got.successive, e.successive, 2e-5);
      all += e;
    }
    EXPECT_NEAR(statistics.products(m).difference, all.difference, 1e-11);
    std::vector<float> d_sketch(static_cast<std::size_t>(sketch.size())), g_sketch(d_sketch);
    sketch.add(d.data(), 1.0f, d_sketch.data());
    sketch.add(sup.data(), 1.0f, g_sketch.data());
    for (std::size_t k = 0; k < d_sketch.size(); ++k) {
      EXPECT_NEAR(statistics.difference_sketch(m)[k], d_sketch[k], 1e-5);
    }
    for (std::size_t k = 0; k < 16; ++k) {
      EXPECT_NEAR(statistics.supervised_sketch(m)[k], g_sketch[k], 1e-5);
    }
  }
  double square = 0, cross = 0;
  for (std::size_t i = 0; i < kExtent; ++i) {
    EXPECT_NEAR(statistics.sum_difference()[i], sum_d[i], 1e-14);
    EXPECT_NEAR(statistics.sum_supervised()[i], sum_g[i], 1e-14) << "pilots do not count";
    square += sum_d[i] * sum_d[i] / 9;
    cross += sum_d[i] * sum_g[i] / 9;
  }
  EXPECT_NEAR(statistics.mean_products().difference, square, 1e-12);
  EXPECT_NEAR(statistics.mean_products().cross, cross, 1e-12);
  EXPECT_THROW(statistics.add_pilot(p0.data()), Error);
}

TEST(DrawStatistics, NamesTheTensorThatIsNotFinite) {
  const GradientSketch sketch(kTensors, {16, 8, 0});
  DrawStatistics statistics(sketch);
  const std::vector<float> good = gradient(0);
  EXPECT_THROW(statistics.add(good.data(), good.data()), Error) << "no pilot";
  statistics.add_pilot(good.data());
  std::vector<float> bad = good;
  bad[25] = INFINITY;
  try {
    statistics.add(bad.data(), good.data());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDiverged);
    EXPECT_NE(std::string(error.what()).find("self-supervised gradient of b"), std::string::npos);
  }
}

}  // namespace
}  // namespace selfsame
