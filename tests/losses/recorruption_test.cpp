// SPDX-License-Identifier: Apache-2.0
#include "losses/recorruption.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kPixels = 64 * 64;
constexpr double kImage = 0.6;  // of every pixel

struct Case {
  NoiseModel noise;
  double variance;  ///< of a measured pixel
  const char* input;
};
std::vector<Case> cases() {
  NoiseModel gaussian, poisson, gamma;
  gaussian.type = NoiseType::kGaussian;
  gaussian.sigma = 0.25f;
  poisson.type = NoiseType::kPoisson;
  poisson.peak = 50.0f;
  gamma.type = NoiseType::kGamma;
  gamma.looks = 8.0f;
  return {{gaussian, 0.0625, "sigma sqrt(1 + alpha^2)"},
          {poisson, kImage / 50, "photons peak / (1 + alpha^2)"},
          {gamma, kImage * kImage / 8, "looks / (1 + alpha^2)"}};
}

// Over 20 draws of 4096 pixels that are alike: means of N numbers, six standard errors. The product of two
// independent numbers of variances v and w has the variance v w, the square of one (kurtosis - 1) v^2: at
// most 5.75 v^2 for the part of speckle with the fewest looks, 1.6, whose kurtosis is 3 + 6 / 1.6.
TEST(Recorruption, MakesTwoMeasurementsWithoutCommonNoise) {
  for (const Case& c : cases()) {
    for (const double alpha : {0.5, 1.0, 2.0}) {
      Recorruption recorruption("test", {{"alpha", alpha}}, c.noise);
      EXPECT_NE(std::string(recorruption.input_text()).find(c.input), std::string::npos);
      const double a = alpha * alpha / (1 + alpha * alpha);
      EXPECT_DOUBLE_EQ(recorruption.fraction(), a);
      const Shape4 shape{1, 1, 64, 64};
      MemoryPlan plan;
      recorruption.plan(plan, shape, DType::kF64);
      plan.allocate();
      Stream stream(DeviceKind::kCpu, 1);
      double z1 = 0, t1 = 0, zz = 0, tt = 0, zt = 0;
      const int draws = 20;
      for (std::uint32_t draw = 0; draw < draws; ++draw) {
        SampleOrigin origin;
        origin.image_h = origin.image_w = 64;
        origin.epoch = origin.draw = draw;
        const std::span<const SampleOrigin> origins(&origin, 1);
        std::vector<double> y(kPixels, kImage);
        const TensorView view(y.data(), DType::kF64, shape, 1);
        add_noise(view, view, origins, RandomPurpose::kInputNoise, c.noise, stream);
        const ConstTensorView z = recorruption.draw(view, origins, stream);
        const ConstTensorView t = recorruption.rest(view, z, stream);
        for (std::int64_t i = 0; i < kPixels; ++i) {
          const double dz = z.as<double>()[i] - kImage, dt = t.as<double>()[i] - kImage;
          ASSERT_NEAR((1 - a) * (dz + kImage) + a * (dt + kImage), y[static_cast<std::size_t>(i)], 1e-6);
          z1 += dz;
          t1 += dt;
          zz += dz * dz;
          tt += dt * dt;
          zt += dz * dt;
        }
      }
      const double n = static_cast<double>(draws * kPixels), var_z = c.variance / (1 - a),
                   var_t = c.variance / a;
      EXPECT_NEAR(z1 / n, 0, 6 * std::sqrt(var_z / n)) << alpha;
      EXPECT_NEAR(t1 / n, 0, 6 * std::sqrt(var_t / n)) << alpha;
      EXPECT_NEAR(zz / n, var_z, 6 * var_z * std::sqrt(6 / n)) << alpha;
      EXPECT_NEAR(tt / n, var_t, 6 * var_t * std::sqrt(6 / n)) << alpha;
      EXPECT_NEAR(zt / n, 0, 6 * std::sqrt(var_z * var_t / n)) << alpha;
      // The bound on the covariance is a small part of what common noise would give.
      EXPECT_LT(6 * std::sqrt(var_z * var_t / n), 0.1 * c.variance);
    }
  }
}

TEST(Recorruption, RefusesNoiseThatItCannotSplit) {
  NoiseModel both;
  both.type = NoiseType::kPoissonGaussian;
  EXPECT_THROW(Recorruption("r2r", {{"alpha", 1.0}}, both), Error);
  EXPECT_THROW(Recorruption("r2r", {{"alpha", 1.0}}, NoiseModel{}), Error) << "sigma is not known";
}

}  // namespace
}  // namespace selfsame
