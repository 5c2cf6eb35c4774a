// SPDX-License-Identifier: Apache-2.0
#include "mri/simulation/coil_maps.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "mri/simulation/biot_savart.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

using Complex = std::complex<double>;
constexpr double kPi = std::numbers::pi;
constexpr CoilMapKind kKinds[] = {CoilMapKind::kBirdcage, CoilMapKind::kBiotSavart};

ComplexStack maps_for(const CoilMapOptions& options, std::uint32_t example, std::int64_t h, std::int64_t w,
                      int threads = 1, std::uint64_t seed = 5) {
  Stream stream(DeviceKind::kCpu, threads);
  return coil_maps(options, place_coils(options, seed, example), h, w, stream);
}

double sum_of_squares(const ComplexStack& maps, std::int64_t y, std::int64_t x) {
  double sum = 0;
  for (std::int64_t c = 0; c < maps.coils; ++c) {
    sum += std::norm(Complex(maps.at(c, y, x)));
  }
  return sum;
}

}  // namespace

TEST(CoilMaps, HaveASumOfSquaresOfOne) {
  for (const CoilMapKind kind : kKinds) {
    for (const int coils : {1, 2, 8, 15}) {
      const ComplexStack maps = maps_for({.kind = kind, .coils = coils}, 3, 20, 33);
      for (std::int64_t i = 0; i < maps.plane(); ++i) {
        // Each part is rounded by 2^-24 of itself, which moves the sum of squares by at most 2 * 2^-24.
        EXPECT_NEAR(sum_of_squares(maps, i / maps.w, i % maps.w), 1.0, 4 * 0x1p-24);
      }
    }
  }
}

TEST(CoilMaps, OfABirdcageFollowTheUsualFormula) {
  // sigpy.mri.sim.birdcage_maps: magnitude 1/r, phase atan2(dx, -dy) - c 2 pi / n, then root sum of squares.
  const std::int64_t n = 16;
  const int coils = 6;
  const ComplexStack maps = maps_for({.coils = coils, .radius = 1.5, .variation = 0}, 0, n, n);
  for (std::int64_t y = 0; y < n; ++y) {
    for (std::int64_t x = 0; x < n; ++x) {
      std::vector<Complex> expected;
      double squares = 0;
      for (int c = 0; c < coils; ++c) {
        const double dx = (static_cast<double>(x) - 8) / 8 - 1.5 * std::cos(c * 2 * kPi / coils);
        const double dy = (static_cast<double>(y) - 8) / 8 - 1.5 * std::sin(c * 2 * kPi / coils);
        expected.push_back(std::polar(1 / std::hypot(dx, dy), std::atan2(dx, -dy) - c * 2 * kPi / coils));
        squares += std::norm(expected.back());
      }
      for (int c = 0; c < coils; ++c) {
        EXPECT_NEAR(
            std::abs(Complex(maps.at(c, y, x)) - expected[static_cast<std::size_t>(c)] / std::sqrt(squares)),
            0.0, 0x1p-23);
      }
    }
  }
}

TEST(CoilMaps, OfRegularCoilsRotateIntoEachOther) {
  for (const CoilMapKind kind : kKinds) {
    const ComplexStack maps = maps_for({.kind = kind, .coils = 4, .variation = 0}, 0, 15, 15);
    for (std::int64_t y = 0; y < 15; ++y) {
      for (std::int64_t x = 0; x < 15; ++x) {
        // Coil 1 is coil 0 turned from x to y: what it sees at (x, y) coil 0 sees at (y, -x).
        EXPECT_NEAR(std::abs(maps.at(1, y, x)), std::abs(maps.at(0, 14 - x, y)), 1e-6f);
      }
    }
    EXPECT_GT(std::abs(maps.at(0, 7, 14)), 2 * std::abs(maps.at(0, 7, 0))) << "coil 0 is on the right";
  }
}

