// SPDX-License-Identifier: Apache-2.0
#include "mri/simulation/plane_waves.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "kernels/device/philox.hpp"
#include "mri/fourier/fourier.hpp"
#include "mri/simulation/coil_maps.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

using Complex = std::complex<double>;
constexpr double kPi = std::numbers::pi;

PlaneWaveMaps random_maps(std::int64_t coils, int reach, std::uint32_t which) {
  const RandomStream random(8, RandomPurpose::kTest, 1, which);
  PlaneWaveMaps maps{coils, reach, {}};
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(coils * maps.side() * maps.side()); ++i) {
    maps.weights.emplace_back(random.normal(2 * i), random.normal(2 * i + 1));
  }
  return maps;
}

/// The definition in the header, wave by wave.
Complex map_at(const PlaneWaveMaps& maps, std::int64_t coil, double x, double y) {
  Complex sum = 0;
  const std::int64_t side = maps.side();
  for (std::int64_t n = 0; n < side; ++n) {
    for (std::int64_t m = 0; m < side; ++m) {
      sum += maps.weights[static_cast<std::size_t>((coil * side + n) * side + m)] *
             std::polar(1.0, kPi * (static_cast<double>(m - maps.reach) * x +
                                    static_cast<double>(n - maps.reach) * y));
    }
  }
  return sum;
}

double sum_of_weights(const PlaneWaveMaps& maps) {
  double sum = 0;
  for (const Complex& weight : maps.weights) {
    sum += std::abs(weight);
  }
  return sum;
}

}  // namespace

TEST(PlaneWaves, AreEvaluatedByTheirDefinition) {
  Stream stream(DeviceKind::kCpu, 2);
  const PlaneWaveMaps maps = random_maps(2, 2, 0);
  const ComplexStack out = evaluate(maps, 7, 10, stream);
  for (std::int64_t c = 0; c < 2; ++c) {
    for (std::int64_t y = 0; y < 7; ++y) {
      for (std::int64_t x = 0; x < 10; ++x) {
        const Complex exact =
            map_at(maps, c, static_cast<double>(x - 5) / 10, static_cast<double>(y - 3) / 7);
        EXPECT_NEAR(std::abs(Complex(out.at(c, y, x)) - exact), 0.0, 0x1p-23 * std::abs(exact) + 1e-13);
      }
    }
  }
}

TEST(PlaneWaves, AreFoundInMapsThatAreMadeOfThem) {
  Stream stream(DeviceKind::kCpu, 1);
  const PlaneWaveMaps maps = random_maps(1, 2, 1);
  const std::int64_t n = 24;
  const ComplexStack made = evaluate(maps, n, n, stream);
  const PlaneWaveMaps fitted = fit_plane_waves(made, 2, stream);
  const ComplexStack again = evaluate(fitted, n, n, stream);
  double difference = 0, squares = 0;
  for (std::size_t i = 0; i < made.values.size(); ++i) {
    difference += std::norm(Complex(made.values[i]) - Complex(again.values[i]));
  }
  for (const Complex& weight : maps.weights) {
    squares += std::norm(weight);
  }
  // The fit's objective is at most its value at the true weights, the ridge 1e-9 n^2 |w|^2, plus the rounding
  // of the maps to float.
  EXPECT_LT(std::sqrt(difference / static_cast<double>(n * n)), (3.2e-5 + 1e-6) * std::sqrt(squares));
}

TEST(PlaneWaves, ComeCloseToCoilMaps) {
  Stream stream(DeviceKind::kCpu, 2);
  for (const CoilMapKind kind : {CoilMapKind::kBirdcage, CoilMapKind::kBiotSavart}) {
    for (std::uint32_t example = 0; example < 3; ++example) {
      const CoilMapOptions options{.kind = kind};
      const ComplexStack maps = coil_maps(options, place_coils(options, 1, example), 48, 48, stream);
      const ComplexStack near = evaluate(fit_plane_waves(maps, 3, stream), 48, 48, stream);
      for (std::int64_t y = 0; y < 48; ++y) {
        for (std::int64_t x = 0; x < 48; ++x) {
          const double u = static_cast<double>(x - 24) / 48, v = static_cast<double>(y - 24) / 48;
          double sum = 0;
          for (std::int64_t c = 0; c < near.coils; ++c) {
            sum += std::norm(Complex(near.at(c, y, x)));
          }
          if (std::hypot(u, v) < 0.46) {  // where a phantom may be
            EXPECT_NEAR(sum, 1.0, 0.05) << name_of(kind) << " " << x << " " << y;
          }
        }
      }
    }
  }
}

