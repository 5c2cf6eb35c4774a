// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <cstdint>
#include <vector>

#include "kernels/device/complex_view.hpp"
#include "mri/masks/sampling.hpp"

namespace selfsame {

/// Covariance of the noise of C coils, Sigma_cd = E[n_c conj(n_d)], row-major. Units: those of k-space,
/// squared; a complex sample of coil c has variance Sigma_cc, its real and its imaginary part half of that.
struct NoiseCovariance {
  std::int64_t coils = 0;
  std::vector<std::complex<double>> values;  ///< (C, C), Hermitian
  std::int64_t samples = 0;                  ///< how many it was estimated from

  /// Standard deviation of the real part (and of the imaginary part) of coil c.
  [[nodiscard]] double deviation(std::int64_t c) const;
};

/// From samples that hold nothing but noise (a scan without excitation): (1, C, H, W) float, all of them.
/// Relative standard error of a variance: samples^-1/2; the mean is known to be 0 and not taken off.
/// Errors: Error(kData) for fewer samples than coils (the matrix would be singular) or values that are not
/// finite.
[[nodiscard]] NoiseCovariance noise_covariance(ConstComplexView samples);

/// From the four corners of k-space, where little signal is left: of every corner the outermost `share` of
/// half the rows and of half the columns, and of those what the mask (all, if it is empty) sampled. Signal
/// that reaches the corners makes the estimate too large. Only for k-space that no scanner filtered or filled
/// with zeros: exact zeros of all coils are left out.
/// Errors: Error(kUsage) for a share outside (0, 1]; Error(kData) as above.
[[nodiscard]] NoiseCovariance noise_covariance_from_corners(ConstComplexView kspace, const SamplingMask& mask,
                                                            double share = 0.15);

/// The linear map that makes the noise of the coils white, of variance 1 per complex sample: W = L^-1 with
/// Sigma = L L^H (Cholesky, L lower triangular with a positive diagonal), so that W Sigma W^H = I. Row-major
/// (C, C). Coil maps are whitened by the same W.
/// Errors: Error(kData) if Sigma is not positive definite; the message names the coil.
[[nodiscard]] std::vector<std::complex<double>> whitening(const NoiseCovariance& noise);

/// Replaces the coils of every sample by matrix (V, C) times them: whitening (V = C) and coil compression.
/// @param out  (N, V, H, W) float; in (N, C, H, W) float; host memory; out may be in if V = C.
void mix_coils(ComplexView out, ConstComplexView in, const std::vector<std::complex<double>>& matrix);

}  // namespace selfsame
