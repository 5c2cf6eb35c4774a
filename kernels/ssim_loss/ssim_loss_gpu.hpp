// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

// The function of ssim_loss_gpu.cu. Private to this folder.

namespace selfsame {

/// A block's tile of windows, and of pixels.
constexpr std::int64_t kSsimTileH = 8, kSsimTileW = 32;
[[nodiscard]] constexpr std::int64_t ssim_tiles(std::int64_t h, std::int64_t w) {
  return (h + kSsimTileH - 1) / kSsimTileH * ((w + kSsimTileW - 1) / kSsimTileW);
}

SELFSAME_DECLARE_GPU(namespace ssim_loss {
  void run(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
           ConstTensorView target, std::span<const float> ranges, std::int64_t lanes, Stream & stream);
})

}  // namespace selfsame
