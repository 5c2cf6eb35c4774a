// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "kernels/device/stream.hpp"
#include "mri/coils/calibration.hpp"
#include "mri/coils/complex_array.hpp"

namespace selfsame {

/// Names, meanings and defaults are those of BART's ecalib (its letter beside each).
struct EspiritOptions {
  std::int64_t kernel = 6;   ///< -k: side of the square k-space kernels
  double threshold = 0.001;  ///< -t: kernels whose eigenvalue of the Gram matrix (the square of the singular
                             ///< value of the calibration matrix) exceeds this share of the largest are kept
  double crop = 0.8;         ///< -c: maps are 0 where the eigenvalue of their pixel does not exceed this
  std::int64_t sets = 1;     ///< -m: sets of maps; 2 for objects larger than the field of view (soft SENSE)
  bool soft_crop = false;    ///< -S: a smooth transition instead of the cut
};

struct EspiritMaps {
  /// (sets, C, H, W): set s are the eigenvectors of the s-th largest eigenvalue, of norm 1 over the coils or
  /// 0; soft_crop: of norm up to 1.
  ComplexArray maps;
  std::vector<float> eigenvalues;       ///< (sets, H, W), in [0, 1] but for rounding; 1 inside an object
  std::vector<double> singular_values;  ///< of the calibration matrix, descending: kernel^2 * C
  std::int64_t kernels = 0;             ///< how many of them were kept
};

/// Coil maps by ESPIRiT. All patches of kernel x kernel x C samples of the calibration region span a space
/// of low dimension; with P the projection on it, k-space is reproduced by replacing every patch by its
/// projection and averaging over the patches that share a sample. That operator is a convolution over
/// k-space, hence a C x C Hermitian matrix G(r) at every pixel r of the image, and coil images S(r) x(r) with
/// G S = S: the maps are the eigenvectors of eigenvalue 1.
///
///   G_cd(r) = sum_l R_cd(l) exp(2 pi i l (r - centre) / size),
///   R_cd(l) = kernel^-2 sum_p P[(c, p + l), (d, p)],     lags |l_y|, |l_x| < kernel
///
/// G is evaluated by these sums themselves, separably, at every pixel: a band-limited function needs no grid
/// and no interpolation. Every pixel's eigenproblem is solved to double precision.
///
/// Phase: an eigenvector has none of its own. As ecalib (without -P), the pixel's phase makes the first
/// principal component of the coils, u^H S with u the first eigenvector of the calibration samples' C x C
/// Gram matrix, real and not negative; the phase of u itself makes its largest entry real. Comparisons of
/// maps should not depend on phases.
///
/// @param kspace  (1, C, H, W), float, host memory; only the region is read
/// Errors:  Error(kUsage) for options out of range; Error(kData) if the region is smaller than the kernel, is
///          zero or not finite. The message names the values.
/// Exact:   does not depend on the number of threads.
/// Cost:    kernel^4 C^2 numbers of memory and about 12 kernel^6 C^3 operations for the kernels, H W (12 C^3
///          + 22 C^2) for the maps.
/// Source:  Uecker, Lai, Murphy, Virtue, Elad, Pauly, Vasanawala, Lustig, MRM 71, 990-1001, 2014.
[[nodiscard]] EspiritMaps estimate_espirit(ConstComplexView kspace, const CalibrationRegion& region,
                                           const EspiritOptions& options, Stream& stream);

}  // namespace selfsame
