// SPDX-License-Identifier: Apache-2.0
// kernels/blind_spots/blind_spots.hpp on a GPU: one thread per pixel of a sample, for all channels. Whether
// it is hidden is a function of its place. Not yet run on a GPU.
#include <limits>

#include "kernels/blind_spots/blind_spots_rule.hpp"
#include "kernels/blind_spots/blind_spots_versions.hpp"
#include "kernels/device/gpu/gpu.cuh"

namespace selfsame::SELFSAME_GPU::blind_spots_op {
namespace {

constexpr int kThreads = 256;
using blind_spots_rule::HiddenPixels;
using blind_spots_rule::Pixel;

struct Args {
  float *masked, *mask;
  const float* image;
  const SampleOrigin* origins;
  std::int64_t masked_stride, mask_stride, image_stride;  // between samples
  int channels, h, w;
  BlindSpotRule rule;
};

__global__ void blind_spots_kernel(Args a) {
  const int i = block_x() * kThreads + thread_x(), count = a.h * a.w;
  const std::int64_t n = block_y();
  if (i >= count) {
    return;
  }
  const HiddenPixels hidden(a.origins[n], a.rule, a.h, a.w);
  const Pixel p{i / a.w, i % a.w};
  const bool is_hidden = hidden.has(p);
  a.mask[n * a.mask_stride + i] = is_hidden ? 1.0f : 0.0f;

  const Pixel q = is_hidden && !hidden.grid() ? hidden.replacement(p) : p;
  for (int c = 0; c < a.channels; ++c) {
    const float* plane = a.image + n * a.image_stride + std::int64_t{c} * count;
    a.masked[n * a.masked_stride + std::int64_t{c} * count + i] =
        is_hidden && hidden.grid() ? blind_spots_rule::mean_around(plane, a.h, a.w, p)
                                   : plane[q.row * a.w + q.column];
  }
}

}  // namespace

void run(TensorView masked, TensorView mask, ConstTensorView image, std::span<const SampleOrigin> origins,
         const BlindSpotRule& rule, Stream& stream) {
  const Shape4 shape = image.shape;
  if (shape.count() == 0) {
    return;
  }
  const Args a{masked.as<float>(),
               mask.as<float>(),
               image.as<float>(),
               origins.data(),
               masked.sample_stride,
               mask.sample_stride,
               image.sample_stride,
               static_cast<int>(shape.c),
               static_cast<int>(shape.h),
               static_cast<int>(shape.w),
               rule};
  launch("blind_spots", blind_spots_kernel,
         LaunchShape{{blocks_for(shape.h * shape.w, kThreads), shape.n, 1}, {kThreads, 1, 1}}, stream, a);
}

}  // namespace selfsame::SELFSAME_GPU::blind_spots_op