TEST(CoilMaps, OfLoopsAreTheirFields) {
  const CoilMapOptions options{.kind = CoilMapKind::kBiotSavart, .coils = 3};
  const std::vector<CoilPlace> coils = place_coils(options, 1, 2);
  Stream stream(DeviceKind::kCpu, 1);
  const ComplexStack maps = coil_maps(options, coils, 12, 20, stream);
  // Half the longer side is 10 pixels; row 9 is 3 below the centre, column 4 is 6 left of it.
  std::vector<Complex> expected;
  double squares = 0;
  for (const CoilPlace& coil : coils) {
    const CurrentLoop loop{coil.angle, coil.distance, coil.height, coil.loop_radius};
    const Vector3 b = loop_field(cut_loop(loop, 1000), {-0.6, 0.3, 0.0});
    expected.push_back(std::polar(1.0, coil.phase) * Complex(b[0], -b[1]));
    squares += std::norm(expected.back());
  }
  for (std::int64_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(
        std::abs(Complex(maps.at(c, 9, 4)) - expected[static_cast<std::size_t>(c)] / std::sqrt(squares)), 0.0,
        0x1p-23);
  }
}

TEST(CoilMaps, LeftRawDifferByOneNumberPerPixelAndHaveAMeanOfOne) {
  for (const CoilMapKind kind : kKinds) {
    const std::int64_t h = 24, w = 18;
    const ComplexStack raw = maps_for({.kind = kind, .coils = 5, .normalized = false}, 1, h, w);
    const ComplexStack normalized = maps_for({.kind = kind, .coils = 5}, 1, h, w);
    double sum = 0, pixels = 0, least = 1e9, most = 0;
    for (std::int64_t y = 0; y < h; ++y) {
      for (std::int64_t x = 0; x < w; ++x) {
        const double squares = sum_of_squares(raw, y, x);
        for (std::int64_t c = 0; c < 5; ++c) {
          EXPECT_NEAR(
              std::abs(Complex(raw.at(c, y, x)) / std::sqrt(squares) - Complex(normalized.at(c, y, x))), 0.0,
              8 * 0x1p-24);
        }
        const double u = 2.0 * static_cast<double>(x - w / 2) / static_cast<double>(w);
        const double v = 2.0 * static_cast<double>(y - h / 2) / static_cast<double>(h);
        if (u * u + v * v <= 1) {
          sum += squares;
          pixels += 1;
        }
        least = std::min(least, squares);
        most = std::max(most, squares);
      }
    }
    EXPECT_NEAR(sum / pixels, 1.0, 1e-6);
    EXPECT_GT(most, 1.5 * least) << "raw coils see the border better";
  }
}

TEST(CoilMaps, VaryByExampleAndSeedAsAskedFor) {
  const CoilMapOptions regular{.variation = 0}, varied{};
  EXPECT_EQ(maps_for(regular, 0, 8, 8).values, maps_for(regular, 1, 8, 8).values);
  EXPECT_EQ(maps_for(varied, 1, 8, 8).values, maps_for(varied, 1, 8, 8).values);
  EXPECT_NE(maps_for(varied, 0, 8, 8).values, maps_for(varied, 1, 8, 8).values);
  EXPECT_NE(maps_for(varied, 0, 8, 8).values, maps_for(varied, 0, 8, 8, 1, 6).values);
  for (std::uint32_t example = 0; example < 200; ++example) {
    const std::vector<CoilPlace> coils = place_coils(varied, 5, example);
    for (std::size_t c = 0; c < coils.size(); ++c) {
      EXPECT_GE(coils[c].distance, 1.6);
      EXPECT_LE(coils[c].distance, 1.6 * 1.2);
      // Neighbours keep half of their distance: angles 2 pi / n apart, each moved by up to a quarter of it.
      if (c > 0) {
        EXPECT_GE(coils[c].angle - coils[c - 1].angle, 0.5 * 2 * kPi / 8 - 1e-12);
      }
    }
  }
}

