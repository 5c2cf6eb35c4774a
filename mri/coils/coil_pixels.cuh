// SPDX-License-Identifier: Apache-2.0
// One thread per pixel of a sample, with a loop over its coils: neighbouring threads read neighbouring
// numbers of a coil. What a second loop over the coils reads again still lies in the caches.
#pragma once
#include "kernels/device/gpu/complex.cuh"

namespace selfsame::SELFSAME_GPU {

constexpr int kPixelThreads = 256;

/// What the kernels of this folder know of a stack of coils.
struct StackShape {
  int coils;
  std::int64_t plane;

  explicit StackShape(const Shape4& s) : coils(static_cast<int>(s.c)), plane(s.h * s.w) {}
};

/// The pixel of this thread. Block y is the sample.
struct Pixel {
  std::int64_t n, i;
  bool inside;

  __device__ explicit Pixel(const StackShape& s)
      : n(block_y()),
        i(static_cast<std::int64_t>(block_x()) * block_size_x() + thread_x()),
        inside(i < s.plane) {}
  __device__ std::int64_t in_image(const StackShape& s) const { return n * s.plane + i; }
  __device__ std::int64_t in_stack(const StackShape& s) const { return n * s.coils * s.plane + i; }
};

inline LaunchShape pixel_launch(const Shape4& s) {
  return {{blocks_for(s.h * s.w, kPixelThreads), s.n, 1}, {kPixelThreads, 1, 1}};
}

}  // namespace selfsame::SELFSAME_GPU
