// SPDX-License-Identifier: Apache-2.0
// Weights in the order in which the convolution kernels copy them to shared memory.
#pragma once
#include "kernels/conv2d/conv2d_units.cuh"

namespace selfsame::SELFSAME_GPU {

/// What a convolution's input and output are to the weights (K, C, R, S): forward reads C and writes K, the
/// data gradient the other way around with the filter turned.
enum class ConvPass { kForward, kBackwardData };

/// (L, chunk, tap, 2 units, out, channels of a unit): for every pair of input units and every tap, the units
/// of all output channels side by side. Channels that only pad are zero.
template <typename T>
struct PackedFilter {
  const Unit* __restrict__ data;
  std::int64_t lane_stride;  // units
  int chunks, out_channels;  // padded
};

enum class FilterRounding { kStored, kTf32 };

/// Packs the weights of all lanes, rounded to T (or to tf32, stored as float), into scratch memory. `out` and
/// `in` are the views that the convolution writes and reads.
template <typename T>
PackedFilter<T> pack_filter(Scratch& scratch, ConstParameterView w, ConstTensorView out, ConstTensorView in,
                            ConvPass pass, FilterRounding rounding, Stream& stream);

/// Starts the copies of the slice of one chunk for kChannels output channels from `first` on.
template <int kTaps, int kChannels, typename T>
__device__ inline void copy_filter(Unit* slice, const PackedFilter<T>& filter, std::int64_t lane, int chunk,
                                   int first) {
  const Unit* from = filter.data + lane * filter.lane_stride +
                     static_cast<std::int64_t>(chunk) * (kTaps * 2) * filter.out_channels;
  for (int i = thread_x(); i < kTaps * 2 * kChannels; i += kConvThreads) {
    const int row = i / kChannels, k = first + i % kChannels;
    const bool valid = k < filter.out_channels;
    copy_async16(&slice[i], valid ? from + static_cast<std::int64_t>(row) * filter.out_channels + k : from,
                 valid);
  }
}

}  // namespace selfsame::SELFSAME_GPU
