// SPDX-License-Identifier: Apache-2.0
// Tiles of blocked activations in shared memory, as all kernels of conv2d on tensor cores and the direct ones
// read them: [unit][pixel], where a unit is the 16 bytes of channels that one pixel has side by side: a block
// of 8 channels in bf16, half a block in float. Eight neighbouring pixels of a unit are 128 contiguous bytes,
// which is what one phase of ldmatrix or of 16-byte loads reads without bank conflicts, and a filter tap is a
// shift by whole units: a halo tile is loaded once and read in place by all taps.
#pragma once
#include "kernels/conv2d/conv2d_gpu_plan.hpp"
#include "kernels/device/gpu/flat_map.cuh"
#include "kernels/device/gpu/gpu.cuh"
#include "kernels/device/tensor.hpp"

namespace selfsame::SELFSAME_GPU {

struct alignas(16) Unit {
  unsigned word[4];
};

template <typename T>
constexpr int kUnitChannels = static_cast<int>(sizeof(Unit) / sizeof(T));
/// Units that one block of 8 channels takes.
template <typename T>
constexpr int kBlockUnits = kGpuChannelBlock / kUnitChannels<T>;

/// Blocked activations that a kernel reads.
template <typename T>
struct Activation {
  const T* __restrict__ data;
  std::int64_t sample_stride;  // elements
  int units, h, w;
};

template <typename T>
Activation<T> activation_of(const ConstTensorView& view) {
  SELFSAME_CHECK(view.block == kGpuChannelBlock && is_aligned16(view),
                 "activation {} block {}: expected blocks of 8 on 16-byte boundaries", view.shape.text(),
                 view.block);
  return {view.as<T>(), view.sample_stride, static_cast<int>(view.blocks()) * kBlockUnits<T>,
          static_cast<int>(view.shape.h), static_cast<int>(view.shape.w)};
}

/// Where a padded channel (block*8 + r) of a view lies among the logical ones.
struct ChannelMap {
  int channels, split, padded;
  /// -1 for a channel that only fills the last block of a part.
  [[nodiscard]] SELFSAME_HOST_DEVICE int logical(int p) const {
    const int second = (split + kGpuChannelBlock - 1) / kGpuChannelBlock * kGpuChannelBlock;
    const int c = split == 0 || p < second ? p : split + p - second;
    const int end = split != 0 && p < second ? split : channels;
    return c < end ? c : -1;
  }
};

inline ChannelMap channel_map(const ConstTensorView& view) {
  return {static_cast<int>(view.shape.c), static_cast<int>(view.split),
          static_cast<int>(view.blocks() * view.block)};
}

/// Starts the copies of kUnits units from `first_unit` on of kRows x kCols pixels from (h0, w0) on, which may
/// lie outside the image: zeros there and behind the last unit. kStride: units of shared memory from one unit
/// of channels to the next; an odd multiple of 4 keeps the two halves of a float block in different banks.
template <int kUnits, int kRows, int kCols, int kStride, typename T>
__device__ inline void copy_tile(Unit* tile, const Activation<T>& x, std::int64_t n, int first_unit, int h0,
                                 int w0) {
  constexpr int kPixels = kRows * kCols;
  const T* sample = x.data + n * x.sample_stride;
  for (int i = thread_x(); i < kUnits * kPixels; i += kConvThreads) {
    // The units of a block lie side by side in a pixel: neighbouring threads take them together.
    constexpr int kTogether = kUnits % kBlockUnits<T> == 0 ? kBlockUnits<T> : 1;
    const int unit = i / (kTogether * kPixels) * kTogether + i % kTogether;
    const int pixel = i / kTogether % kPixels;
    const int u = first_unit + unit, h = h0 + pixel / kCols, w = w0 + pixel % kCols;
    const bool valid = u < x.units && h >= 0 && h < x.h && w >= 0 && w < x.w;
    const std::int64_t at = (static_cast<std::int64_t>(u / kBlockUnits<T>) * x.h + h) * x.w + w;
    const T* from = sample + at * kGpuChannelBlock + u % kBlockUnits<T> * kUnitChannels<T>;
    copy_async16(&tile[unit * kStride + pixel], valid ? from : x.data, valid);
  }
}

}  // namespace selfsame::SELFSAME_GPU