TEST(CoilMaps, DoNotDependOnThreads) {
  for (const CoilMapKind kind : kKinds) {
    for (const bool normalized : {true, false}) {
      const CoilMapOptions options{.kind = kind, .coils = 3, .normalized = normalized};
      EXPECT_EQ(maps_for(options, 0, 13, 10, 1).values, maps_for(options, 0, 13, 10, 3).values);
    }
  }
}

TEST(CoilMaps, SayWhichOptionIsWrong) {
  const auto refused = [](const CoilMapOptions& options) {
    return error_text<Error>([&] { static_cast<void>(place_coils(options, 0, 0)); });
  };
  EXPECT_NE(refused({.coils = 0}).find("got 0 coils"), std::string::npos);
  EXPECT_NE(refused({.radius = 1.2}).find("radius 1.2"), std::string::npos);
  EXPECT_NE(refused({.variation = 1.5}).find("variation 1.5"), std::string::npos);
  EXPECT_NE(refused({.loop_radius = -1}).find("loop radius -1"), std::string::npos);
}

TEST(ResampledMaps, OfTheSameSizeAreTheMaps) {
  const ComplexStack maps = maps_for({.coils = 3, .normalized = false}, 0, 9, 14);
  EXPECT_EQ(resample_maps(maps, 9, 14, false).values, maps.values);
}

TEST(ResampledMaps, KeepLinearFunctionsAndTheCentre) {
  // Real part linear in x, imaginary part in y, coordinates in fields of view about the centre.
  for (const auto& [from, to] : {std::pair<std::int64_t, std::int64_t>{8, 20}, {9, 20}, {8, 5}, {30, 30}}) {
    ComplexStack maps(1, from, from + 1);
    const auto coordinate = [](std::int64_t i, std::int64_t n) {
      return static_cast<double>(i - n / 2) / static_cast<double>(n);
    };
    for (std::int64_t y = 0; y < maps.h; ++y) {
      for (std::int64_t x = 0; x < maps.w; ++x) {
        maps.at(0, y, x) = std::complex<float>(Complex(coordinate(x, maps.w), coordinate(y, maps.h)));
      }
    }
    const ComplexStack out = resample_maps(maps, to, to, false);
    for (std::int64_t y = 0; y < to; ++y) {
      for (std::int64_t x = 0; x < to; ++x) {
        // Beyond the last sample the border repeats.
        const double u = std::min(coordinate(x, to), coordinate(maps.w - 1, maps.w));
        const double v = std::min(coordinate(y, to), coordinate(maps.h - 1, maps.h));
        EXPECT_NEAR(out.at(0, y, x).real(), std::max(u, coordinate(0, maps.w)), 1e-7);
        EXPECT_NEAR(out.at(0, y, x).imag(), std::max(v, coordinate(0, maps.h)), 1e-7);
      }
    }
  }
}

TEST(ResampledMaps, AreNormalisedWhereThereIsSomething) {
  ComplexStack maps = maps_for({.coils = 4, .normalized = false}, 0, 10, 10);
  for (std::int64_t c = 0; c < 4; ++c) {
    for (std::int64_t x = 0; x < 10; ++x) {
      maps.at(c, 0, x) = maps.at(c, 1, x) = 0;
    }
  }
  const ComplexStack out = resample_maps(maps, 20, 20, true);
  for (std::int64_t i = 0; i < out.plane(); ++i) {
    const double expected = i / 20 <= 2 ? 0.0 : 1.0;  // rows 0 to 2 of 20 lie on rows 0 to 1 of 10
    EXPECT_NEAR(sum_of_squares(out, i / 20, i % 20), expected, 4 * 0x1p-24) << i;
  }
}

TEST(ResampledMaps, NameTheValueThatIsNotFinite) {
  ComplexStack maps(2, 3, 4);
  maps.at(1, 2, 3) = {0.0f, std::numeric_limits<float>::infinity()};
  EXPECT_NE(error_text<Error>([&] {
              static_cast<void>(resample_maps(maps, 3, 4, true));
            }).find("coil 1, row 2, column 3"),
            std::string::npos);
}

}  // namespace selfsame
