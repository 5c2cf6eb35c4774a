// SPDX-License-Identifier: Apache-2.0
#include "mri/coils/espirit.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "mri/fourier/fourier.hpp"
#include "tests/mri/recon/small_sense.hpp"

namespace selfsame {
namespace {

using Complex = std::complex<double>;
constexpr std::int64_t kH = 32, kW = 28, kCoils = 4;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// Maps with three frequencies per axis: k-space of a coil image is a sum of nine shifted copies of that of
/// the object, so that kernels of 4 x 4 and more hold them exactly. Sum of squares 1 after normalisation.
struct Synthetic {
  ComplexArray kspace{{1, kCoils, kH, kW}};
  std::vector<Complex> maps;  ///< (C, H, W), normalised
  std::vector<bool> inside;

  explicit Synthetic(Stream& stream) : maps(at(kCoils * kH * kW)), inside(at(kH * kW)) {
    for (std::int64_t i = 0; i < kH * kW; ++i) {
      const double y = 2 * std::numbers::pi * static_cast<double>(i / kW - kH / 2) / kH;
      const double x = 2 * std::numbers::pi * static_cast<double>(i % kW - kW / 2) / kW;
      inside[at(i)] = y * y / 4 + x * x / 5 < 1;
      const double object = inside[at(i)] ? 1 + 0.5 * std::cos(3 * y) * std::sin(2 * x + 1) : 0;
      double squares = 0;
      for (std::int64_t c = 0; c < kCoils; ++c) {
        const double angle = 0.3 + 2 * std::numbers::pi * static_cast<double>(c) / kCoils;
        const Complex map = Complex(1, 0.2 * static_cast<double>(c)) +
                            0.8 * std::polar(1.0, std::cos(angle) > 0 ? y : -y) * std::sin(angle) +
                            0.6 * Complex(std::cos(x - angle), 0.3 * std::sin(x));
        maps[at(c * kH * kW + i)] = map;
        squares += std::norm(map);
        kspace.values[at(c * kH * kW + i)] = std::complex<float>(map * object);
      }
      for (std::int64_t c = 0; c < kCoils; ++c) {
        maps[at(c * kH * kW + i)] /= std::sqrt(squares);
      }
    }
    stream.reserve_workspace(prepare_fourier(kspace.shape, DType::kF32, FourierAxes::kBoth, stream));
    fourier(kspace.view(), kspace.view(), FourierAxes::kBoth, FourierDirection::kForward, stream);
  }
};

/// |<a, b>| of two unit vectors at pixel i.
double correlation(const ComplexArray& maps, std::int64_t set, const std::vector<Complex>& truth,
                   std::int64_t i) {
  Complex dot = 0;
  for (std::int64_t c = 0; c < kCoils; ++c) {
    dot += std::conj(Complex(maps.plane(set, c)[i])) * truth[at(c * kH * kW + i)];
  }
  return std::abs(dot);
}

}  // namespace

/// Float k-space rounds at 2^-24 of its largest sample, and the null space begins at the square root of
/// threshold: errors of the maps stay below roundings over that, 6e-8 / 1e-3, with room for sums.
TEST(Espirit, RecoversKnownMaps) {
  Stream stream(DeviceKind::kCpu, 2);
  const Synthetic truth(stream);
  EspiritOptions options;
  options.kernel = 5;
  options.threshold = 1e-6;
  const EspiritMaps found =
      estimate_espirit(truth.kspace.view(), central_region(kH, kW, 24, 24), options, stream);
  EXPECT_EQ(found.maps.shape, (Shape4{1, kCoils, kH, kW}));
  EXPECT_LT(found.kernels, options.kernel * options.kernel * kCoils);
  for (std::int64_t i = 0; i < kH * kW; ++i) {
    EXPECT_LE(found.eigenvalues[at(i)], 1 + 1e-6);
    if (truth.inside[at(i)]) {
      EXPECT_GE(found.eigenvalues[at(i)], 1 - 1e-3) << i;
      EXPECT_GE(correlation(found.maps, 0, truth.maps, i), 1 - 1e-3) << i;
    }
  }
}

TEST(Espirit, AgreesWithBart) {
  Stream stream(DeviceKind::kCpu, 2);
  const auto fixture = test::Fixture::load("bart");
  const auto k = small_sense::numbers(fixture.tensor("kspace"));
  const auto theirs = small_sense::numbers(fixture.tensor("maps"));
  const ConstComplexView kspace(k.data(), DType::kF32, {1, 4, 24, 20});
  EspiritOptions options;
  options.kernel = fixture.integer("kernel");
  const std::int64_t size = fixture.integer("calibration");
  const CalibrationRegion region = fully_sampled_centre(sampled_where_not_zero(kspace), 24, size, size);
  EXPECT_EQ(region, central_region(24, 20, size, size));
  const EspiritMaps ours = estimate_espirit(kspace, region, options, stream);
  std::int64_t both = 0, one = 0;
  double lost = 0;
  for (std::int64_t i = 0; i < 480; ++i) {
    Complex dot = 0;
    double mine = 0, other = 0;
    for (std::int64_t c = 0; c < 4; ++c) {
      const Complex a(ours.maps.plane(0, c)[i]), b(theirs[at(c * 480 + i)]);
      dot += std::conj(a) * b;
      mine += std::norm(a);
      other += std::norm(b);
    }
    one += (mine > 0) != (other > 0) ? 1 : 0;
    if (mine > 0 && other > 0) {
      ++both;
      EXPECT_NEAR(mine, 1, 1e-6);
      lost += 1 - std::abs(dot);
    }
  }
  // BART stops after 30 orthogonal iterations in float: it differs where two eigenvalues are close, at the
  // edge of the support, and cuts there one way or the other.
  EXPECT_GT(both, 380);
  EXPECT_LE(one, 5);
  EXPECT_LE(lost / static_cast<double>(both), 1e-3);
}

TEST(Espirit, FixesThePhaseByThePrincipalComponent) {
  Stream stream(DeviceKind::kCpu, 1);
  const Synthetic truth(stream);
  const CalibrationRegion region = central_region(kH, kW, 16, 16);
  EspiritOptions options;
  options.kernel = 4;
  options.sets = 2;
  const EspiritMaps plain = estimate_espirit(truth.kspace.view(), region, options, stream);
  ComplexArray turned = truth.kspace;
  for (auto& value : turned.values) {
    value *= std::polar(1.0f, 0.7f);  // a phase of all the data is the object's, not the coils'
  }
  Stream threads(DeviceKind::kCpu, 3);
  const EspiritMaps other = estimate_espirit(turned.view(), region, options, threads);
  for (std::int64_t i = 0; i < kH * kW; ++i) {
    for (std::int64_t c = 0; c < kCoils; ++c) {
      if (truth.inside[at(i)] && std::abs(plain.maps.plane(0, c)[i]) > 0) {
        EXPECT_NEAR(std::abs(plain.maps.plane(0, c)[i] - other.maps.plane(0, c)[i]), 0, 1e-3) << i;
      }
    }
  }
  const EspiritMaps repeated = estimate_espirit(truth.kspace.view(), region, options, threads);
  EXPECT_EQ(plain.maps.values, repeated.maps.values);
  // Sets are orthogonal, and the second one's eigenvalue is the smaller.
  options.crop = 0;
  const EspiritMaps all = estimate_espirit(truth.kspace.view(), region, options, stream);
  for (std::int64_t i = 0; i < kH * kW; ++i) {
    Complex dot = 0;
    for (std::int64_t c = 0; c < kCoils; ++c) {
      dot += std::conj(Complex(all.maps.plane(0, c)[i])) * Complex(all.maps.plane(1, c)[i]);
    }
    EXPECT_NEAR(std::abs(dot), 0, 1e-6);
    EXPECT_LE(all.eigenvalues[at(kH * kW + i)], all.eigenvalues[at(i)]);
  }
}

TEST(Espirit, SaysWhatIsWrong) {
  Stream stream(DeviceKind::kCpu, 1);
  const Synthetic truth(stream);
  const auto message_of = [&](const CalibrationRegion& region, const EspiritOptions& options,
                              ErrorKind kind) {
    try {
      static_cast<void>(estimate_espirit(truth.kspace.view(), region, options, stream));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind);
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const std::string small = message_of({12, 12, 8, 4}, {}, ErrorKind::kData);
  EXPECT_NE(small.find("8 x 4 at (12, 12) is smaller than the kernel 6 x 6"), std::string::npos) << small;
  EspiritOptions options;
  options.sets = 5;
  const std::string sets = message_of(central_region(kH, kW, 24, 24), options, ErrorKind::kUsage);
  EXPECT_NE(sets.find("sets 5"), std::string::npos) << sets;
}

}  // namespace selfsame
