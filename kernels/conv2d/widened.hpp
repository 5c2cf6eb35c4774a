// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/conv2d/widen_kernels.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

// bf16 tensors of block 32 as float tensors of block 16 in scratch, so that a float version of a convolution
// can run in a bf16 network. Shared by conv2d and conv_transpose2d.

namespace selfsame::widened {

inline constexpr int kStoredBlock = 32, kFloatBlock = 16;

/// Block of the float tensor that stands for one of block `block`: planes (1) are float already.
[[nodiscard]] inline int float_block(int block) { return block == kStoredBlock ? kFloatBlock : block; }

/// A call is done in chunks whose float copies stay in the caches: some samples of one lane, or some lanes. A
/// function of the lanes' own shape, but for the number of lanes together, which no result depends on.
struct Chunks {
  std::int64_t samples, lanes;  ///< of a chunk: lanes > 1 only if it has all samples of each
  Chunks(std::int64_t batch, std::int64_t all_lanes, std::size_t sample_bytes);
};
/// Calls f(first sample, samples, first lane, lanes) for every chunk.
template <typename F>
void for_each_chunk(const Chunks& chunks, std::int64_t batch, std::int64_t all_lanes, F&& f) {
  for (std::int64_t lane = 0; lane < all_lanes; lane += chunks.lanes) {
    const std::int64_t lanes = std::min(chunks.lanes, all_lanes - lane);
    for (std::int64_t first = 0; first < batch; first += chunks.samples) {
      f(lane * batch + first, lanes * std::min(chunks.samples, batch - first), lane, lanes);
    }
  }
}
/// Lanes [first, first + count) of a parameter, which may be empty.
template <bool kIsConst>
[[nodiscard]] BasicParameterView<kIsConst> lanes_of(BasicParameterView<kIsConst> p, std::int64_t first,
                                                    std::int64_t count) {
  if (!p.empty()) {
    p.data = p.template lane<float>(first);
    p.lanes = count;
  }
  return p;
}

/// Scratch bytes of the float copy of a tensor; none for planes.
[[nodiscard]] std::size_t bytes(const Shape4& shape, int block, std::int64_t split);

/// A float copy of x with the values of x; x itself if it has planes.
[[nodiscard]] ConstTensorView read(const WidenKernels& kernels, const ConstTensorView& x, Scratch& scratch,
                                   Stream& stream);
/// A float tensor to compute y in, contents undefined; y itself if it has planes.
[[nodiscard]] TensorView begin_write(const TensorView& y, Scratch& scratch);
/// y = values, the result of begin_write, rounded to bf16; nothing to do for planes.
void end_write(const WidenKernels& kernels, const TensorView& y, const TensorView& values, Stream& stream);

}  // namespace selfsame::widened
