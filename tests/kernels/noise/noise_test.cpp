// SPDX-License-Identifier: Apache-2.0
#include "kernels/noise/noise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

namespace selfsame {
namespace {

constexpr double kSigma = 25.0 / 255.0;
constexpr NoiseModel kGaussian{NoiseType::kGaussian, static_cast<float>(kSigma), 1.0f};

/// A batch with its storage; all samples hold `value` until changed.
struct Batch {
  Shape4 shape;
  std::vector<float> clean, noisy;
  explicit Batch(Shape4 s, float value = 0.5f)
      : shape(s), clean(static_cast<std::size_t>(s.count()), value), noisy(clean.size(), std::nanf("")) {}
  void run(std::span<const SampleOrigin> origins, RandomPurpose purpose, const NoiseModel& model,
           int threads = 1, const char* implementation = "") {
    Stream stream(DeviceKind::kCpu, threads);
    stream.request("noise", implementation);
    add_noise({noisy.data(), DType::kF32, shape, 1}, {clean.data(), DType::kF32, shape, 1}, origins, purpose,
              model, stream);
  }
  float noise(std::int64_t n, std::int64_t c, std::int64_t i, std::int64_t j) const {
    const std::size_t at = static_cast<std::size_t>(((n * shape.c + c) * shape.h + i) * shape.w + j);
    return noisy[at] - clean[at];
  }
};

SampleOrigin whole(std::uint32_t example, std::int64_t h, std::int64_t w, std::uint32_t epoch = 0) {
  return {17, example, epoch, h, w, 0, 0, 0};
}

double correlation(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i] - 0.5, y = b[i] - 0.5;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / std::sqrt(aa * bb);
}

}  // namespace

TEST(Noise, EveryImplementationMatchesTheRandomStream) {
  constexpr std::int64_t kGroups = 50001;
  const RandomStream random(99, RandomPurpose::kInputNoise, 2, 3);
  const PhiloxStreamKey key{random.key()[0], random.key()[1], 2, 3};
  for (const std::uint64_t first :
       {std::uint64_t{5}, (std::uint64_t{1} << 32) - 7}) {  // the second crosses a word
    std::vector<float> bits;
    int ran = 0;
    for (const NormalImplementation& version : normal_implementations()) {
      if (!version.supports(kGroups)) {
        continue;
      }
      ++ran;
      std::vector<float> out(4 * kGroups + 1, -7.0f);
      version.normals(out.data(), first, kGroups, key);
      EXPECT_EQ(out.back(), -7.0f);
      double worst = 0;
      for (std::uint64_t i = 0; i < 4 * kGroups; ++i) {
        const double expected = random.normal(4 * first + i);
        worst = std::max(worst, std::abs(out[i] - expected) / std::max(1.0, std::abs(expected)));
      }
      EXPECT_LT(worst, 4e-7) << version.name;  // some three units in the last place of 1
      if (std::string_view(version.name) != "reference") {
        bits = bits.empty() ? out : bits;
        EXPECT_EQ(std::memcmp(bits.data(), out.data(), bits.size() * sizeof(float)), 0) << version.name;
      }
    }
    EXPECT_GE(ran, 2);
  }
}

TEST(Noise, EveryWordGivesAFiniteNormal) {
  // All exponents of the first uniform, and angles at and around the multiples of pi/2, by brute force over a
  // stream.
  const RandomStream random(1, RandomPurpose::kTest, 0, 0);
  std::vector<float> out(4 * 200000);
  for (const NormalImplementation& version : normal_implementations()) {
    if (version.supports(1)) {
      version.normals(out.data(), 0, 200000, {random.key()[0], random.key()[1], 0, 0});
      for (const float v : out) {
        ASSERT_LT(std::abs(v), 5.78f);  // sqrt(-2 ln 2^-24) = 5.768
      }
    }
  }
}

