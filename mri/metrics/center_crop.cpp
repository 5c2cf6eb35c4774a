// SPDX-License-Identifier: Apache-2.0
#include "mri/metrics/center_crop.hpp"

namespace selfsame {

CropWindow center_window(std::int64_t h, std::int64_t w, std::int64_t wanted_h, std::int64_t wanted_w) {
  if (w < wanted_w) {
    wanted_h = wanted_w = w;
  }
  if (wanted_h < 1 || wanted_w < 1 || wanted_h > h) {
    fail(ErrorKind::kData, "no central window of {} x {} in an image of {} x {}", wanted_h, wanted_w, h, w);
  }
  return {(h - wanted_h) / 2, (w - wanted_w) / 2, wanted_h, wanted_w};
}

}  // namespace selfsame
