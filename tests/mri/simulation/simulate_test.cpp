// SPDX-License-Identifier: Apache-2.0
#include "mri/simulation/simulate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "kernels/device/philox.hpp"
#include "mri/fourier/fourier.hpp"
#include "mri/simulation/smooth_phase.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

using Complex = std::complex<double>;

std::vector<float> real_image(std::int64_t h, std::int64_t w, std::uint32_t which) {
  const RandomStream random(2, RandomPurpose::kTest, 2, which);
  std::vector<float> x;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(h * w); ++i) {
    x.push_back(random.uniform(i));
  }
  return x;
}

double norm_of(const ComplexStack& z) {
  double sum = 0;
  for (const std::complex<float>& value : z.values) {
    sum += std::norm(Complex(value));
  }
  return std::sqrt(sum);
}

double distance(const ComplexStack& a, const ComplexStack& b) {
  ComplexStack difference = a;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    difference.values[i] -= b.values[i];
  }
  return norm_of(difference);
}

/// Noise alone, in double.
ComplexStack noise_of(std::int64_t coils, std::int64_t n, double sd, const std::vector<Complex>& covariance,
                      std::uint32_t example = 0) {
  ComplexStack z(coils, n, n);
  Stream stream(DeviceKind::kCpu, 2);
  add_complex_noise(z, sd, covariance, 77, example, stream);
  return z;
}

/// Mean over the plane of z_a conj(z_b).
Complex correlation(const ComplexStack& z, std::int64_t a, std::int64_t b) {
  Complex sum = 0;
  for (std::int64_t i = 0; i < z.plane(); ++i) {
    sum += Complex(z.at(a, i / z.w, i % z.w)) * std::conj(Complex(z.at(b, i / z.w, i % z.w)));
  }
  return sum / static_cast<double>(z.plane());
}

}  // namespace

TEST(Simulate, KSpaceIsTheTransformOfImageTimesMaps) {
  Stream stream(DeviceKind::kCpu, 2);
  const std::int64_t h = 14, w = 11;
  const std::vector<float> x = real_image(h, w, 0);
  const SimulationOptions options{.seed = 3, .maps = {.coils = 4}, .phase = 0.8};
  SimulatedExample made = simulate_from_real(x, h, w, options, 6, stream);
  const std::vector<double> phase = smooth_phase(h, w, 0.8, 3, 6);
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_NEAR(std::abs(Complex(made.image.values[i]) - std::polar(static_cast<double>(x[i]), phase[i])),
                0.0, 0x1p-23);
  }
  EXPECT_EQ(made.maps.values, coil_maps(options.maps, place_coils(options.maps, 3, 6), h, w, stream).values);
  ComplexStack coils = made.kspace;
  fourier(coils.view(), coils.view(), FourierAxes::kBoth, FourierDirection::kInverse, stream);
  for (std::int64_t c = 0; c < 4; ++c) {
    for (std::int64_t i = 0; i < h * w; ++i) {
      const Complex expected =
          Complex(made.maps.at(c, i / w, i % w)) * Complex(made.image.at(0, i / w, i % w));
      // Two transforms of an image whose norm is at most sqrt(h w), each a few roundings.
      EXPECT_NEAR(std::abs(Complex(coils.at(c, i / w, i % w)) - expected), 0.0,
                  16 * 0x1p-24 * std::sqrt(static_cast<double>(h * w)));
    }
  }
}

TEST(Simulate, IsLinearInTheImage) {
  Stream stream(DeviceKind::kCpu, 2);
  const std::vector<float> x = real_image(12, 12, 1), y = real_image(12, 12, 2);
  std::vector<float> sum;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum.push_back(2.0f * x[i] - 0.5f * y[i]);
  }
  const SimulationOptions options{.maps = {.kind = CoilMapKind::kBiotSavart, .coils = 3}};
  const SimulatedExample a = simulate_from_real(x, 12, 12, options, 0, stream);
  const SimulatedExample b = simulate_from_real(y, 12, 12, options, 0, stream);
  SimulatedExample both = simulate_from_real(sum, 12, 12, options, 0, stream);
  for (std::size_t i = 0; i < both.kspace.values.size(); ++i) {
    both.kspace.values[i] -= 2.0f * a.kspace.values[i] - 0.5f * b.kspace.values[i];
  }
  EXPECT_LT(norm_of(both.kspace), 32 * 0x1p-24 * (2 * norm_of(a.kspace) + norm_of(b.kspace)));
}

