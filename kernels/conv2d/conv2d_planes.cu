// SPDX-License-Identifier: Apache-2.0
// Forward and data gradient of kernels/conv2d/conv2d.hpp where a side is planes: the first and the last
// convolution of a network. Bound by memory: one thread per pixel and output block, weights in shared memory,
// neighbouring threads on neighbouring pixels, taps from L1. Not yet run on a GPU.
#include "kernels/conv2d/conv2d_filter.cuh"
#include "kernels/conv2d/conv2d_gpu.hpp"
#include "kernels/conv2d/conv2d_planes.cuh"

namespace selfsame::SELFSAME_GPU::conv2d_planes {
namespace {

constexpr int kThreads = 128;
constexpr int kChunk = 16;  // input channels whose weights are in shared memory at a time: 4.6 KB for 9 x 8

template <typename TI, typename TO>
struct PlanesArgs {
  const TI* __restrict__ x;
  TO* __restrict__ y;
  const float* __restrict__ w;
  const float* __restrict__ bias;
  std::int64_t x_stride, y_stride, w_lane, bias_lane, out_stride, in_stride, lane_samples;
  ChannelMap in, out;
  int h, w_size, pixel_blocks;
  bool turned;
};

/// Weights of input channels [c0, c0 + kChunk) and the output block, zero for padding.
template <int kTaps, int kOut, typename Args>
__device__ inline void load_weights(float (&weights)[kChunk][kTaps][kOut], const Args& a, std::int64_t lane,
                                    int c0, int out0) {
  for (int i = thread_x(); i < kChunk * kTaps * kOut; i += kThreads) {
    const int k = i % kOut, tap = i / kOut % kTaps, padded = c0 + i / (kOut * kTaps);
    const int out = a.out.logical(out0 + k), in = padded < a.in.padded ? a.in.logical(padded) : -1;
    const int from_tap = a.turned ? kTaps - 1 - tap : tap;
    weights[padded - c0][tap][k] =
        out >= 0 && in >= 0 ? a.w[lane * a.w_lane + out * a.out_stride + in * a.in_stride + from_tap] : 0.0f;
  }
}

template <typename In, typename Out, int kFilter>
__global__ void conv2d_planes_kernel(PlanesArgs<typename In::Type, typename Out::Type> a) {
  constexpr int kTaps = kFilter * kFilter, kPad = kFilter / 2, kIn = In::kBlock, kOut = Out::kBlock;
  const std::int64_t n = block_x() / a.pixel_blocks, lane = n / a.lane_samples;
  const std::int64_t plane = static_cast<std::int64_t>(a.h) * a.w_size;
  const std::int64_t pixel = static_cast<std::int64_t>(block_x() % a.pixel_blocks) * kThreads + thread_x();
  const int h = static_cast<int>(pixel / a.w_size), w = static_cast<int>(pixel % a.w_size);
  const int out0 = block_y() * kOut;

  SELFSAME_SHARED(float, weights, [kChunk][kTaps][kOut]);

  float sums[kOut];
#pragma unroll
  for (int k = 0; k < kOut; ++k) {
    const int out = a.out.logical(out0 + k);
    sums[k] = a.bias != nullptr && out >= 0 ? a.bias[lane * a.bias_lane + out] : 0.0f;
  }
  for (int c0 = 0; c0 < a.in.padded; c0 += kChunk) {
    sync_threads();
    load_weights(weights, a, lane, c0, out0);
    sync_threads();
    const int channels = a.in.padded - c0 < kChunk ? a.in.padded - c0 : kChunk;
    for (int c = 0; c < channels; c += kIn) {
      const auto* x = a.x + n * a.x_stride + static_cast<std::int64_t>((c0 + c) / kIn) * plane * kIn;
#pragma unroll
      for (int tap = 0; tap < kTaps; ++tap) {
        const int row = h + tap / kFilter - kPad, col = w + tap % kFilter - kPad;
        if (pixel < plane && row >= 0 && row < a.h && col >= 0 && col < a.w_size) {
          const auto in = *reinterpret_cast<const Pack<typename In::Type, kIn>*>(
              x + (static_cast<std::int64_t>(row) * a.w_size + col) * kIn);
#pragma unroll
          for (int i = 0; i < kIn; ++i) {
#pragma unroll
            for (int k = 0; k < kOut; ++k) {
              sums[k] += to_float(in.v[i]) * weights[c + i][tap][k];
            }
          }
        }
      }
    }
  }

  if (pixel < plane) {
    Pack<typename Out::Type, kOut> out;
#pragma unroll
    for (int k = 0; k < kOut; ++k) {
      out.v[k] = from_float<typename Out::Type>(sums[k]);
    }
    *reinterpret_cast<Pack<typename Out::Type, kOut>*>(a.y + n * a.y_stride +
                                                       (block_y() * plane + pixel) * kOut) = out;
  }
}

// ---- launchers --------------------------------------------------------------------------------------

template <typename In, typename Out>
void launch_planes(TensorView out, ConstTensorView in, ConstParameterView w, ConstParameterView b,
                   ConvPass pass, Stream& stream) {
  const std::int64_t taps = w.dims[2] * w.dims[3], row = w.dims[1] * taps;
  const bool forward = pass == ConvPass::kForward;
  const std::int64_t pixel_blocks = blocks_for(out.plane(), kThreads);
  const PlanesArgs<typename In::Type, typename Out::Type> a{in.as<typename In::Type>(),
                                                            out.as<typename Out::Type>(),
                                                            static_cast<const float*>(w.data),
                                                            static_cast<const float*>(b.data),
                                                            in.sample_stride,
                                                            out.sample_stride,
                                                            w.lane_stride,
                                                            b.lane_stride,
                                                            forward ? row : taps,
                                                            forward ? taps : row,
                                                            out.shape.n / w.lanes,
                                                            plane_map(in),
                                                            plane_map(out),
                                                            static_cast<int>(out.shape.h),
                                                            static_cast<int>(out.shape.w),
                                                            static_cast<int>(pixel_blocks),
                                                            !forward};
  const LaunchShape shape{{out.shape.n * pixel_blocks, out.blocks(), 1}, {kThreads, 1, 1}};
  taps == 9 ? launch("conv2d_planes", conv2d_planes_kernel<In, Out, 3>, shape, stream, a)
            : launch("conv2d_planes", conv2d_planes_kernel<In, Out, 1>, shape, stream, a);
}

void convolve(TensorView out, ConstTensorView in, ConstParameterView w, ConstParameterView b, ConvPass pass,
              Stream& stream) {
  if (out.shape.count() == 0) {
    return;
  }
  for_plane_sides(in, out, [&](auto in_side, auto out_side) {
    launch_planes<decltype(in_side), decltype(out_side)>(out, in, w, b, pass, stream);
  });
}

}  // namespace

void forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b, Stream& stream) {
  convolve(y, x, w, b, ConvPass::kForward, stream);
}

void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
  convolve(dx, dy, w, {}, ConvPass::kBackwardData, stream);
}

}  // namespace selfsame::SELFSAME_GPU::conv2d_planes
