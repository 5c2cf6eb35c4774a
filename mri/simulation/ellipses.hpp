// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <cstdint>
#include <span>
#include <vector>

namespace selfsame {

/// A filled ellipse. Lengths are fractions of the field of view of their axis: the image is [-1/2, 1/2) in x
/// (columns) and y (rows), pixel (h / 2, w / 2) at the origin. An image that is not square thus shows a
/// stretched object.
struct Ellipse {
  double x = 0, y = 0;      ///< centre
  double a = 0.1, b = 0.1;  ///< semi-axes
  double angle = 0;         ///< of the axis a against x, radians
  std::complex<double> value = 1.0;
};

/// Fourier transform of the ellipse at frequencies in cycles per field of view, which need not be whole:
///
///   F(kx, ky) = integral over the ellipse of value * exp(-2 pi i (kx x + ky y)) dx dy
///             = value exp(-2 pi i (kx cx + ky cy)) a b J1(2 pi r) / r,   r^2 = (a ku)^2 + (b kv)^2
///
/// with (ku, kv) the frequency in the ellipse's axes; pi a b value at 0.
/// Exact:  in double, relative to pi a b |value| to 1e-14 for frequencies up to 1000.
/// Source: Shepp, Logan, IEEE Trans. Nucl. Sci. 21, 1974; Van de Walle et al., IEEE TMI 19, 2000.
[[nodiscard]] std::complex<double> ellipse_transform(const Ellipse& ellipse, double kx, double ky);
[[nodiscard]] std::complex<double> phantom_transform(std::span<const Ellipse> phantom, double kx, double ky);

/// The phantom at a point: the sum of the values of the ellipses that hold it.
[[nodiscard]] std::complex<double> phantom_value(std::span<const Ellipse> phantom, double x, double y);

struct PhantomOptions {
  std::int64_t h = 256, w = 256;
  int details = 16;         ///< ellipses inside the brain, 0 to 1000
  double tissue_phase = 0;  ///< standard deviation in radians of the constant phase of each ellipse
};

/// A random head-like phantom: a bright rim, a darker inside, and `details` ellipses of semi-axes 0.01 to
/// 0.12 (uniform in the logarithm) within it, brighter or darker by up to 0.35 of the inside. It fits into
/// [-0.46, 0.46]^2. With tissue_phase = 0 all values are real; overlapping dark details may make some
/// negative. A function of (options, seed, example); RandomPurpose::kPhantom.
/// Errors: Error(kUsage) for options outside their ranges.
[[nodiscard]] std::vector<Ellipse> random_phantom(const PhantomOptions& options, std::uint64_t seed,
                                                  std::uint32_t example);

}  // namespace selfsame
