// SPDX-License-Identifier: Apache-2.0
// Speckle, probes and thinned measurements: what generalised Recorrupted2Recorrupted rests on.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "kernels/noise/noise.hpp"
#include "tests/kernels/noise/distributions.hpp"

namespace selfsame {
namespace {

using namespace distributions;

constexpr std::int64_t kSide = 300;
constexpr double kPixels = kSide * kSide;

/// In double, so that a count over a peak is a count again.
std::vector<double> apply(std::vector<double> image, const NoiseModel& model, RandomPurpose purpose) {
  const auto count = static_cast<std::int64_t>(image.size());
  const bool square = count == kSide * kSide;
  const Shape4 shape{1, 1, square ? kSide : 1, square ? kSide : count};
  const SampleOrigin origin{17, 3, 0, shape.h, shape.w, 0, 0, 0};
  Stream stream(DeviceKind::kCpu, 1);
  const TensorView view(image.data(), DType::kF64, shape, 1);
  add_noise(view, view, {&origin, 1}, purpose, model, stream);
  return image;
}

NoiseModel model_of(NoiseType type, double peak, double looks, double fraction) {
  return {type, 0.0f, static_cast<float>(peak), static_cast<float>(looks), static_cast<float>(fraction)};
}

/// A measurement of pixels of intensity x, split: y = (1 - fraction) z + fraction t.
struct Split {
  std::vector<double> z, t;
};
Split split_of(double x, NoiseModel noise, const NoiseModel& thinning) {
  const std::vector<double> y =
      apply(std::vector<double>(kSide * kSide, x), noise, RandomPurpose::kInputNoise);
  Split split{apply(y, thinning, RandomPurpose::kObjective), y};
  const auto fraction = static_cast<double>(thinning.fraction);
  for (std::size_t i = 0; i < y.size(); ++i) {
    split.t[i] = (y[i] - (1 - fraction) * split.z[i]) / fraction;
  }
  return split;
}

void expect_mean(const std::vector<double>& values, double mean, double variance) {
  double sum = 0;
  for (const double v : values) {
    sum += v;
  }
  EXPECT_NEAR(sum / kPixels, mean, 5 * std::sqrt(variance / kPixels));
}

/// The joint distribution of two Gamma variables, independent, with these shapes and mean x: are the pairs of
/// their probabilities uniform on the square?
ChiSquare fit_of_gammas(const Split& split, double x, double shape_z, double shape_t) {
  constexpr int kBins = 12;
  std::array<double, kBins * kBins> cells{};
  for (std::size_t i = 0; i < split.z.size(); ++i) {
    const double u = gamma_cdf(shape_z, split.z[i] * shape_z / x),
                 v = gamma_cdf(shape_t, split.t[i] * shape_t / x);
    const auto bin = [](double p) {
      return std::min(static_cast<std::size_t>(p * kBins), std::size_t{kBins - 1});
    };
    cells[bin(u) * kBins + bin(v)] += 1;
  }
  ChiSquare fit;
  for (const double count : cells) {
    fit.add(count, kPixels / cells.size());
  }
  return fit;
}

}  // namespace

TEST(Thinning, PartsOfAPoissonMeasurementAreIndependentAndUnbiased) {
  for (const double fraction : {0.125, 0.5, 0.875}) {
    for (const double mean : {0.5, 6.0, 60.0}) {  // photons
      constexpr double kPeak = 20.0;
      const double x = mean / kPeak;
      const Split s = split_of(x, model_of(NoiseType::kPoisson, kPeak, 1, 0.5),
                               model_of(NoiseType::kBinomialThinning, kPeak, 1, fraction));
      expect_mean(s.z, x, x / (kPeak * (1 - fraction)));
      expect_mean(s.t, x, x / (kPeak * fraction));
      // Counts of both parts: independent Poisson variables with means (1 - fraction) mean and fraction mean.
      constexpr std::size_t kCounts = 128;
      std::vector<double> joint(kCounts * kCounts, 0.0);
      for (std::size_t i = 0; i < s.z.size(); ++i) {
        const double kept = s.z[i] * kPeak * (1 - fraction), taken = s.t[i] * kPeak * fraction;
        ASSERT_NEAR(kept, std::round(kept), 1e-9);
        ASSERT_NEAR(taken, std::round(taken), 1e-9);
        joint[static_cast<std::size_t>(std::lround(kept)) * kCounts +
              static_cast<std::size_t>(std::lround(taken))] += 1;
      }
      ChiSquare fit;
      for (std::size_t i = 0; i < joint.size(); ++i) {
        fit.add(joint[i], kPixels * poisson_pmf(static_cast<double>(i / kCounts), mean * (1 - fraction)) *
                              poisson_pmf(static_cast<double>(i % kCounts), mean * fraction));
      }
      EXPECT_TRUE(fit.fits()) << "fraction " << fraction << ", mean " << mean << ": " << fit.sum << " in "
                              << fit.bins << " bins";
    }
  }
}

TEST(Thinning, PartsOfAGammaMeasurementAreIndependentAndUnbiased) {
  for (const double fraction : {0.125, 0.5, 0.875}) {
    for (const double looks : {0.5, 2.0, 4.0, 60.0}) {
      const double x = 0.7;
      const Split s = split_of(x, model_of(NoiseType::kGamma, 1, looks, 0.5),
                               model_of(NoiseType::kBetaThinning, 1, looks, fraction));
      expect_mean(s.z, x, x * x / (looks * (1 - fraction)));
      expect_mean(s.t, x, x * x / (looks * fraction));
      // t is a difference in this test: what is below 2^-53 of y is lost, which is a probability of
      // 2^(-53 shape). From a shape of 1/4 on that is 1e-4 and moves no cell.
      if (looks * fraction < 0.25) {
        continue;
      }
      ChiSquare fit = fit_of_gammas(s, x, looks * (1 - fraction), looks * fraction);
      EXPECT_TRUE(fit.fits()) << "fraction " << fraction << ", looks " << looks << ": " << fit.sum;
    }
  }
}

// The tests above can fail: with looks that are 10 % off the parts are dependent.
TEST(Thinning, WrongLooksAreSeen) {
  const Split s =
      split_of(0.7, model_of(NoiseType::kGamma, 1, 4, 0.5), model_of(NoiseType::kBetaThinning, 1, 4.4, 0.5));
  EXPECT_FALSE(fit_of_gammas(s, 0.7, 2, 2).fits());
  const Split same_numbers = [] {
    Split split;
    const NoiseModel noise = model_of(NoiseType::kGamma, 1, 4, 0.5),
                     thinning = model_of(NoiseType::kBetaThinning, 1, 4, 0.5);
    const auto y = apply(std::vector<double>(kSide * kSide, 0.7), noise, RandomPurpose::kObjective);
    split.z = apply(y, thinning, RandomPurpose::kObjective);  // drawn with the numbers of the noise itself
    split.t = y;
    for (std::size_t i = 0; i < y.size(); ++i) {
      split.t[i] = 2 * y[i] - split.z[i];
    }
    return split;
  }();
  EXPECT_FALSE(fit_of_gammas(same_numbers, 0.7, 2, 2).fits());
}

TEST(Thinning, SpeckleHasMeanXAndVarianceXSquareOverLooks) {
  for (const double looks : {0.3, 1.0, 16.0}) {
    for (const double x : {0.0, 0.02, 1.0, -0.5}) {
      const auto y = apply(std::vector<double>(kSide * kSide, x), model_of(NoiseType::kGamma, 1, looks, 0.5),
                           RandomPurpose::kInputNoise);
      const double exact = static_cast<double>(static_cast<float>(looks));
      expect_mean(y, x, x * x / exact);
      if (x == 0) {
        EXPECT_EQ(y, std::vector<double>(kSide * kSide, 0.0));
      } else {
        EXPECT_LT(kolmogorov(y,
                             [&](double v) {
                               const double p = gamma_cdf(exact, v / x * exact);
                               return x < 0 ? 1 - p : p;  // a negative intensity stays negative
                             }),
                  kKolmogorov);
      }
    }
  }
}

TEST(Thinning, ProbesAreSignsThatAreEquallyLikelyAndIndependent) {
  NoiseModel model{NoiseType::kRademacher, 0.25f};
  const auto y = apply(std::vector<double>(kSide * kSide, 1.0), model, RandomPurpose::kObjective);
  double sum = 0;
  for (const double v : y) {
    ASSERT_TRUE(v == 1.25 || v == 0.75) << v;
    sum += v > 1 ? 1 : -1;
  }
  EXPECT_LT(std::abs(sum), 5 * std::sqrt(kPixels));
  // Neighbours in a row, in a column, and the same bit of the next word and of the next group.
  for (const std::size_t apart :
       {std::size_t{1}, std::size_t{2}, std::size_t{32}, std::size_t{128}, std::size_t{kSide}}) {
    double products = 0;
    for (std::size_t i = apart; i < y.size(); ++i) {
      products += (y[i] - 1) * (y[i - apart] - 1) * 16;
    }
    EXPECT_LT(std::abs(products), 5 * std::sqrt(kPixels)) << apart;
  }
  // The bit of the pixel's place, as documented.
  const RandomStream random(17, RandomPurpose::kObjective, 0, 3);
  for (std::uint64_t place : {0u, 31u, 32u, 127u, 128u, 89999u}) {
    EXPECT_EQ(y[place] < 1, ((random.word(place / 32) >> (place % 32)) & 1u) != 0);
  }
}

TEST(Thinning, EdgesOfMeasurements) {
  const double huge = 1e12, nan = std::nan("");
  const NoiseModel binomial = model_of(NoiseType::kBinomialThinning, 4, 1, 0.25),
                   beta = model_of(NoiseType::kBetaThinning, 1, 0.3, 0.25);
  const auto z = apply({0.0, -0.3, nan, huge, 0.1}, binomial, RandomPurpose::kObjective);
  EXPECT_EQ(z[0], 0);
  EXPECT_EQ(z[1], -0.3 / 0.75);  // no photons to take
  EXPECT_TRUE(std::isnan(z[2]));
  EXPECT_NEAR(z[3], huge, 6 * std::sqrt(huge / 4 * 0.25 / 0.75));
  EXPECT_EQ(z[4], 0.1 / 0.75);  // 0.4 photons are rounded to none
  const auto w = apply({0.0, -0.3, nan, huge}, beta, RandomPurpose::kObjective);
  EXPECT_EQ(w[0], 0);
  EXPECT_TRUE(w[1] <= 0 && w[1] >= -0.4) << w[1];
  EXPECT_TRUE(std::isnan(w[2]));
  EXPECT_TRUE(w[3] >= 0 && w[3] <= huge / 0.75) << w[3];
  // A tiny fraction takes nearly nothing.
  const auto nearly =
      apply({0.5}, model_of(NoiseType::kBinomialThinning, 4, 1, 1e-30), RandomPurpose::kObjective);
  EXPECT_EQ(nearly[0], 0.5);
  const auto speckle =
      apply({nan, 0.0}, model_of(NoiseType::kGamma, 1, 0.01, 0.5), RandomPurpose::kInputNoise);
  EXPECT_TRUE(std::isnan(speckle[0]));
  EXPECT_EQ(speckle[1], 0);
  const auto probes = apply({nan}, {NoiseType::kRademacher, 1.0f}, RandomPurpose::kObjective);
  EXPECT_TRUE(std::isnan(probes[0]));
}

TEST(Thinning, RefusesModelsWithoutMeaning) {
  const auto refuses = [](const NoiseModel& model, double y = 0.5) {
    EXPECT_THROW(apply({y}, model, RandomPurpose::kObjective), Error);
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double looks : {0.0, -1.0, std::nan(""), kInfinity}) {
    refuses(model_of(NoiseType::kGamma, 1, looks, 0.5));
    refuses(model_of(NoiseType::kBetaThinning, 1, looks, 0.5));
  }
  for (const double fraction : {0.0, 1.0, -0.5, std::nan("")}) {
    refuses(model_of(NoiseType::kBetaThinning, 1, 2, fraction));
    refuses(model_of(NoiseType::kBinomialThinning, 1, 2, fraction));
  }
  refuses(model_of(NoiseType::kBinomialThinning, 0, 1, 0.5));
  refuses(model_of(NoiseType::kBinomialThinning, 1, 1, 0.5), 1e16);  // more than 2^52 trials
  refuses(model_of(NoiseType::kBinomialThinning, 1, 1, 0.5), kInfinity);
  refuses({NoiseType::kRademacher, -1.0f});
}

}  // namespace selfsame
