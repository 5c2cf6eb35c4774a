// SPDX-License-Identifier: Apache-2.0
// Packs the weights for the kernels of conv2d. Not yet run on a GPU.
#include "kernels/conv2d/conv2d_filter.cuh"

namespace selfsame::SELFSAME_GPU {
namespace {

constexpr int kThreads = 128;

template <typename T>
struct PackArgs {
  Unit* __restrict__ packed;
  const float* __restrict__ w;
  std::int64_t packed_lane, w_lane, out_stride, in_stride;
  ChannelMap out, in;
  int taps, in_blocks;  // in_blocks: those of all chunks
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

// One thread: all taps of one output channel and one block of input channels. Neighbouring threads write
// neighbouring units; what a thread reads lies together (forward: 8*taps floats), so L1 serves all its taps.
template <typename T>
__global__ void conv2d_pack_filter_kernel(PackArgs<T> a) {
  const std::int64_t i = static_cast<std::int64_t>(block_x()) * kThreads + thread_x();
  const int out = static_cast<int>(i % a.out.padded), block = static_cast<int>(i / a.out.padded);
  if (block >= a.in_blocks) {
    return;
  }
  const float* w = a.w + block_y() * a.w_lane;
  const int o = a.out.logical(out);
  for (int tap = 0; tap < a.taps; ++tap) {
    const int from_tap = a.turned ? a.taps - 1 - tap : tap;
#pragma unroll
    for (int part = 0; part < kBlockUnits<T>; ++part) {
      Pack<T, kUnitChannels<T>> unit;
#pragma unroll
      for (int c = 0; c < kUnitChannels<T>; ++c) {
        const int padded = block * kGpuChannelBlock + part * kUnitChannels<T> + c;
        const int in = padded < a.in.padded ? a.in.logical(padded) : -1;
        const float v = o >= 0 && in >= 0 ? w[o * a.out_stride + in * a.in_stride + from_tap] : 0.0f;
        unit.v[c] = stored<T>(v, a.tf32);
      }
      const int u = block * kBlockUnits<T> + part;
      const std::int64_t row = (static_cast<std::int64_t>(u / 2) * a.taps + tap) * 2 + u % 2;
      *reinterpret_cast<Pack<T, kUnitChannels<T>>*>(a.packed + block_y() * a.packed_lane +
                                                    row * a.out.padded + out) = unit;
    }
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
                      static_cast<int>(taps),
                      static_cast<int>(chunks * 2 / kBlockUnits<T>),
                      !forward,
                      rounding == FilterRounding::kTf32};
  const LaunchShape shape{{blocks_for(std::int64_t{a.in_blocks} * a.out.padded, kThreads), w.lanes, 1},
                          {kThreads, 1, 1}};
  launch("conv2d_pack_filter", conv2d_pack_filter_kernel<T>, shape, stream, a);
  return {packed, lane_units, static_cast<int>(chunks), a.out.padded};
}

template PackedFilter<bf16> pack_filter<bf16>(Scratch&, ConstParameterView, ConstTensorView, ConstTensorView,
                                              ConvPass, FilterRounding, Stream&);
template PackedFilter<float> pack_filter<float>(Scratch&, ConstParameterView, ConstTensorView,
                                                ConstTensorView, ConvPass, FilterRounding, Stream&);

}  // namespace selfsame::SELFSAME_GPU
