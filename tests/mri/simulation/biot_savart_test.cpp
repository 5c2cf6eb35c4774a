// SPDX-License-Identifier: Apache-2.0
#include "mri/simulation/biot_savart.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace selfsame {
namespace {

constexpr double kPi = std::numbers::pi;

/// The field in closed form, with complete elliptic integrals (Smythe, Static and Dynamic Electricity, 7.10).
Vector3 exact_field(const CurrentLoop& loop, const Vector3& p) {
  const double c = std::cos(loop.angle), s = std::sin(loop.angle), a = loop.radius;
  // The loop's axis points inwards.
  const double z = loop.distance - c * p[0] - s * p[1];
  const double across = c * p[1] - s * p[0], up = p[2] - loop.height, rho = std::hypot(across, up);
  const double near = a * a + rho * rho + z * z - 2 * a * rho, far = near + 4 * a * rho;
  const double k = std::sqrt(1 - near / far), factor = 2.0 / (near * std::sqrt(far));
  const double first = std::comp_ellint_1(k), second = std::comp_ellint_2(k);
  const double axial = factor * ((a * a - rho * rho - z * z) * second + near * first);
  const double radial = factor * z / rho * ((a * a + rho * rho + z * z) * second - near * first);
  const double sideways = radial * across / rho;
  return {-c * axial - s * sideways, -s * axial + c * sideways, radial * up / rho};
}

double difference(const Vector3& a, const Vector3& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

}  // namespace

TEST(BiotSavart, FieldAtTheCentreIsKnown) {
  for (const double angle : {0.0, 1.0, 4.0}) {
    const CurrentLoop loop{angle, 1.6, 0.3, 0.5};
    const Vector3 field = loop_field(cut_loop(loop, 32), {1.6 * std::cos(angle), 1.6 * std::sin(angle), 0.3});
    const double size = 2 * kPi / loop.radius;
    EXPECT_NEAR(difference(field, {-size * std::cos(angle), -size * std::sin(angle), 0.0}), 0.0,
                1e-13 * size);
  }
}

TEST(BiotSavart, FieldMatchesEllipticIntegrals) {
  const CurrentLoop loops[] = {{0.4, 1.6, 0.0, 0.7}, {2.5, 1.5, 0.35, 0.2}, {5.0, 1.9, -0.2, 1.3}};
  for (const CurrentLoop& loop : loops) {
    for (double x = -1.0; x <= 1.01; x += 0.21) {
      for (double y = -1.0; y <= 1.01; y += 0.19) {
        const Vector3 point{x, y, 0.013};
        const Vector3 exact = exact_field(loop, point);
        const double size = std::hypot(exact[0], exact[1], exact[2]);
        const int pieces = loop_pieces_needed(loop, point);
        // The header's 1e-9, times the factor in front of exp(-n t): the integrand near its pole is at most
        // about 10 times the field.
        EXPECT_NEAR(difference(loop_field(cut_loop(loop, pieces), point), exact), 0.0, 1e-8 * size)
            << x << " " << y << " with " << pieces << " pieces";
      }
    }
  }
}

TEST(BiotSavart, PointsNearTheWireNeedMorePieces) {
  const CurrentLoop loop{0.0, 1.6, 0.0, 0.5};
  const Vector3 far{0.0, 0.0, 0.0}, near{1.6, 0.45, 0.0};
  EXPECT_GT(loop_pieces_needed(loop, near), 4 * loop_pieces_needed(loop, far));
  const Vector3 exact = exact_field(loop, near);
  const double size = std::hypot(exact[0], exact[1], exact[2]);
  EXPECT_GT(difference(loop_field(cut_loop(loop, 32), near), exact), 1e-3 * size);
  EXPECT_LT(difference(loop_field(cut_loop(loop, loop_pieces_needed(loop, near)), near), exact), 1e-8 * size);
}

}  // namespace selfsame
