// SPDX-License-Identifier: Apache-2.0
#include "mri/coils/noise.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"
#include "mri/coils/complex_array.hpp"

namespace selfsame {
namespace {

using Complex = std::complex<double>;
const std::vector<Complex> kMixing{2, 0, 0, {0.5, 1}, 1, 0, {0, -1}, 0.3, 0.7};

/// Noise of three coils, kMixing times white noise of variance 1 per complex sample.
ComplexArray noise(std::int64_t h, std::int64_t w) {
  ComplexArray z({1, 3, h, w});
  const RandomStream random(5, RandomPurpose::kTest, 0, 0);
  for (std::size_t i = 0; i < z.values.size(); ++i) {
    z.values[i] = {random.normal(2 * i) * std::sqrt(0.5f), random.normal(2 * i + 1) * std::sqrt(0.5f)};
  }
  mix_coils(z.view(), z.view(), kMixing);
  return z;
}

Complex model(std::size_t i, std::size_t j) {
  Complex sum = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    sum += kMixing[3 * i + k] * std::conj(kMixing[3 * j + k]);
  }
  return sum;
}

std::string message_of(const NoiseCovariance& covariance) {
  try {
    static_cast<void>(whitening(covariance));
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

/// Standard error of an entry: sqrt(S_ii S_jj / samples); six of them.
TEST(Noise, CovarianceIsThatOfTheModel) {
  const ComplexArray z = noise(60, 50);
  const NoiseCovariance found = noise_covariance(z.view());
  EXPECT_EQ(found.samples, 3000);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      const double bound = 6 * std::sqrt(model(i, i).real() * model(j, j).real() / 3000);
      EXPECT_NEAR(std::abs(found.values[3 * i + j] - model(i, j)), 0, bound);
    }
  }
  EXPECT_NEAR(found.deviation(0), std::sqrt(2.0), 6 * std::sqrt(2.0) / std::sqrt(2 * 3000.0));
}

TEST(Noise, WhiteningMakesTheCovarianceTheIdentity) {
  ComplexArray z = noise(40, 30);
  const NoiseCovariance before = noise_covariance(z.view());
  mix_coils(z.view(), z.view(), whitening(before));
  const NoiseCovariance after = noise_covariance(z.view());
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {  // up to the rounding of float samples
      EXPECT_NEAR(std::abs(after.values[3 * i + j] - Complex(i == j)), 0, 1e-6);
    }
  }
}

TEST(Noise, OfTheCornersLeavesOutTheCentreAndWhatWasNotSampled) {
  ComplexArray z = noise(40, 60);
  for (std::int64_t c = 0; c < 3; ++c) {
    for (std::int64_t i = 0; i < 40 * 60; ++i) {
      const std::int64_t y = i / 60, x = i % 60;
      if ((y >= 4 && y < 36) || (x >= 6 && x < 54)) {
        z.plane(0, c)[i] += 1000.0f;
      }
    }
    z.plane(0, c)[7] = z.plane(0, c)[0] = 0;
  }
  EXPECT_EQ(noise_covariance_from_corners(z.view(), {}, 0.2).samples, 4 * 4 * 6 - 1);
  EXPECT_LT(noise_covariance_from_corners(z.view(), {}, 0.2).deviation(0), 3);
  SamplingMask mask{1, 60, std::vector<std::uint8_t>(60, 1)};
  mask.sampled[59] = 0;
  EXPECT_EQ(noise_covariance_from_corners(z.view(), mask, 0.2).samples, 4 * 4 * 6 - 1 - 8);
  EXPECT_THROW(static_cast<void>(noise_covariance_from_corners(z.view(), {}, 0.0)), Error);
  mask.sampled.assign(60, 0);
  EXPECT_THROW(static_cast<void>(noise_covariance_from_corners(z.view(), mask, 0.2)), Error);
}

TEST(Noise, RefusesSingularCovariances) {
  ComplexArray z = noise(10, 10);
  std::copy_n(z.plane(0, 0), 100, z.plane(0, 1));
  const std::string twin = message_of(noise_covariance(z.view()));
  EXPECT_NE(twin.find("coil 1"), std::string::npos) << twin;
  std::fill_n(z.plane(0, 0), 100, 0.0f);
  const std::string empty = message_of(noise_covariance(z.view()));
  EXPECT_NE(empty.find("coil 0 has variance 0"), std::string::npos) << empty;
  const ComplexArray few({1, 3, 1, 2});
  EXPECT_THROW(static_cast<void>(noise_covariance(few.view())), Error);
}

}  // namespace selfsame
