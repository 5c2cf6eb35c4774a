// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/base/error.hpp"

namespace selfsame {

/// A window of a plane: rows [top, top + h), columns [left, left + w).
struct CropWindow {
  std::int64_t top = 0, left = 0, h = 0, w = 0;
  friend bool operator==(const CropWindow&, const CropWindow&) = default;
};

/// The central window of fastMRI: of n rows or columns, m from (n - m) / 2 (rounded down) on. Where the plane
/// is narrower than the window, the window becomes w x w, w the plane's width, as fastMRI does (its brain
/// data hold such a file). Errors: Error(kData) if the window is empty or, after that, higher than the plane.
/// Source: fastmri.data.transforms.center_crop, and UnetDataTransform for the narrow case.
[[nodiscard]] CropWindow center_window(std::int64_t h, std::int64_t w, std::int64_t wanted_h,
                                       std::int64_t wanted_w);

/// The window of every plane of (planes, h, w); T is float or complex.
template <typename T>
[[nodiscard]] std::vector<T> crop_planes(std::span<const T> values, std::int64_t h, std::int64_t w,
                                         const CropWindow& window) {
  SELFSAME_CHECK(h >= 1 && w >= 1 && static_cast<std::int64_t>(values.size()) % (h * w) == 0 &&
                     window.top >= 0 && window.left >= 0 && window.h >= 1 && window.w >= 1 &&
                     window.top + window.h <= h && window.left + window.w <= w,
                 "{} values of planes {} x {}, window {} x {} at ({}, {})", values.size(), h, w, window.h,
                 window.w, window.top, window.left);
  const std::int64_t planes = static_cast<std::int64_t>(values.size()) / (h * w);
  std::vector<T> out;
  out.reserve(static_cast<std::size_t>(planes * window.h * window.w));
  for (std::int64_t row = 0; row < planes * window.h; ++row) {
    const std::int64_t at = (row / window.h * h + window.top + row % window.h) * w + window.left;
    const auto line = values.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(window.w));
    out.insert(out.end(), line.begin(), line.end());
  }
  return out;
}

}  // namespace selfsame
