// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>

namespace selfsame {

/// Mean squared error in double.
/// Errors: Error(kInternal) if the sizes differ or are zero.
[[nodiscard]] double mean_squared_error(std::span<const float> reference, std::span<const float> prediction);

/// Peak signal-to-noise ratio in dB: 10 log10(peak^2 / MSE); infinity for equal images.
/// Units:  `peak` in the units of the images.
[[nodiscard]] double psnr(std::span<const float> reference, std::span<const float> prediction, double peak);

/// Size of one image, stored channel by channel, rows contiguous.
struct ImageSize {
  std::int64_t channels, h, w;
  [[nodiscard]] std::int64_t count() const { return channels * h * w; }
};

/// Structural similarity: mean over all 7x7 windows inside the image, then over channels, of
///
///   (2 mx my + C1)(2 sxy + C2) / ((mx^2 + my^2 + C1)(sx + sy + C2)),   C1 = (0.01 R)^2, C2 = (0.03 R)^2
///
/// with window means m and sample (co)variances s, i.e. divided by 48; R = data_range.
///
/// Errors: Error(kInternal) for sizes that differ, images smaller than 7x7, data_range <= 0.
/// Exact:  sums in double; agrees with scikit-image's structural_similarity (defaults, float64 input) to
/// 1e-10. Source: Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 13(4), 2004; window and normalisation as
/// scikit-image.
[[nodiscard]] double ssim(std::span<const float> reference, std::span<const float> prediction,
                          const ImageSize& size, double data_range);

}  // namespace selfsame
