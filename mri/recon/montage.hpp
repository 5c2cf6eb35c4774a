// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "mri/files/image.hpp"

namespace selfsame {

/// One gray image from several of h x w, in rows of `columns`, with a black gap between them. Every image has
/// its own white: `peaks`, one per image (several images that are to be compared have the same). Values are
/// clipped to [0, peak]; NaN is black.
/// Errors: Error(kInternal) unless there is an image, all have h * w values, and a positive peak.
[[nodiscard]] Image montage(const std::vector<std::vector<float>>& images, std::int64_t h, std::int64_t w,
                            std::int64_t columns, std::span<const float> peaks);

}  // namespace selfsame
