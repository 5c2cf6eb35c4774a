// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv2d/widened.hpp"

#include <algorithm>

namespace selfsame::widened {
namespace {

constexpr std::int64_t kPiece = 1024;  // pixels of a unit of work: 64 KB of floats

TensorView float_view(float* data, const ConstTensorView& like) {
  return {data, DType::kF32, like.shape, kFloatBlock, like.split};
}

/// Calls f(n, stored half, float block or -1, first pixel, pixels) for every half of every block of `stored`.
/// A half that only fills a block has no float block.
template <typename F>
void for_each_half(const ConstTensorView& stored, Stream& stream, F&& f) {
  const std::int64_t plane = stored.plane(), pieces = (plane + kPiece - 1) / kPiece;
  const std::int64_t halves = 2 * stored.blocks();
  const std::int64_t first_channels = stored.split == 0 ? stored.shape.c : stored.split;
  const std::int64_t first_halves = 2 * ConstTensorView::blocks_for(first_channels, kStoredBlock);
  const std::int64_t first_floats = ConstTensorView::blocks_for(first_channels, kFloatBlock);
  const std::int64_t all_floats = ConstTensorView::blocks_for(stored.shape.c, kFloatBlock, stored.split);
  stream.pool().run(stored.shape.n * halves * pieces, [&](std::int64_t unit, int) {
    const std::int64_t n = unit / (halves * pieces), half = unit / pieces % halves;
    const std::int64_t first = unit % pieces * kPiece;
    const bool in_first = half < first_halves;
    const std::int64_t block = in_first ? half : first_floats + half - first_halves;
    f(n, half, block < (in_first ? first_floats : all_floats) ? block : -1, first,
      std::min(kPiece, plane - first));
  });
}

template <typename View>
auto half_at(const View& stored, std::int64_t n, std::int64_t half, std::int64_t pixel) {
  return stored.template as<bf16>() + n * stored.sample_stride +
         (half / 2 * stored.plane() + pixel) * kStoredBlock + half % 2 * kFloatBlock;
}

}  // namespace

Chunks::Chunks(std::int64_t batch, std::int64_t all_lanes, std::size_t sample_bytes) {
  constexpr std::int64_t kChunkBytes = 4 * 1024 * 1024;  // of two cores' L2 caches, or a share of the L3
  const std::int64_t most = kChunkBytes / static_cast<std::int64_t>(std::max<std::size_t>(sample_bytes, 1));
  samples = std::clamp<std::int64_t>(most, 1, batch);
  lanes = samples < batch ? 1 : std::clamp<std::int64_t>(most / batch, 1, all_lanes);
}

std::size_t bytes(const Shape4& shape, int block, std::int64_t split) {
  const std::int64_t blocks = ConstTensorView::blocks_for(shape.c, kFloatBlock, split);
  return block != kStoredBlock
             ? 0
             : Scratch::rounded(static_cast<std::size_t>(shape.n * blocks * shape.h * shape.w * kFloatBlock) *
                                sizeof(float));
}

ConstTensorView read(const WidenKernels& kernels, const ConstTensorView& x, Scratch& scratch,
                     Stream& stream) {
  if (x.block != kStoredBlock) {
    return x;
  }
  float* data = scratch.take<float>(bytes(x.shape, x.block, x.split) / sizeof(float));
  const TensorView values = float_view(data, x);
  for_each_half(x, stream, [&](auto n, auto half, auto block, auto first, auto pixels) {
    if (block >= 0) {
      kernels.widen(data + n * values.sample_stride + (block * x.plane() + first) * kFloatBlock,
                    half_at(x, n, half, first), kStoredBlock, pixels);
    }
  });
  return values;
}

TensorView begin_write(const TensorView& y, Scratch& scratch) {
  return y.block != kStoredBlock
             ? y
             : float_view(scratch.take<float>(bytes(y.shape, y.block, y.split) / sizeof(float)), y);
}

void end_write(const WidenKernels& kernels, const TensorView& y, const TensorView& values, Stream& stream) {
  if (y.block != kStoredBlock) {
    return;
  }
  const float* data = values.as<float>();
  for_each_half(y, stream, [&](auto n, auto half, auto block, auto first, auto pixels) {
    const float* from =
        block < 0 ? nullptr : data + n * values.sample_stride + (block * y.plane() + first) * kFloatBlock;
    kernels.narrow(half_at(y, n, half, first), kStoredBlock, from, pixels);
  });
}

}  // namespace selfsame::widened
