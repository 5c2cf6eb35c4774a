// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace selfsame {

/// Bessel function of the first kind of order one, in double, for finite x.
///
/// Below 25 by Miller's backward recurrence J_{m-1} = (2 m / x) J_m - J_{m+1}, normalised by
/// J_0 + 2 (J_2 + J_4 + ...) = 1; above by Hankel's asymptotic series, whose smallest term is there below
/// 1e-20.
/// Exact:  absolute error at most 1e-15 up to x = 1e6 (tested against mpmath: 5e-16 below 25, 2e-16 above).
/// Source: Abramowitz, Stegun, Handbook of Mathematical Functions, 9.1.27, 9.1.46, 9.2.5.
[[nodiscard]] double bessel_j1(double x);

/// J1(x) / x, 1/2 at 0: what a disc's transform is made of.
[[nodiscard]] double bessel_j1_over_x(double x);

}  // namespace selfsame
