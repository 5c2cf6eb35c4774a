// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <vector>

#include "mri/coils/calibration.hpp"

namespace selfsame {

/// Virtual coils: fixed linear combinations of the measured ones that keep most of their energy.
struct CoilCompression {
  std::int64_t coils = 0, virtual_coils = 0;
  std::vector<std::complex<double>> matrix;  ///< (V, C), orthonormal rows: k_virtual = matrix k (mix_coils)
  std::vector<double> energy;                ///< of all C principal components, descending: sums of squares
  [[nodiscard]] double kept() const;         ///< share of the energy in the V virtual coils
};

/// The V first principal components of the coils over the calibration region (singular value decomposition of
/// its C x samples matrix). The best V combinations of the region's samples in the sense of least squares:
/// the energy that they leave out is the sum of the other components'. White noise stays white; with coloured
/// noise, whiten first.
///
/// @param kspace  (1, C, H, W), float, host memory; only the region is read
/// Errors: Error(kUsage) unless 1 <= virtual_coils <= C; Error(kData) as calibration_data.
/// Source: Buehrer, Pruessmann, Boesiger, Kozerke, MRM 57, 2007; Huang et al., MRI 26, 2008. BART: `cc -S`.
[[nodiscard]] CoilCompression compress_coils(ConstComplexView kspace, const CalibrationRegion& region,
                                             std::int64_t virtual_coils);

}  // namespace selfsame
