// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/device/stream.hpp"
#include "mri/simulation/coil_maps.hpp"
#include "mri/simulation/complex_stack.hpp"
#include "mri/simulation/ellipses.hpp"

namespace selfsame {

/// How fully sampled multi-coil k-space is made from images or phantoms. What comes out is simulated data and
/// should be called so: images from a scanner's magnitude reconstructions are smoother and less noisy than
/// raw data, so that results on them are too good.
struct SimulationOptions {
  std::uint64_t seed = 0;
  CoilMapOptions maps = {};
  /// Instead of `maps`: measured ones of any size, resampled to each image (resample_maps), the same for all
  /// examples; normalised if maps.normalized.
  std::shared_ptr<const ComplexStack> measured_maps = {};
  double phase = 1.0;  ///< standard deviation of the smooth phase given to real images, radians
  double noise = 0.0;  ///< standard deviation of each of real and imaginary part, of image and k-space alike
  /// Covariance of the noise between coils, coils x coils, row-major, Hermitian positive definite, relative
  /// to noise^2 (diagonal 1: every coil has `noise`). Empty: independent coils.
  std::vector<std::complex<double>> noise_covariance = {};
};

struct SimulatedExample {
  ComplexStack kspace;  ///< (coils, h, w), DC at (h / 2, w / 2), orthonormal transform, noise included
  ComplexStack maps;    ///< (coils, h, w)
  ComplexStack image;   ///< (1, h, w): the truth, with its phase, without noise
};

/// Example number `example` from a real image (h, w):
///
///   image = x exp(i smooth_phase),   k_c = F (maps_c image) + noise (e_c + i e'_c)
///
/// F the centred orthonormal transform (mri/fourier), e standard normal. Maps, phase and noise are functions
/// of (options, example, h, w): the same every time it is made, for any number of threads, whatever else is
/// made. Two images under one number would share all three.
/// Errors: Error(kUsage) for options outside their ranges; Error(kData) for a pixel that is not finite.
[[nodiscard]] SimulatedExample simulate_from_real(std::span<const float> x, std::int64_t h, std::int64_t w,
                                                  const SimulationOptions& options, std::uint32_t example,
                                                  Stream& stream);

/// The same from a complex image (1, h, w), which has its own phase and keeps it.
[[nodiscard]] SimulatedExample simulate_from_complex(const ComplexStack& image,
                                                     const SimulationOptions& options, std::uint32_t example,
                                                     Stream& stream);

/// The same from a random phantom whose k-space is its exact continuous Fourier transform, never a DFT of
/// pixels. For that the maps are replaced by the plane waves closest to them (plane_waves.hpp,
/// `kPhantomReach` half cycles each way) and returned as such: exact for the k-space, but their sum of
/// squares is 1 only about (within 0.03 over the phantom for 1 to 32 coils of the usual options).
/// `options.phase` is not used: PhantomOptions::tissue_phase gives each tissue a constant one. `image` is the
/// inverse DFT of what one coil of sensitivity 1 would measure: the phantom at the resolution of the k-space,
/// ringing at edges. k_c is therefore not F (maps_c image): what a coil's truncated k-space differs in is the
/// leakage across its border, as in measurements.
[[nodiscard]] SimulatedExample simulate_from_phantom(const PhantomOptions& phantom,
                                                     const SimulationOptions& options, std::uint32_t example,
                                                     Stream& stream);
inline constexpr int kPhantomReach = 3;

/// Adds noise to k-space or coil images: z_c(p) += sd sum_d L_cd (e + i e'), covariance = L L^H, with the
/// normals 2 (d h w + p) and 2 (d h w + p) + 1 of RandomStream(seed, kKSpaceNoise, 0, example). The draw of a
/// place depends on neither sd nor covariance. Empty covariance: L = 1.
/// Errors: Error(kUsage) unless sd is finite and at least 0 and the covariance fits (hermitian.hpp).
void add_complex_noise(ComplexStack& z, double sd, std::span<const std::complex<double>> covariance,
                       std::uint64_t seed, std::uint32_t example, Stream& stream);

}  // namespace selfsame