TEST(Simulate, IsFrozenAndIndependentOfThreads) {
  Stream one(DeviceKind::kCpu, 1), three(DeviceKind::kCpu, 3);
  const std::vector<float> x = real_image(16, 10, 3);
  SimulationOptions options{.seed = 4, .maps = {.coils = 5}, .noise = 0.1};
  options.noise_covariance.assign(25, 0.2);
  for (std::size_t c = 0; c < 5; ++c) {
    options.noise_covariance[c * 6] = 1.0;
  }
  const SimulatedExample first = simulate_from_real(x, 16, 10, options, 9, one);
  static_cast<void>(simulate_from_real(x, 16, 10, options, 8, one));
  EXPECT_EQ(simulate_from_real(x, 16, 10, options, 9, three).kspace.values, first.kspace.values);
  EXPECT_NE(simulate_from_real(x, 16, 10, options, 8, one).kspace.values, first.kspace.values);
  options.seed = 5;
  EXPECT_NE(simulate_from_real(x, 16, 10, options, 9, one).kspace.values, first.kspace.values);

  const PhantomOptions phantom{.h = 12, .w = 14};
  EXPECT_EQ(simulate_from_phantom(phantom, options, 2, one).kspace.values,
            simulate_from_phantom(phantom, options, 2, three).kspace.values);
  EXPECT_NE(simulate_from_phantom(phantom, options, 2, one).kspace.values,
            simulate_from_phantom(phantom, options, 3, one).kspace.values);
}

TEST(Simulate, ComplexImagesKeepTheirPhase) {
  Stream stream(DeviceKind::kCpu, 1);
  ComplexStack image(1, 8, 8);
  const std::vector<float> x = real_image(8, 8, 4), y = real_image(8, 8, 5);
  for (std::size_t i = 0; i < x.size(); ++i) {
    image.values[i] = {x[i], y[i]};
  }
  EXPECT_EQ(simulate_from_complex(image, {.phase = 2.0}, 0, stream).image.values, image.values);
}

TEST(Simulate, MeasuredMapsAreResampled) {
  Stream stream(DeviceKind::kCpu, 1);
  const CoilMapOptions raw{.coils = 3, .normalized = false};
  SimulationOptions options;
  options.measured_maps =
      std::make_shared<ComplexStack>(coil_maps(raw, place_coils(raw, 1, 1), 20, 20, stream));
  const SimulatedExample made = simulate_from_real(real_image(8, 8, 6), 8, 8, options, 0, stream);
  EXPECT_EQ(made.maps.values, resample_maps(*options.measured_maps, 8, 8, true).values);
  EXPECT_EQ(made.kspace.coils, 3);
}

TEST(Simulate, NoiseHasTheStatisticsAskedFor) {
  const std::int64_t n = 128;
  const ComplexStack z = noise_of(3, n, 0.5, {});
  const auto count = static_cast<double>(n * n);
  for (std::int64_t c = 0; c < 3; ++c) {
    double mean_re = 0, mean_im = 0, var_re = 0, var_im = 0, both = 0;
    for (std::int64_t i = 0; i < n * n; ++i) {
      const Complex v(z.at(c, i / n, i % n));
      mean_re += v.real() / count;
      mean_im += v.imag() / count;
      var_re += v.real() * v.real() / count;
      var_im += v.imag() * v.imag() / count;
      both += v.real() * v.imag() / count;
    }
    // Five standard errors: sd / sqrt(n) of a mean, variance * sqrt(2 / n) of a variance, variance / sqrt(n)
    // of a product.
    const double error = 5 / std::sqrt(count);
    EXPECT_NEAR(mean_re, 0.0, 0.5 * error);
    EXPECT_NEAR(mean_im, 0.0, 0.5 * error);
    EXPECT_NEAR(var_re, 0.25, 0.25 * std::sqrt(2.0) * error);
    EXPECT_NEAR(var_im, 0.25, 0.25 * std::sqrt(2.0) * error);
    EXPECT_NEAR(both, 0.0, 0.25 * error);
    for (std::int64_t d = 0; d < c; ++d) {
      // Each part of the product of two coils has the variance 2 * 0.25^2.
      const Complex coupling = correlation(z, c, d);
      EXPECT_NEAR(coupling.real(), 0.0, 0.25 * std::sqrt(2.0) * error);
      EXPECT_NEAR(coupling.imag(), 0.0, 0.25 * std::sqrt(2.0) * error);
    }
  }
}

