// SPDX-License-Identifier: Apache-2.0
#include "mri/simulation/ellipses.hpp"

#include <cmath>
#include <numbers>

#include "kernels/base/error.hpp"
#include "mri/simulation/bessel.hpp"
#include "mri/simulation/draws.hpp"

namespace selfsame {
namespace {

using Complex = std::complex<double>;
constexpr double kPi = std::numbers::pi;

/// Within an ellipse of semi-axes (a, b) about the origin: a centre at most `reach` of the way to its rim.
void place_inside(Ellipse& detail, const Ellipse& inside, double reach, Draws& draws) {
  const double radius = reach * std::sqrt(draws.unit()), direction = draws.between(0.0, 2 * kPi);
  const double u = radius * inside.a * std::cos(direction), v = radius * inside.b * std::sin(direction);
  const double c = std::cos(inside.angle), s = std::sin(inside.angle);
  detail.x = inside.x + c * u - s * v;
  detail.y = inside.y + s * u + c * v;
}

}  // namespace

Complex ellipse_transform(const Ellipse& e, double kx, double ky) {
  const double c = std::cos(e.angle), s = std::sin(e.angle);
  const double r = std::hypot(e.a * (c * kx + s * ky), e.b * (c * ky - s * kx));
  const double turns = kx * e.x + ky * e.y;
  return e.value * (2 * kPi * e.a * e.b * bessel_j1_over_x(2 * kPi * r)) * std::polar(1.0, -2 * kPi * turns);
}

Complex phantom_transform(std::span<const Ellipse> phantom, double kx, double ky) {
  Complex sum = 0;
  for (const Ellipse& ellipse : phantom) {
    sum += ellipse_transform(ellipse, kx, ky);
  }
  return sum;
}

Complex phantom_value(std::span<const Ellipse> phantom, double x, double y) {
  Complex sum = 0;
  for (const Ellipse& e : phantom) {
    const double c = std::cos(e.angle), s = std::sin(e.angle), dx = x - e.x, dy = y - e.y;
    const double u = (c * dx + s * dy) / e.a, v = (c * dy - s * dx) / e.b;
    if (u * u + v * v <= 1.0) {
      sum += e.value;
    }
  }
  return sum;
}

std::vector<Ellipse> random_phantom(const PhantomOptions& o, std::uint64_t seed, std::uint32_t example) {
  if (o.h < 1 || o.w < 1 || o.h > 65535 || o.w > 65535 || o.details < 0 || o.details > 1000 ||
      !(o.tissue_phase >= 0 && o.tissue_phase <= 100)) {
    fail(ErrorKind::kUsage,
         "phantoms: expected sides of 1 to 65535, 0 to 1000 details and a tissue phase of 0 to 100 radians, "
         "got {} x {}, {} details and {}",
         o.h, o.w, o.details, o.tissue_phase);
  }
  Draws draws(seed, RandomPurpose::kPhantom, example);
  // A sum of values: the inside is the rim's value plus a negative one.
  Ellipse rim;
  rim.a = draws.between(0.31, 0.40);
  rim.b = draws.between(0.38, 0.44);
  rim.x = draws.symmetric(0.015);
  rim.y = draws.symmetric(0.015);
  rim.angle = draws.symmetric(0.25);
  const double rim_value = draws.between(0.7, 1.0), inside_value = draws.between(0.3, 0.6);
  Ellipse inside = rim;
  inside.a -= draws.between(0.015, 0.035);
  inside.b -= draws.between(0.015, 0.035);
  rim.value = rim_value * std::polar(1.0, o.tissue_phase * draws.normal());
  inside.value = inside_value * std::polar(1.0, o.tissue_phase * draws.normal()) - rim.value;
  std::vector<Ellipse> phantom{rim, inside};
  for (int i = 0; i < o.details; ++i) {
    Ellipse detail;
    detail.a = 0.01 * std::pow(12.0, draws.unit());
    detail.b = 0.01 * std::pow(12.0, draws.unit());
    detail.angle = draws.between(0.0, kPi);
    // The longest semi-axis away from the rim: the inside's shorter axis bounds how far it may go.
    const double longest = std::max(detail.a, detail.b), shorter = std::min(inside.a, inside.b);
    place_inside(detail, inside, 1.0 - longest / shorter, draws);
    detail.value = inside_value * draws.symmetric(0.35) * std::polar(1.0, o.tissue_phase * draws.normal());
    phantom.push_back(detail);
  }
  return phantom;
}

}  // namespace selfsame
