// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

namespace selfsame {

/// p-value of "the mean is zero" for n vectors d_m of dimension p, from the distribution of
///
///   T(s) = |sum_m s_m L^-1 d_m|^2,   L L' = sum_m d_m d_m' / n,   s_m = +-1
///
/// over random signs, s = 1 being what was seen. L does not change with the signs, and T is a monotone
/// function of Hotelling's T^2 of the flipped vectors. Exact, whatever the tails, if -d_m has the
/// distribution of d_m, as the difference of Noise2Noise has for symmetric noise; else it is right as n grows
/// and takes no distribution for granted, whereas the F of Hotelling's test takes Gaussian vectors.
///
/// Signs are drawn until T(s) >= T was seen 100 times, at most 19,999 times (Besag, Clifford, "Sequential
/// Monte Carlo p-values", Biometrika 1991): the result is never below 1 / 20,000. They are functions of
/// Philox, so it is the same number in every run.
/// @param rows  (n, dimensions)
/// Returns 1 if nothing varies. Cost: n * dimensions flops for every draw of signs.
[[nodiscard]] double sign_flip_p_value(std::span<const double> rows, int dimensions);

}  // namespace selfsame
