// SPDX-License-Identifier: Apache-2.0
#include "mri/simulation/biot_savart.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr double kDigits = 21.0;  // exp(-21) = 8e-10
constexpr int kFewest = 32, kMost = 4096;

}  // namespace

int loop_pieces_needed(const CurrentLoop& loop, const Vector3& point) {
  const double cosine = std::cos(loop.angle), sine = std::sin(loop.angle);
  const double along = cosine * point[0] + sine * point[1] - loop.distance;  // along the loop's axis
  const double across = cosine * point[1] - sine * point[0], up = point[2] - loop.height;
  const double rho = std::hypot(across, up);
  const double square = (rho - loop.radius) * (rho - loop.radius) + along * along;
  const double t = std::acosh(1.0 + square / (2.0 * loop.radius * std::max(rho, 1e-12 * loop.radius)));
  const double needed = kDigits / std::max(t, kDigits / kMost);
  return std::max(kFewest, static_cast<int>(std::ceil(needed / 8.0)) * 8);
}

LoopPieces cut_loop(const CurrentLoop& loop, int pieces) {
  SELFSAME_CHECK(pieces >= 3 && loop.radius > 0, "{} pieces, radius {}", pieces, loop.radius);
  const double cosine = std::cos(loop.angle), sine = std::sin(loop.angle);
  const double step = 2.0 * std::numbers::pi / pieces;
  LoopPieces cut;
  for (int i = 0; i < pieces; ++i) {
    // From the z axis towards the tangent (-sine, cosine, 0): their cross product points to the axis.
    const double up = loop.radius * std::cos(i * step), across = loop.radius * std::sin(i * step);
    cut.place.push_back(
        {loop.distance * cosine - across * sine, loop.distance * sine + across * cosine, loop.height + up});
    cut.length.push_back({-up * step * sine, up * step * cosine, -across * step});
  }
  return cut;
}

Vector3 loop_field(const LoopPieces& loop, const Vector3& point) {
  Vector3 field{};
  for (std::size_t i = 0; i < loop.place.size(); ++i) {
    const Vector3 &l = loop.place[i], &d = loop.length[i];
    const double x = point[0] - l[0], y = point[1] - l[1], z = point[2] - l[2];
    const double square = x * x + y * y + z * z;
    const double weight = 1.0 / (square * std::sqrt(square));
    field[0] += weight * (d[1] * z - d[2] * y);
    field[1] += weight * (d[2] * x - d[0] * z);
    field[2] += weight * (d[0] * y - d[1] * x);
  }
  return field;
}

}  // namespace selfsame
