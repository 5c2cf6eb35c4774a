// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "kernels/device/stream.hpp"
#include "mri/coils/calibration.hpp"
#include "mri/coils/complex_array.hpp"

namespace selfsame {

struct LowresMaps {
  ComplexArray maps;             ///< (1, C, H, W); sum of squares over the coils 1 at every pixel
  std::vector<float> magnitude;  ///< (H, W): root sum of squares of the low-resolution coil images
};

/// Coil maps from the centre of k-space: low-resolution coil images divided by their root sum of squares,
/// with the phase relative to coil 0.
///
///   image_c = F^H (window k_c),   maps_c = image_c conj(image_0) / (|image_0| rss)
///   window[i] = 1/2 - 1/2 cos(2 pi (i + 1) / (n + 1)), i = 0 ... n-1, along both axes of the region (Hann,
///               without the zeros at its ends); along an axis that the region covers entirely: 1
///
/// Fast and defined everywhere, noise included, but smooth maps cannot follow fast changes of a coil, and the
/// object's own changes are not separated from the coils': use ESPIRiT where it matters. Where a pixel of
/// coil 0 is exactly 0 no phase is taken off; where all are, the maps are 1/sqrt(C).
///
/// @param kspace  (1, C, H, W), float, host memory; only the region is read
/// Errors: Error(kData) as calibration_data.
/// Source: Pruessmann et al., MRM 42, 1999 (maps from low-resolution images); the window: Hann.
[[nodiscard]] LowresMaps estimate_lowres_maps(ConstComplexView kspace, const CalibrationRegion& region,
                                              Stream& stream);

}  // namespace selfsame
