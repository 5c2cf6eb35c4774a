// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/device/complex_view.hpp"
#include "mri/masks/sampling.hpp"

namespace selfsame {

/// A rectangle of k-space around its centre (h / 2, w / 2) in which every sample was measured: rows
/// [row, row + rows), columns [column, column + columns).
struct CalibrationRegion {
  std::int64_t row = 0, column = 0, rows = 0, columns = 0;
  friend bool operator==(const CalibrationRegion&, const CalibrationRegion&) = default;
  [[nodiscard]] std::string text() const;  ///< "24 x 14 at (103, 83)"
};

/// The central rows x columns of (h, w), or of as much as there is: from h/2 - rows/2, as BART and fastMRI.
[[nodiscard]] CalibrationRegion central_region(std::int64_t h, std::int64_t w, std::int64_t rows,
                                               std::int64_t columns);

/// The largest fully sampled rectangle around the centre, of at most max_rows x max_columns; of equally large
/// ones the squarest, then the one that is best centred. A mask of columns holds for every one of the h rows.
/// Errors: Error(kData) if the centre itself was not sampled, or the mask does not fit h.
[[nodiscard]] CalibrationRegion fully_sampled_centre(const SamplingMask& mask, std::int64_t h,
                                                     std::int64_t max_rows, std::int64_t max_columns);

/// Which frequencies hold anything: 1 where a coil of (1, C, H, W) k-space is not zero. What BART does with
/// files that carry no mask; a true sample that is exactly 0 in all coils is taken for a missing one.
[[nodiscard]] SamplingMask sampled_where_not_zero(ConstComplexView kspace);

/// k-space of the region, (C, rows, columns), in double. Errors: Error(kInternal) if kspace is not float
/// (1, C, H, W) or the region leaves it; Error(kData) if a sample is not finite, or all are zero.
[[nodiscard]] std::vector<std::complex<double>> calibration_data(ConstComplexView kspace,
                                                                 const CalibrationRegion& region);

/// Gram matrix of the coils over `count` samples each: G_cd = sum_i x_c[i] conj(x_d[i]), row-major (C, C).
[[nodiscard]] std::vector<std::complex<double>> coil_gram(const std::vector<std::complex<double>>& data,
                                                          std::int64_t coils);

}  // namespace selfsame