TEST(PlaneWaves, OfAWholeFrequencyShiftTheKSpace) {
  Stream stream(DeviceKind::kCpu, 2);
  const std::vector<Ellipse> phantom = random_phantom({.h = 12, .w = 15, .details = 3}, 1, 0);
  const PlaneWaveMaps one{1, 0, {1.0}};
  PlaneWaveMaps shift{1, 2, std::vector<Complex>(25)};
  shift.weights[1 * 5 + 4] = {0.0, 2.0};  // frequency m = 2 (one cycle) in x, n = -1 (half a cycle) in y
  PlaneWaveMaps half{1, 2, std::vector<Complex>(25)};
  half.weights[1 * 5 + 2] = 1.0;  // n = -1 alone
  const ComplexStack plain = phantom_kspace(phantom, half, 12, 15, stream);
  const ComplexStack moved = phantom_kspace(phantom, shift, 12, 15, stream);
  for (std::int64_t y = 0; y < 12; ++y) {
    for (std::int64_t x = 1; x < 15; ++x) {
      const Complex expected = Complex(0, 2) * Complex(plain.at(0, y, x - 1));
      EXPECT_NEAR(std::abs(Complex(moved.at(0, y, x)) - expected), 0.0,
                  4 * 0x1p-24 * std::abs(expected) + 1e-12);
    }
  }
  const ComplexStack direct = phantom_kspace(phantom, one, 12, 15, stream);
  EXPECT_NEAR(std::abs(Complex(direct.at(0, 4, 9)) - std::sqrt(180.0) * phantom_transform(phantom, 2, -2)),
              0.0, 1e-6);
}

TEST(PlaneWaves, MakeTheKSpaceOfAFinelyDrawnPhantom) {
  Stream stream(DeviceKind::kCpu, 2);
  const std::vector<Ellipse> phantom = random_phantom({.details = 4, .tissue_phase = 0.5}, 2, 7);
  const PlaneWaveMaps maps = random_maps(2, 1, 3);
  const std::int64_t h = 16, w = 20, fine = 800;
  const ComplexStack kspace = phantom_kspace(phantom, maps, h, w, stream);
  const double step = 1.0 / static_cast<double>(fine), waves = sum_of_weights(maps);
  // Error of the sum over cells of side s, each with the value at its centre: cells that a rim of length P
  // cuts lie in a band of area at most 2 sqrt(2) s P + 2 pi s^2 and may be wrong altogether; in the others
  // the wave's curvature, at most (2 pi q)^2 in each axis, costs (2 pi q s)^2 / 24 of their area and axis.
  const double highest = 2 * kPi * (static_cast<double>(w / 2) + 0.5);
  double bound = 0, variance = 0, curvature = 0;
  for (const Ellipse& e : phantom) {
    const double perimeter = 2 * kPi * std::sqrt(0.5 * (e.a * e.a + e.b * e.b));  // an upper bound
    const double curved = std::abs(e.value) * kPi * e.a * e.b * 2 * std::pow(highest * step, 2) / 24;
    bound +=
        curved + std::abs(e.value) * (2 * std::numbers::sqrt2 * step * perimeter + 2 * kPi * step * step);
    variance += std::norm(e.value) * std::pow(step, 4) / 12 * 4 * perimeter / step;
    curvature += curved;
  }
  bound *= waves;
  std::vector<Complex> drawn;  // phantom times map of coil c
  for (std::int64_t c = 0; c < 2; ++c) {
    drawn.clear();
    for (std::int64_t y = 0; y < fine; ++y) {
      for (std::int64_t x = 0; x < fine; ++x) {
        const double px = static_cast<double>(x - fine / 2) * step,
                     py = static_cast<double>(y - fine / 2) * step;
        const Complex value = phantom_value(phantom, px, py);
        drawn.push_back(value == 0.0 ? 0.0 : value * map_at(maps, c, px, py));
      }
    }
    for (const auto& [row, column] :
         {std::pair<std::int64_t, std::int64_t>{8, 10}, {0, 0}, {9, 14}, {15, 19}}) {
      Complex sum = 0;
      for (std::int64_t y = 0; y < fine; ++y) {
        Complex line = 0;
        for (std::int64_t x = 0; x < fine; ++x) {
          line += drawn[static_cast<std::size_t>(y * fine + x)] *
                  std::polar(1.0, -2 * kPi * static_cast<double>((column - w / 2) * (x - fine / 2)) * step);
        }
        sum += line * std::polar(1.0, -2 * kPi * static_cast<double>((row - h / 2) * (y - fine / 2)) * step);
      }
      const double scale = std::sqrt(static_cast<double>(h * w));
      EXPECT_NEAR(std::abs(Complex(kspace.at(c, row, column)) - scale * step * step * sum), 0.0,
                  scale * bound)
          << c << " " << row << " " << column;
      // A cell that is cut is wrong by up to half of it, of either sign, uniformly and as good as independent
      // of its neighbours: variance s^4 / 12 each, at most 4 P / s of them. Six standard deviations: a
      // factor, a half frequency or a conjugate that is wrong does not pass.
      EXPECT_NEAR(std::abs(Complex(kspace.at(c, row, column)) - scale * step * step * sum), 0.0,
                  scale * waves * (6 * std::sqrt(variance) + curvature));
    }
  }
}

