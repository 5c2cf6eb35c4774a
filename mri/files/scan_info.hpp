// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace selfsame {

/// What is known of the scan that images come from; 0 = unknown.
struct ScanInfo {
  double pixel_h_mm = 0, pixel_w_mm = 0;  ///< distance of neighbours along h (readout) and w (phase encoding)
  double slice_mm = 0;                    ///< thickness of a slice
  std::int64_t h1_hz = 0;                 ///< resonance frequency of hydrogen: 42.577 MHz per tesla
};

}  // namespace selfsame
