// SPDX-License-Identifier: Apache-2.0
// Packs the weights for the kernels of conv2d. Not yet run on a GPU.
#include "kernels/conv2d/conv2d_filter.cuh"

namespace selfsame::SELFSAME_GPU {
namespace {

constexpr int kThreads = 128, kOuts = 32;

template <typename T>
struct PackArgs {
  Unit* __restrict__ packed;
  const float* __restrict__ w;
  std::int64_t packed_lane, w_lane, out_stride, in_stride;
  ChannelMap out, in;
  int in_blocks;  // of all chunks
  bool turned, tf32;
};

template <typename T>
__device__ T stored(float v, bool tf32) {
  if constexpr (std::is_same_v<T, bf16>) {
    return to_bf16(v);
  } else {
    return tf32 ? __builtin_bit_cast(float, to_tf32(v)) : v;
  }
}

// A block: the units of 32 output channels and one block of input channels, through shared memory. They are
// read in the order of the weights, where 8 x taps floats (forward) or 32 x taps (the data gradient) follow
// each other, and written with the output channels side by side. An odd row length keeps the lanes of the
// second step, and those of the first in the forward pass, in different banks.
template <typename T, int kTaps>
__global__ void conv2d_pack_filter_kernel(PackArgs<T> a) {
  constexpr int kRow = (kGpuChannelBlock * kTaps) | 1;
  SELFSAME_SHARED(float, tile, [kOuts * kRow]);  // [out][in][tap]
  const int block = block_x() % a.in_blocks, first = block_x() / a.in_blocks * kOuts;
  const float* w = a.w + block_y() * a.w_lane;
  for (int i = thread_x(); i < kOuts * kGpuChannelBlock * kTaps; i += kThreads) {
    const int pair = i / kTaps, tap = i % kTaps;
    const int out = a.turned ? pair % kOuts : pair / kGpuChannelBlock;
    const int in = a.turned ? pair / kOuts : pair % kGpuChannelBlock;
    const int o = first + out < a.out.padded ? a.out.logical(first + out) : -1;
    const int padded_in = block * kGpuChannelBlock + in;
    const int c = padded_in < a.in.padded ? a.in.logical(padded_in) : -1;
    tile[out * kRow + in * kTaps + tap] =
        o >= 0 && c >= 0 ? w[o * a.out_stride + c * a.in_stride + tap] : 0.0f;
  }
  sync_threads();
  for (int i = thread_x(); i < kOuts * kTaps * kBlockUnits<T>; i += kThreads) {
    const int out = i % kOuts, tap = i / kOuts % kTaps, part = i / (kOuts * kTaps);
    if (first + out >= a.out.padded) {
      continue;
    }
    Pack<T, kUnitChannels<T>> unit;
#pragma unroll
    for (int c = 0; c < kUnitChannels<T>; ++c) {
      const float v =
          tile[out * kRow + (part * kUnitChannels<T> + c) * kTaps + (a.turned ? kTaps - 1 - tap : tap)];
      unit.v[c] = stored<T>(v, a.tf32);
    }
    const int u = block * kBlockUnits<T> + part;
    const std::int64_t row = (static_cast<std::int64_t>(u / 2) * kTaps + tap) * 2 + u % 2;
    *reinterpret_cast<Pack<T, kUnitChannels<T>>*>(a.packed + block_y() * a.packed_lane + row * a.out.padded +
                                                  first + out) = unit;
  }
}

}  // namespace

template <typename T>
PackedFilter<T> pack_filter(Scratch& scratch, ConstParameterView w, ConstTensorView out, ConstTensorView in,
                            ConvPass pass, FilterRounding rounding, Stream& stream) {
  const std::int64_t taps = w.dims[2] * w.dims[3], row = w.dims[1] * taps;
  const std::int64_t chunks = conv2d_chunks(in.blocks(), kUnitChannels<T>);
  const std::int64_t lane_units = chunks * taps * 2 * out.blocks() * kGpuChannelBlock;
  Unit* packed = scratch.take<Unit>(static_cast<std::size_t>(w.lanes * lane_units));
  const bool forward = pass == ConvPass::kForward;
  const PackArgs<T> a{packed,
                      static_cast<const float*>(w.data),
                      lane_units,
                      w.lane_stride,
                      forward ? row : taps,
                      forward ? taps : row,
                      channel_map(out),
                      channel_map(in),
                      static_cast<int>(chunks * 2 / kBlockUnits<T>),
                      !forward,
                      rounding == FilterRounding::kTf32};
  const LaunchShape shape{{a.in_blocks * blocks_for(a.out.padded, kOuts), w.lanes, 1}, {kThreads, 1, 1}};
  launch("conv2d_pack_filter", taps == 9 ? conv2d_pack_filter_kernel<T, 9> : conv2d_pack_filter_kernel<T, 1>,
         shape, stream, a);
  return {packed, lane_units, static_cast<int>(chunks), a.out.padded};
}

template PackedFilter<bf16> pack_filter<bf16>(Scratch&, ConstParameterView, ConstTensorView, ConstTensorView,
                                              ConvPass, FilterRounding, Stream&);
template PackedFilter<float> pack_filter<float>(Scratch&, ConstParameterView, ConstTensorView,
                                                ConstTensorView, ConvPass, FilterRounding, Stream&);

}  // namespace selfsame::SELFSAME_GPU
