// SPDX-License-Identifier: Apache-2.0
#include "mri/simulation/ellipses.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "kernels/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

using Complex = std::complex<double>;
constexpr double kPi = std::numbers::pi;

/// The integral itself, in polar coordinates of the ellipse: equal steps in the angle, which are exact for a
/// periodic integrand, and in r the midpoint rule with Richardson's extrapolation.
Complex integral(const Ellipse& e, double kx, double ky, int steps) {
  const auto midpoint = [&](int n) {
    Complex sum = 0;
    const int angles = 256;
    for (int i = 0; i < n; ++i) {
      const double r = (i + 0.5) / n;
      for (int j = 0; j < angles; ++j) {
        const double t = 2 * kPi * j / angles, u = e.a * r * std::cos(t), v = e.b * r * std::sin(t);
        const double x = e.x + std::cos(e.angle) * u - std::sin(e.angle) * v;
        const double y = e.y + std::sin(e.angle) * u + std::cos(e.angle) * v;
        sum += r * std::polar(1.0, -2 * kPi * (kx * x + ky * y));
      }
    }
    return sum * (e.a * e.b * 2 * kPi / angles / n);
  };
  // The midpoint rule's error is c2 h^2 + c4 h^4 + c6 h^6 + ...
  const Complex m1 = midpoint(steps), m2 = midpoint(2 * steps), m4 = midpoint(4 * steps);
  const Complex r1 = (4.0 * m2 - m1) / 3.0, r2 = (4.0 * m4 - m2) / 3.0;
  return e.value * (16.0 * r2 - r1) / 15.0;
}

}  // namespace

TEST(Ellipses, TransformIsTheIntegral) {
  const Ellipse ellipses[] = {{0.1, -0.2, 0.3, 0.12, 0.6, {1.0, 0.0}},
                              {-0.05, 0.15, 0.02, 0.21, 2.4, {-0.4, 0.3}},
                              {0.0, 0.0, 0.25, 0.25, 0.0, {2.0, 0.0}}};
  for (const Ellipse& e : ellipses) {
    for (const auto& [kx, ky] : {std::pair{0.0, 0.0}, {1.0, 0.0}, {0.0, -3.0}, {7.5, 4.0}, {-12.0, 11.5}}) {
      // With up to 2 pi 0.3 17 = 32 radians over r, h = 1/400 and a sixth derivative of 32^6, the first term
      // left is about 2e-10 of the area.
      const double area = kPi * e.a * e.b * std::abs(e.value);
      EXPECT_NEAR(std::abs(ellipse_transform(e, kx, ky) - integral(e, kx, ky, 400)), 0.0, 1e-9 * area)
          << kx << " " << ky;
    }
  }
}

TEST(Ellipses, TransformFollowsTheProjectionOntoTheFrequency) {
  // Along its frequency an ellipse's projection is a half circle: the integral of 2 sqrt(1 - t^2)
  // exp(-2 pi i r t) over t = sin s, whose integrand in s is periodic: the sum over equal steps is exact as
  // soon as there are more steps than radians.
  const Ellipse e{0, 0, 0.4, 0.3, 0.7, 1.0};
  for (const double k : {0.3, 5.0, 60.0, 300.0}) {
    const double kx = k * std::cos(1.1), ky = k * std::sin(1.1);
    const double c = std::cos(0.7), s = std::sin(0.7);
    const double r = std::hypot(0.4 * (c * kx + s * ky), 0.3 * (c * ky - s * kx));
    double sum = 0;
    const int steps = 4096;
    for (int i = 0; i < steps; ++i) {
      const double t = 2 * kPi * i / steps;
      sum += std::pow(std::cos(t), 2) * std::cos(2 * kPi * r * std::sin(t)) * 2 * kPi / steps;
    }
    EXPECT_NEAR(ellipse_transform(e, kx, ky).real(), 0.4 * 0.3 * sum, 1e-14 * kPi * 0.12) << k;
    EXPECT_NEAR(ellipse_transform(e, kx, ky).imag(), 0.0, 1e-16);
  }
}

TEST(Ellipses, ValueIsTheSumOfWhatHoldsThePoint) {
  const Ellipse phantom[] = {{0, 0, 0.4, 0.2, 0.0, 1.0}, {0.1, 0, 0.2, 0.05, kPi / 2, {0.0, 2.0}}};
  EXPECT_EQ(phantom_value(phantom, 0.1, 0.15), Complex(1, 2));
  EXPECT_EQ(phantom_value(phantom, 0.2, 0.0), Complex(1, 0)) << "the second is turned by 90 degrees";
  EXPECT_EQ(phantom_value(phantom, 0.0, 0.21), Complex(0, 0));
}

TEST(Ellipses, OfRandomPhantomsStayWithinEachOther) {
  for (std::uint32_t example = 0; example < 100; ++example) {
    const std::vector<Ellipse> phantom = random_phantom({.details = 30}, 4, example);
    ASSERT_EQ(phantom.size(), 32u);
    const Ellipse& inside = phantom[1];
    for (std::size_t i = 0; i < phantom.size(); ++i) {
      const Ellipse& e = phantom[i];
      for (int j = 0; j < 40; ++j) {
        const double u = e.a * std::cos(2 * kPi * j / 40), v = e.b * std::sin(2 * kPi * j / 40);
        const double x = e.x + std::cos(e.angle) * u - std::sin(e.angle) * v;
        const double y = e.y + std::sin(e.angle) * u + std::cos(e.angle) * v;
        EXPECT_LT(std::max(std::abs(x), std::abs(y)), 0.46);
        if (i > 1) {  // a detail: its rim lies within the inside
          const double c = std::cos(inside.angle), s = std::sin(inside.angle);
          const double dx = x - inside.x, dy = y - inside.y;
          EXPECT_LE(std::hypot((c * dx + s * dy) / inside.a, (c * dy - s * dx) / inside.b), 1.0 + 1e-12);
        }
      }
      EXPECT_EQ(e.value.imag(), 0.0);
    }
    EXPECT_GT(phantom[0].value.real() + phantom[1].value.real(), 0.0) << "the inside is positive";
  }
}

TEST(Ellipses, OfRandomPhantomsDependOnSeedAndExample) {
  const auto first = [](std::uint64_t seed, std::uint32_t example, double phase) {
    return random_phantom({.tissue_phase = phase}, seed, example)[0];
  };
  EXPECT_EQ(first(1, 2, 0).a, first(1, 2, 0).a);
  EXPECT_NE(first(1, 2, 0).a, first(1, 3, 0).a);
  EXPECT_NE(first(1, 2, 0).a, first(2, 2, 0).a);
  EXPECT_NE(first(1, 2, 0.5).value.imag(), 0.0);
  EXPECT_NEAR(std::abs(first(1, 2, 0.5).value), std::abs(first(1, 2, 0).value), 1e-15);
}

TEST(Ellipses, OfRandomPhantomsRefuseWrongOptions) {
  const auto text = error_text<Error>([] { static_cast<void>(random_phantom({.details = -1}, 0, 0)); });
  EXPECT_NE(text.find("-1 details"), std::string::npos) << text;
  EXPECT_THROW(static_cast<void>(random_phantom({.h = 0}, 0, 0)), Error);
  EXPECT_THROW(static_cast<void>(random_phantom({.tissue_phase = -1}, 0, 0)), Error);
}

}  // namespace selfsame
