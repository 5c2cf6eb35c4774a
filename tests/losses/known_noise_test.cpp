// SPDX-License-Identifier: Apache-2.0
#include "losses/known_noise.hpp"

#include <gtest/gtest.h>

#include "kernels/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

NoiseModel noise_of(NoiseType type) {
  NoiseModel noise;
  noise.type = type;
  noise.sigma = 0.25f;
  noise.peak = 40.0f;
  return noise;
}

TEST(KnownNoise, SigmaIsTheOptionOrThatOfTheMeasurement) {
  EXPECT_EQ(gaussian_sigma("sure", {}, noise_of(NoiseType::kGaussian)), 0.25);
  EXPECT_EQ(gaussian_sigma("sure", {{"sigma", 0.1}}, noise_of(NoiseType::kGaussian)), 0.1);
  NoiseModel unknown;
  EXPECT_EQ(gaussian_sigma("sure", {{"sigma", 0.1}}, unknown), 0.1);
}

TEST(KnownNoise, SigmaMustBeKnownAndGaussian) {
  const std::string text =
      error_text<Error>([] { static_cast<void>(gaussian_sigma("sure", {}, NoiseModel{})); });
  EXPECT_NE(text.find("'sure' must know the noise"), std::string::npos) << text;
  EXPECT_THROW(static_cast<void>(gaussian_sigma("sure", {{"sigma", 0.0}}, noise_of(NoiseType::kGaussian))),
               Error);
  for (const NoiseType type : {NoiseType::kPoisson, NoiseType::kPoissonGaussian, NoiseType::kGamma}) {
    EXPECT_THROW(static_cast<void>(gaussian_sigma("sure", {{"sigma", 0.1}}, noise_of(type))), Error);
  }
}

TEST(KnownNoise, PeakIsThatOfNoiseWithPhotons) {
  EXPECT_EQ(poisson_peak("sure_poisson", noise_of(NoiseType::kPoisson)), 40.0);
  EXPECT_EQ(poisson_peak("sure_poisson", noise_of(NoiseType::kPoissonGaussian)), 40.0);
  for (const NoiseType type : {NoiseType::kNone, NoiseType::kGaussian, NoiseType::kGamma}) {
    const std::string text =
        error_text<Error>([&] { static_cast<void>(poisson_peak("sure_poisson", noise_of(type))); });
    EXPECT_NE(text.find("'sure_poisson' is made for Poisson noise"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace selfsame
