// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/device/stream.hpp"
#include "mri/simulation/complex_stack.hpp"
#include "mri/simulation/ellipses.hpp"

namespace selfsame {

/// Coil maps that are sums of a few plane waves, at frequencies in halves of a cycle per field of view:
///
///   s_c(x, y) = sum over |m|, |n| <= reach of  weight_c,m,n exp(2 pi i (m x + n y) / 2),   x, y in [-1/2,
///   1/2)
///
/// The k-space of an object seen through such a map is a sum of shifted copies of the object's transform,
/// exactly, and not only for a band-limited object.
/// Source: Guerquin-Kern, Lejeune, Pruessmann, Unser, "Realistic analytical phantoms for parallel magnetic
///         resonance imaging", IEEE TMI 31, 2012 (the sinusoidal model of sensitivities there).
struct PlaneWaveMaps {
  std::int64_t coils = 0;
  int reach = 0;
  std::vector<std::complex<double>> weights;  ///< (coils, 2 reach + 1 rows n, 2 reach + 1 columns m)

  [[nodiscard]] int side() const { return 2 * reach + 1; }
};

/// The plane waves that come closest to given maps over the pixels: least squares with a ridge of 1e-9 of the
/// number of pixels, which keeps the weights of these nearly dependent waves small.
/// Errors: Error(kUsage) unless 0 <= reach <= 6 and the maps have at least as many rows and columns as waves.
[[nodiscard]] PlaneWaveMaps fit_plane_waves(const ComplexStack& maps, int reach, Stream& stream);

/// The maps at the pixels of an image (h, w).
[[nodiscard]] ComplexStack evaluate(const PlaneWaveMaps& maps, std::int64_t h, std::int64_t w,
                                    Stream& stream);

/// k-space (coils, h, w) of the phantom seen through the maps, DC at (h / 2, w / 2):
///
///   k_c(kx, ky) = sqrt(h w) * sum over m, n of  weight_c,m,n F(kx - m / 2, ky - n / 2)
///
/// F the continuous transform of the phantom (ellipses.hpp), evaluated in double at the frequencies
/// themselves, so that truncation of k-space, and nothing else, makes the images: they ring at edges as
/// measured ones do. The factor gives the inverse orthonormal DFT the phantom's own values.
/// Exact: to 1e-13 of sqrt(h w) sum |weight| sum pi a b |value|, then rounded to float.
[[nodiscard]] ComplexStack phantom_kspace(std::span<const Ellipse> phantom, const PlaneWaveMaps& maps,
                                          std::int64_t h, std::int64_t w, Stream& stream);

}  // namespace selfsame