TEST(PlaneWaves, GiveImagesWithThePhantomsValues) {
  // One ellipse that fills the middle: away from its edge, what truncation leaves of the ringing falls with
  // the distance; at 9 pixels it is below 4 percent of the step (the sine integral's tail, 1 / (pi^2 9), in
  // each of two directions, and as much again for the curved edge's focus).
  Stream stream(DeviceKind::kCpu, 2);
  const Ellipse phantom[] = {{0, 0, 0.3, 0.35, 0.0, 0.8}};
  ComplexStack image = phantom_kspace(phantom, {1, 0, {1.0}}, 64, 64, stream);
  stream.reserve_workspace(prepare_fourier(image.view().shape, DType::kF32, FourierAxes::kBoth, stream));
  fourier(image.view(), image.view(), FourierAxes::kBoth, FourierDirection::kInverse, stream);
  for (std::int64_t y = 28; y < 37; ++y) {
    for (std::int64_t x = 28; x < 37; ++x) {
      EXPECT_NEAR(std::abs(Complex(image.at(0, y, x)) - 0.8), 0.0, 0.04 * 0.8) << x << " " << y;
    }
  }
  EXPECT_NEAR(std::abs(image.at(0, 2, 2)), 0.0, 0.04 * 0.8);
}

TEST(PlaneWaves, DoNotDependOnThreads) {
  Stream one(DeviceKind::kCpu, 1), three(DeviceKind::kCpu, 3);
  const std::vector<Ellipse> phantom = random_phantom({.details = 3}, 1, 0);
  const ComplexStack maps = evaluate(random_maps(3, 2, 5), 12, 12, one);
  const PlaneWaveMaps a = fit_plane_waves(maps, 2, one), b = fit_plane_waves(maps, 2, three);
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_EQ(phantom_kspace(phantom, a, 12, 12, one).values, phantom_kspace(phantom, a, 12, 12, three).values);
}

TEST(PlaneWaves, RefuseMoreWavesThanPixels) {
  Stream stream(DeviceKind::kCpu, 1);
  const auto text =
      error_text<Error>([&] { static_cast<void>(fit_plane_waves(ComplexStack(1, 4, 9), 2, stream)); });
  EXPECT_NE(text.find("reach 2 and maps of 4 x 9"), std::string::npos) << text;
}

}  // namespace selfsame
