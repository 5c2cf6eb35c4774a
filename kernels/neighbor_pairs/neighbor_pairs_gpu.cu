// SPDX-License-Identifier: Apache-2.0
// kernels/neighbor_pairs/neighbor_pairs.hpp on a GPU: one thread per four cells of a sample, which share the
// words of one Philox call, for all channels. Not yet run on a GPU.
#include "kernels/neighbor_pairs/neighbor_pairs_gpu.hpp"

#include <limits>

#include "kernels/device/gpu/gpu.cuh"
#include "kernels/neighbor_pairs/neighbor_pairs_rule.hpp"

namespace selfsame::SELFSAME_GPU::neighbor_pairs_op {
namespace {

constexpr int kThreads = 128;
constexpr int kGroup = 4;  // elements of a Philox call

struct Args {
  float *first, *second;
  const float* image;
  const SampleOrigin* origins;
  std::int64_t first_stride, second_stride, image_stride;  // between samples
  int channels, h, w;                                      // of the results
};

__global__ void neighbor_pairs_kernel(Args a) {
  const int group = block_x() * kThreads + thread_x(), cells = a.h * a.w;
  const std::int64_t n = block_y();
  if (group >= (cells + kGroup - 1) / kGroup) {
    return;
  }
  const SampleOrigin origin = a.origins[n];
  const Philox::Counter words =
      neighbor_pairs_rule::stream_of(origin).words(static_cast<std::uint64_t>(group));
  for (int r = 0; r < kGroup; ++r) {
    const int cell = kGroup * group + r;
    if (cell >= cells) {
      return;
    }
    const neighbor_pairs_rule::CellPair pair = neighbor_pairs_rule::pair_of(words[r]);
    const std::int64_t width = 2 * std::int64_t{a.w}, corner = 2 * (cell / a.w) * width + 2 * (cell % a.w);
    const std::int64_t from_first = corner + pair.first_row * width + pair.first_column;
    const std::int64_t from_second = corner + pair.second_row * width + pair.second_column;
    for (int c = 0; c < a.channels; ++c) {
      const float* plane = a.image + n * a.image_stride + 4 * std::int64_t{c} * cells;
      const std::int64_t to = std::int64_t{c} * cells + cell;
      a.first[n * a.first_stride + to] = plane[from_first];
      a.second[n * a.second_stride + to] = plane[from_second];
    }
  }
}

}  // namespace

void run(TensorView first, TensorView second, ConstTensorView image, std::span<const SampleOrigin> origins,
         Stream& stream) {
  const Shape4 shape = first.shape;
  if (shape.count() == 0) {
    return;
  }
  SELFSAME_CHECK(image.plane() <= std::numeric_limits<int>::max() - kThreads,
                 "neighbor_pairs: planes of {} are too large", image.shape.text());
  const Args a{first.as<float>(),        second.as<float>(),        image.as<float>(),
               origins.data(),           first.sample_stride,       second.sample_stride,
               image.sample_stride,      static_cast<int>(shape.c), static_cast<int>(shape.h),
               static_cast<int>(shape.w)};
  const std::int64_t groups = blocks_for(shape.h * shape.w, kGroup);
  launch("neighbor_pairs", neighbor_pairs_kernel,
         LaunchShape{{blocks_for(groups, kThreads), shape.n, 1}, {kThreads, 1, 1}}, stream, a);
}

}  // namespace selfsame::SELFSAME_GPU::neighbor_pairs_op
