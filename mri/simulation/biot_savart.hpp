// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <vector>

namespace selfsame {

using Vector3 = std::array<double, 3>;

/// A circular loop of wire on a cylinder around the z axis, with its normal pointing to the axis:
/// centre (distance cos angle, distance sin angle, height), in any unit of length.
struct CurrentLoop {
  double angle = 0, distance = 1, height = 0, radius = 1;
};

/// The loop cut into equal pieces: where each is, and the vector of its length.
struct LoopPieces {
  std::vector<Vector3> place, length;
};

/// How many pieces give the field at `point` with a relative error of about 1e-9. The integrand is analytic
/// and periodic, so the sum over n equal pieces converges like exp(-n t), where t is the distance of the
/// integrand's nearest complex singularity, cosh t = 1 + d^2 / (2 radius rho) at a point at distance d from
/// the wire and rho from the loop's axis (Trefethen, Weideman, SIAM Review 56, 2014).
[[nodiscard]] int loop_pieces_needed(const CurrentLoop& loop, const Vector3& point);

[[nodiscard]] LoopPieces cut_loop(const CurrentLoop& loop, int pieces);

/// Magnetic field of the loop with a current such that mu0 I / (4 pi) = 1, by the law of Biot and Savart:
///
///   B(p) = sum over pieces of  dl x (p - l) / |p - l|^3
///
/// 2 pi / radius along the normal at the centre. Infinite on the wire.
[[nodiscard]] Vector3 loop_field(const LoopPieces& loop, const Vector3& point);

}  // namespace selfsame