TEST(Noise, GaussianHasTheStatedMeanAndDeviation) {
  Batch batch({4, 3, 96, 96});
  const SampleOrigin origins[] = {whole(0, 96, 96), whole(1, 96, 96), whole(2, 96, 96), whole(3, 96, 96)};
  batch.run(origins, RandomPurpose::kInputNoise, kGaussian);
  double sum = 0, square = 0;
  const double n = static_cast<double>(batch.noisy.size());
  for (const float v : batch.noisy) {
    sum += v - 0.5;
    square += (v - 0.5) * (v - 0.5);
  }
  EXPECT_NEAR(sum / n, 0.0, 5 * kSigma / std::sqrt(n));
  EXPECT_NEAR(square / n, kSigma * kSigma, 5 * kSigma * kSigma * std::sqrt(2 / n));
}

TEST(Noise, PixelsFollowTheRandomStreamAtTheirPlace) {
  Batch batch({1, 2, 5, 7});
  const SampleOrigin origin{17, 4, 9, 50, 60, 11, 13, 0};
  batch.run({&origin, 1}, RandomPurpose::kTargetNoise, kGaussian, 1, "reference");
  const RandomStream random(17, RandomPurpose::kTargetNoise, 9, 4);
  for (std::int64_t c = 0; c < 2; ++c) {
    for (std::int64_t i = 0; i < 5; ++i) {
      for (std::int64_t j = 0; j < 7; ++j) {
        const float e = random.normal(static_cast<std::uint64_t>(c * 50 * 60 + (11 + i) * 60 + 13 + j));
        EXPECT_EQ(batch.noisy[static_cast<std::size_t>((c * 5 + i) * 7 + j)], 0.5f + kGaussian.sigma * e);
      }
    }
  }
}

// The key property of frozen noise: every crop, turned in every way, sees the image's own noise.
TEST(Noise, CropsAndSymmetriesSeeTheNoiseOfTheirImage) {
  constexpr std::int64_t kH = 45, kW = 300, kCropH = 20, kCropW = 33;  // wider than one segment of normals
  for (const NoiseModel& model :
       {kGaussian, NoiseModel{NoiseType::kPoissonGaussian, 0.05f, 30.0f},
        NoiseModel{NoiseType::kRademacher, 0.1f}, NoiseModel{NoiseType::kGamma, 0.0f, 1.0f, 4.0f},
        NoiseModel{NoiseType::kBinomialThinning, 0.0f, 40.0f, 1.0f, 0.25f},
        NoiseModel{NoiseType::kBetaThinning, 0.0f, 1.0f, 4.0f, 0.25f}}) {
    Batch full({1, 2, kH, kW});
    const SampleOrigin image = whole(5, kH, kW);
    full.run({&image, 1}, RandomPurpose::kInputNoise, model);
    for (int transform = 0; transform < 8; ++transform) {
      Batch crop({2, 2, kCropH, kCropW});
      SampleOrigin origins[] = {image, image};
      origins[0].top = 7, origins[0].left = 250, origins[0].transform = transform;
      origins[1].top = 0, origins[1].left = 1, origins[1].transform = transform;
      crop.run(origins, RandomPurpose::kInputNoise, model);
      for (std::int64_t n = 0; n < 2; ++n) {
        for (std::int64_t c = 0; c < 2; ++c) {
          for (std::int64_t i = 0; i < kCropH; ++i) {
            for (std::int64_t j = 0; j < kCropW; ++j) {
              const PixelIndex at = source_pixel(origins[n], kCropH, kCropW, i, j);
              ASSERT_EQ(crop.noise(n, c, i, j), full.noise(0, c, at.y, at.x))
                  << transform << " " << i << " " << j;
            }
          }
        }
      }
    }
  }
}

