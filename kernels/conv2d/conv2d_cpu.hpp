// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/conv2d/conv2d.hpp"
#include "kernels/conv2d/conv2d_kernels.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

// Host-side helpers that the CPU versions of conv2d and conv_transpose2d share.

namespace selfsame {

/// ChannelBlocks of a tensor's channels, with its own storage: no allocation.
class BlockTable {
 public:
  BlockTable(std::int64_t channels, std::int64_t split, int block = kConvBlock) {
    add(0, split == 0 ? channels : split, block);
    if (split > 0) {
      add(split, channels - split, block);
    }
  }
  [[nodiscard]] ChannelBlocks view() const { return {blocks_, start_, count_}; }
  [[nodiscard]] int blocks() const { return blocks_; }
  [[nodiscard]] std::int32_t start(int block) const { return start_[block]; }
  [[nodiscard]] std::int32_t count(int block) const { return count_[block]; }
  /// Whether so many channels fit the table.
  [[nodiscard]] static bool fits(std::int64_t channels) {
    return channels <= (ChannelBlocks::kMax - 2) * kConvBlock;
  }

 private:
  void add(std::int64_t first, std::int64_t channels, int block) {
    for (std::int64_t c = 0; c < channels; c += block) {
      start_[blocks_] = static_cast<std::int32_t>(first + c);
      count_[blocks_] = static_cast<std::int32_t>(channels - c < block ? channels - c : block);
      ++blocks_;
    }
  }
  int blocks_ = 0;
  std::int32_t start_[ChannelBlocks::kMax], count_[ChannelBlocks::kMax];
};

/// How many filter elements a tap pack of (in, out) blocks takes, for one lane.
[[nodiscard]] inline std::int64_t packed_count(int in_blocks, int out_blocks, int taps) {
  return std::int64_t{in_blocks} * out_blocks * taps * kConvBlock * kConvBlock;
}

/// Packs the weights of every lane: unit = (lane, output group). Returns the element stride between lanes.
/// `strides` are those of PackJob for lane 0; `w_lane` the lane stride of the parameter arena.
std::int64_t pack_lanes(const Conv2dKernels& kernels, float* packed, const PackJob& job, std::int64_t lanes,
                        std::int64_t w_lane, int pixels, Stream& stream);

/// The groups of `blocks` output blocks for rows of `pixels`: fills first[] with the first block of each,
/// returns their number; the group's size is the distance to the next (first[count] = blocks).
int output_groups(const Conv2dKernels& kernels, int pixels, int blocks, std::int16_t* first);

/// Sample ranges of one lane that backward weight sums separately, to have work for up to 32 threads: a
/// function of the lane's own shape only, `pairs` of channel blocks and `batch` samples.
[[nodiscard]] std::int64_t weight_ranges(std::int64_t pairs, std::int64_t batch);

/// total[i] += the sums of the other ranges in order; range r lies r*stride floats behind the total.
void add_ranges(float* total, std::int64_t ranges, std::int64_t stride, std::int64_t size);

namespace conv2d_cpu {
/// db[l,k] += sum over the samples of lane l and their pixels of dy, in double.
void backward_bias(const Conv2dKernels& kernels, ParameterView db, ConstTensorView dy, Stream& stream);

/// Floats of scratch that backward weight takes for (cb, kb) channel blocks.
[[nodiscard]] std::int64_t weight_floats(const ConvShape& s, std::int64_t cb, std::int64_t kb, int threads);
}  // namespace conv2d_cpu

}  // namespace selfsame
