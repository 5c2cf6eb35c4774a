// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <vector>

namespace selfsame {

/// Risks of one curve at its numbers of examples.
struct LawCurve {
  std::vector<double> examples;  ///< N, rising
  std::vector<double> risks;     ///< R, above 0
};

/// R_m(N) = floor + scale_m (N - offset)^-exponent, the same floor, exponent and offset for every curve.
struct PowerLaw {
  double floor = 0, exponent = 0, offset = 0;
  std::vector<double> scales;  ///< by curve
  double misfit = 0;           ///< sum of (R - fit)^2 / R^2
  double worst = 0;            ///< largest |R - fit| / R
  /// The exponent or the offset is an end of its range: what was given falls faster or more slowly than any
  /// The exponent is an end of its range: the risks fall faster or more slowly than any law here.
  [[nodiscard]] bool at_edge() const;
  /// The risk does not fall: some scale is not above 0.
  [[nodiscard]] bool flat() const;
};

inline constexpr double kSmallestExponent = 0.02, kLargestExponent = 2;
/// The offset is at least 0 and at most this part of the smallest N.
inline constexpr double kLargestOffset = 0.95;

/// Minimises the sum of squared relative errors, floor >= 0. For a given exponent and offset the rest is
/// linear and solved exactly; those are searched on a grid, then by golden section.
/// @param offset  given, or NaN: fitted too
/// Errors: Error(kInternal) for no curve, a curve of no points, or an offset that reaches some N.
[[nodiscard]] PowerLaw fit_power_law(std::span<const LawCurve> curves, double offset = 0);

}  // namespace selfsame