TEST(Noise, SymmetriesAreTheDocumentedOnes) {
  SampleOrigin origin{0, 0, 0, 100, 100, 10, 20, 0};
  const auto at = [&](int transform, std::int64_t i, std::int64_t j) {
    origin.transform = transform;
    return source_pixel(origin, 3, 5, i, j);
  };
  EXPECT_EQ(at(0, 0, 0), (PixelIndex{10, 20}));
  EXPECT_EQ(at(1, 0, 0), (PixelIndex{10, 24}));
  EXPECT_EQ(at(2, 0, 0), (PixelIndex{12, 20}));
  EXPECT_EQ(at(3, 0, 0), (PixelIndex{12, 24}));
  EXPECT_EQ(at(4, 1, 3), (PixelIndex{13, 21}));
  EXPECT_EQ(at(5, 0, 0), (PixelIndex{14, 20}));
  EXPECT_EQ(at(6, 0, 0), (PixelIndex{10, 22}));
  EXPECT_EQ(window_size(origin, 3, 5), (PixelIndex{5, 3}));
  for (int transform = 0; transform < 8; ++transform) {
    origin.transform = transform;
    const PixelIndex size = window_size(origin, 3, 5);
    for (std::int64_t y = 0; y < size.y; ++y) {
      const RowPlacement row = place_row(origin, 3, 5, y);
      for (std::int64_t x = 0; x < size.x; ++x) {
        const std::int64_t offset = row.offset + x * row.stride;
        EXPECT_EQ(source_pixel(origin, 3, 5, offset / 5, offset % 5), (PixelIndex{10 + y, 20 + x}));
      }
    }
  }
}

TEST(Noise, FrozenNoiseRepeatsAndFreshNoiseDoesNot) {
  const auto draw = [](std::uint32_t example, std::uint32_t epoch, RandomPurpose purpose,
                       std::uint64_t seed) {
    Batch batch({1, 1, 128, 128});
    SampleOrigin origin = whole(example, 128, 128, epoch);
    origin.seed = seed;
    batch.run({&origin, 1}, purpose, kGaussian);
    return batch.noisy;
  };
  const auto base = draw(1, 0, RandomPurpose::kInputNoise, 17);
  EXPECT_EQ(draw(1, 0, RandomPurpose::kInputNoise, 17), base);
  const double bound = 5 / std::sqrt(128.0 * 128.0);
  EXPECT_LT(std::abs(correlation(base, draw(1, 1, RandomPurpose::kInputNoise, 17))), bound);
  EXPECT_LT(std::abs(correlation(base, draw(2, 0, RandomPurpose::kInputNoise, 17))), bound);
  EXPECT_LT(std::abs(correlation(base, draw(1, 0, RandomPurpose::kInputNoise, 18))), bound);
  EXPECT_LT(std::abs(correlation(base, draw(1, 0, RandomPurpose::kTargetNoise, 17))), bound);
}

TEST(Noise, DependsOnNeitherBatchNorThreads) {
  const NoiseModel model{NoiseType::kPoissonGaussian, 0.05f, 40.0f};
  std::vector<SampleOrigin> origins;
  for (std::uint32_t n = 0; n < 6; ++n) {
    origins.push_back({n % 2, n, 0, 64, 64, n, 2 * n, static_cast<int>(n)});
  }
  Batch all({6, 1, 33, 33});
  all.run(origins, RandomPurpose::kInputNoise, model, 4);
  for (std::size_t n = 0; n < 6; ++n) {
    Batch one({1, 1, 33, 33});
    one.run({&origins[n], 1}, RandomPurpose::kInputNoise, model, 1);
    EXPECT_EQ(std::memcmp(one.noisy.data(), all.noisy.data() + n * 33 * 33, 33 * 33 * sizeof(float)), 0);
  }
}

TEST(Noise, PoissonHasMeanXAndVarianceXOverPeak) {
  constexpr float kPeak = 20.0f;
  for (const float x : {0.0f, 0.02f, 0.3f, 0.7f, 1.0f}) {  // means on both sides of the change of method
    Batch batch({1, 1, 256, 256}, x);
    const SampleOrigin origin = whole(0, 256, 256);
    batch.run({&origin, 1}, RandomPurpose::kInputNoise, {NoiseType::kPoisson, 0.0f, kPeak});
    double sum = 0, square = 0;
    for (const float v : batch.noisy) {
      sum += v;
      square += (static_cast<double>(v) - x) * (static_cast<double>(v) - x);
      EXPECT_FLOAT_EQ(v * kPeak, std::round(v * kPeak));
    }
    const double n = 65536, variance = x / kPeak;
    // Fourth central moment of a Poisson count with mean m: m + 3 m^2.
    const double m = x * kPeak, spread = std::sqrt((m + 2 * m * m) / n) / (kPeak * kPeak);
    EXPECT_NEAR(sum / n, x, 5 * std::sqrt(variance / n) + 1e-12);
    EXPECT_NEAR(square / n, variance, 5 * spread + 1e-12);
  }
}