TEST(Simulate, NoiseIsCorrelatedAsAskedFor) {
  const std::int64_t n = 128;
  const Complex couple(0.3, 0.4);
  const ComplexStack z = noise_of(2, n, 0.5, {1.0, couple, std::conj(couple), 2.0});
  const double error = 5 / static_cast<double>(n), variance = 2 * 0.25;  // of a complex number of coil 0
  EXPECT_NEAR(correlation(z, 0, 0).real(), variance, variance * error);
  EXPECT_NEAR(correlation(z, 1, 1).real(), 2 * variance, 2 * variance * error);
  // Var of each part of z_0 conj(z_1) is at most variance(0) * variance(1).
  const Complex coupling = correlation(z, 0, 1);
  EXPECT_NEAR(coupling.real(), variance * couple.real(), std::sqrt(2.0) * variance * error);
  EXPECT_NEAR(coupling.imag(), variance * couple.imag(), std::sqrt(2.0) * variance * error);
}

TEST(Simulate, NoiseIsTheNormalsThatTheHeaderNames) {
  const ComplexStack z = noise_of(2, 5, 0.25, {}, 13), twice = noise_of(2, 5, 0.5, {}, 13);
  const RandomStream random(77, RandomPurpose::kKSpaceNoise, 0, 13);
  for (std::uint64_t p = 0; p < 50; ++p) {
    EXPECT_EQ(z.values[p], 0.25f * std::complex<float>(random.normal(2 * p), random.normal(2 * p + 1)));
    EXPECT_EQ(twice.values[p], 2.0f * z.values[p]) << "the draw does not depend on the level";
  }
}

TEST(Simulate, PhantomsAreSeenThroughTheirMaps) {
  Stream stream(DeviceKind::kCpu, 2);
  const PhantomOptions phantom{.h = 96, .w = 96, .details = 6};
  const SimulatedExample made = simulate_from_phantom(phantom, {.maps = {.coils = 4}}, 1, stream);
  ComplexStack coils = made.kspace;
  fourier(coils.view(), coils.view(), FourierAxes::kBoth, FourierDirection::kInverse, stream);
  ComplexStack expected = made.maps;
  for (std::int64_t c = 0; c < 4; ++c) {
    for (std::int64_t i = 0; i < made.image.plane(); ++i) {
      expected.values[static_cast<std::size_t>(c * made.image.plane() + i)] *=
          made.image.values[static_cast<std::size_t>(i)];
    }
  }
  // They differ by what crosses the border of k-space: the spectrum within `reach` half frequencies of it.
  // Energy beyond frequency k falls as 1 / k behind edges; 1.5 of 48 on either side hold a fraction of about
  // 1.5 / 48^2 * 2 of it, whose root, 0.036, bounds the difference when the waves' weights are about 1.
  const double leak = distance(coils, expected) / norm_of(expected);
  EXPECT_LT(leak, 0.036);
  EXPECT_GT(leak, 1e-4) << "if it were the DFT of the image times the maps, there would be none";
}

TEST(Simulate, SaysWhatIsWrong) {
  Stream stream(DeviceKind::kCpu, 1);
  const auto refused = [&](const std::vector<float>& x, const SimulationOptions& options) {
    return error_text<Error>([&] { static_cast<void>(simulate_from_real(x, 4, 4, options, 0, stream)); });
  };
  std::vector<float> x(16, 1.0f);
  EXPECT_NE(refused(x, {.noise = -1}).find("at least 0, got -1"), std::string::npos);
  EXPECT_NE(refused(x, {.phase = -1}).find("radians, got -1"), std::string::npos);
  EXPECT_NE(refused(x, {.noise_covariance = {1.0}}).find("noise covariance: expected 8 x 8 numbers, got 1"),
            std::string::npos);
  x[6] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(refused(x, {}).find("row 1, column 2 is not a finite number"), std::string::npos);
}

}  // namespace selfsame
