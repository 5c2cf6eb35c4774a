// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <memory>
#include <string>
#include <vector>

#include "engine/kspace/kspace_source.hpp"
#include "mri/coils/calibration.hpp"
#include "mri/masks/sampling.hpp"

namespace selfsame {

/// Which reference image a prediction is compared with.
enum class ReferenceImage {
  kSense,            ///< |sum conj(S) F^H k|: of networks that predict an image
  kRootSumOfSquares  ///< of the coil images: of networks that predict coil k-space or magnitudes
};

struct PreparationOptions {
  CoilMapsConfig maps;
  bool needs_maps = true;
  ReferenceImage reference = ReferenceImage::kSense;
  std::int64_t readout = 0, virtual_coils = 0;
};

/// A slice as training and reconstruction use it: cropped along the readout, coils compressed, in units in
/// which the largest value of its low-resolution image (from the always-sampled centre) is 1.
struct KSpaceExample {
  std::int64_t coils = 0, h = 0, w = 0;
  std::vector<std::complex<float>> kspace;  ///< (coils, h, w)
  std::vector<std::complex<float>> maps;    ///< (coils, h, w), or empty
  std::vector<float> reference;             ///< (h, w), or empty if the slice was measured undersampled
  SamplingMask measured;                    ///< what was measured; empty: everything
  float scale = 1;                          ///< kspace = scale * the file's
  float sigma = 0;  ///< standard deviation of the noise of each part, estimated from the corners of k-space
  [[nodiscard]] std::size_t bytes() const;
};

/// The rectangle around DC that every mask of this law samples, at most `side` along each axis (0: no limit).
/// Errors: Error(kUsage) if the law samples no centre for certain.
[[nodiscard]] CalibrationRegion always_sampled(const SamplingLaw& law, std::int64_t h, std::int64_t side);

/// Prepares one slice. @param law  of its masks, at its own size
/// Errors: Error(kData) naming the slice.
[[nodiscard]] KSpaceExample prepare_slice(const RawSlice& raw, const std::string& name,
                                          const SamplingLaw& law, const PreparationOptions& options,
                                          Stream& stream);

/// Size of a slice when it has been prepared.
[[nodiscard]] SliceShape prepared_shape(const SliceShape& raw, const PreparationOptions& options);

/// sum_c conj(S_c) F^H k_c and root of sum_c |F^H k_c|^2, magnitudes (h, w).
[[nodiscard]] std::vector<float> reference_image(const KSpaceExample& example, ReferenceImage kind,
                                                 Stream& stream);

}  // namespace selfsame
