// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "mri/files/image.hpp"

namespace selfsame {

/// What is drawn black and white; values between are drawn linearly.
struct PreviewWindow {
  float low = 0, high = 1;
};

/// The window of a volume of magnitudes: its 1st and 99.5th percentile, so that one bright vessel does not
/// darken all slices and noise in the air is black. Percentile p is the value at place floor(p (n - 1)) of
/// the sorted finite values. Of a constant volume, or one without a finite value, (v, v + 1).
[[nodiscard]] PreviewWindow preview_window(std::span<const float> values);

/// A gray image of one slice: clip((v - low) / (high - low), 0, 1); NaN is black.
/// @param values  (h, w). Errors: Error(kInternal) for sizes that do not fit.
[[nodiscard]] Image preview_image(std::span<const float> values, std::int64_t h, std::int64_t w,
                                  PreviewWindow window);

/// 8-bit gray PNG files, one per slice: clip((v - low) / (high - low), 0, 1); NaN is black.
/// @param values  (paths.size(), h, w)
/// Errors: Error(kInternal) for sizes that do not fit; Error(kIo) when writing fails.
void write_previews(const std::vector<std::filesystem::path>& paths, std::span<const float> values,
                    std::int64_t h, std::int64_t w, PreviewWindow window);

}  // namespace selfsame