TEST(Noise, PoissonCountsFollowTheExactDistribution) {
  constexpr int kDraws = 100000;
  const RandomStream random(5, RandomPurpose::kTest, 0, 0);
  for (const double mean : {0.1, 3.0, 9.99, 10.0, 40.0}) {
    std::vector<double> counts(200, 0.0);
    for (std::uint64_t pixel = 0; pixel < kDraws; ++pixel) {
      counts[static_cast<std::size_t>(poisson_draw(mean, random, pixel))] += 1;
    }
    double chi_square = 0, rest_expected = kDraws, rest = kDraws;
    int bins = 0;
    for (int k = 0; k < 199; ++k) {
      const double expected = kDraws * std::exp(k * std::log(mean) - mean - std::lgamma(k + 1.0));
      if (expected >= 10) {
        const double d = counts[static_cast<std::size_t>(k)] - expected;
        chi_square += d * d / expected;
        rest_expected -= expected;
        rest -= counts[static_cast<std::size_t>(k)];
        ++bins;
      }
    }
    if (rest_expected > 1) {
      chi_square += (rest - rest_expected) * (rest - rest_expected) / rest_expected;
    }
    // A chi-square variable with d degrees of freedom is within d + 5 sqrt(2 d) + 10 but for one in 10^5.
    EXPECT_LT(chi_square, bins + 5 * std::sqrt(2.0 * bins) + 10) << mean;
  }
}

TEST(Noise, PoissonHandlesTheEnds) {
  const RandomStream random(5, RandomPurpose::kTest, 0, 0);
  EXPECT_EQ(poisson_draw(0.0, random, 0), 0.0);
  EXPECT_EQ(poisson_draw(-3.0, random, 0), 0.0);
  EXPECT_TRUE(std::isnan(poisson_draw(std::nan(""), random, 0)));
  EXPECT_NEAR(poisson_draw(1e12, random, 0), 1e12, 6e6);  // six standard deviations
  EXPECT_THROW(static_cast<void>(poisson_draw(1e300, random, 0)), Error);
}

TEST(Noise, NoneCopiesAndInPlaceWorks) {
  Batch batch({1, 1, 8, 8});
  const SampleOrigin origin = whole(0, 8, 8);
  batch.run({&origin, 1}, RandomPurpose::kInputNoise, {});
  EXPECT_EQ(batch.noisy, batch.clean);
  batch.run({&origin, 1}, RandomPurpose::kInputNoise, kGaussian);
  Stream stream(DeviceKind::kCpu, 1);
  const TensorView view(batch.clean.data(), DType::kF32, batch.shape, 1);
  add_noise(view, view, {&origin, 1}, RandomPurpose::kInputNoise, kGaussian, stream);
  EXPECT_EQ(batch.noisy, batch.clean);
}

TEST(Noise, RefusesWindowsOutsideTheirImage) {
  Batch batch({1, 1, 4, 8});
  SampleOrigin origin = whole(0, 4, 8);
  batch.run({&origin, 1}, RandomPurpose::kInputNoise, kGaussian);
  origin.left = 1;
  EXPECT_THROW(batch.run({&origin, 1}, RandomPurpose::kInputNoise, kGaussian), Error);
  origin = whole(0, 4, 8);
  origin.transform = 4;  // the window is 8 x 4 now
  EXPECT_THROW(batch.run({&origin, 1}, RandomPurpose::kInputNoise, kGaussian), Error);
  origin = whole(0, 4, 8);
  EXPECT_THROW(batch.run({&origin, 1}, RandomPurpose::kInputNoise, {NoiseType::kPoisson, 0.0f, 0.0f}), Error);
  EXPECT_THROW(batch.run({}, RandomPurpose::kInputNoise, kGaussian), Error);
}

}  // namespace selfsame
