// SPDX-License-Identifier: Apache-2.0
// kernels/gather/gather.hpp on a GPU: one thread per pixel of the output, neighbouring threads in
// neighbouring columns. Transposed crops read the image by columns. Not yet run on a GPU.
#include <limits>

#include "kernels/device/gpu/gpu.cuh"
#include "kernels/gather/gather_versions.hpp"

namespace selfsame::SELFSAME_GPU::gather {
namespace {

struct Args {
  float* out;
  const ResidentImage* images;
  const std::byte* arena;
  const SampleOrigin* origins;
  std::int64_t sample_stride;
  int channels, h, w;
};

/// Divisions are IEEE divisions: the CPU's quotients.
__device__ inline float value(int type, const std::byte* pixels, std::int64_t index) {
  switch (static_cast<PixelType>(type)) {
    case PixelType::kByte:
      return static_cast<float>(reinterpret_cast<const std::uint8_t*>(pixels)[index]) / 255.0f;
    case PixelType::kWord:
      return static_cast<float>(reinterpret_cast<const std::uint16_t*>(pixels)[index]) / 65535.0f;
    default:
      return reinterpret_cast<const float*>(pixels)[index];
  }
}

__global__ void gather_crops_kernel(Args a) {
  const int i = block_x() * block_size_x() + thread_x();
  const std::int64_t n = block_y();
  if (i >= a.channels * a.h * a.w) {
    return;
  }
  const int column = i % a.w, row = i / a.w % a.h, c = i / a.w / a.h;
  const SampleOrigin origin = a.origins[n];
  const ResidentImage image = a.images[origin.example];
  const PixelIndex at = source_pixel(origin, a.h, a.w, row, column);
  a.out[n * a.sample_stride + i] =
      value(image.type, a.arena + image.offset, (c * image.h + at.y) * image.w + at.x);
}

}  // namespace

void gather_crops(TensorView out, const ResidentImage* images, const std::byte* arena,
                  std::span<const SampleOrigin> origins, Stream& stream) {
  constexpr int kThreads = 256;
  const Shape4 s = out.shape;
  if (s.count() == 0) {
    return;
  }
  SELFSAME_CHECK(out.sample_size() <= std::numeric_limits<int>::max() - kThreads,
                 "gather: samples of {} are too large", s.text());
  const Args a{static_cast<float*>(out.data),
               images,
               arena,
               origins.data(),
               out.sample_stride,
               static_cast<int>(s.c),
               static_cast<int>(s.h),
               static_cast<int>(s.w)};
  launch("gather_crops", gather_crops_kernel,
         LaunchShape{{blocks_for(out.sample_size(), kThreads), s.n, 1}, {kThreads, 1, 1}}, stream, a);
}

}  // namespace selfsame::SELFSAME_GPU::gather
