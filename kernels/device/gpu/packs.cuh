// SPDX-License-Identifier: Apache-2.0
// Tensors as packs of V elements of one pixel and channel block, for ops that move pixels about: sixteen
// bytes per thread and tensor where block, addresses and strides allow it, else one element.
#pragma once
#include <limits>

#include "kernels/device/gpu/flat_map.cuh"

namespace selfsame::SELFSAME_GPU {

/// A pack of a sample: channel block q, pixel (h, w), pack k of the pixel's block.
struct PackPlace {
  int q, h, w, k;
};

/// (N, blocks, H, W, packs, V)
template <typename T, int V>
struct PackView {
  T* data;
  std::int64_t sample_stride;  // elements
  int blocks, h, w, packs;     // packs of a pixel's block

  explicit PackView(const BasicTensorView<std::is_const_v<T>>& t)
      : data(static_cast<T*>(t.data)),
        sample_stride(t.sample_stride),
        blocks(static_cast<int>(t.blocks())),
        h(static_cast<int>(t.shape.h)),
        w(static_cast<int>(t.shape.w)),
        packs(t.block / V) {}

  __device__ int count() const { return blocks * h * w * packs; }
  __device__ PackPlace place(int i) const {
    const int k = i % packs, pixel = i / packs, row = pixel / w;
    return {row / h, row % h, pixel % w, k};
  }
  __device__ auto& at(std::int64_t n, PackPlace p) const {
    using Stored = std::conditional_t<std::is_const_v<T>, const Pack<std::remove_const_t<T>, V>, Pack<T, V>>;
    const std::int64_t pack = ((std::int64_t{p.q} * h + p.h) * w + p.w) * packs + p.k;
    return *reinterpret_cast<Stored*>(data + n * sample_stride + pack * V);
  }
};

/// y's pack at every place is f(n, place).
template <typename T, int V, typename F>
__global__ void pack_map_kernel(PackView<T, V> y, F f) {
  const int i = block_x() * block_size_x() + thread_x();
  const std::int64_t n = block_y();
  if (i < y.count()) {
    const PackPlace at = y.place(i);
    y.at(n, at) = f(n, at);
  }
}

template <typename T, int V, typename F>
void pack_map(LaunchName name, const TensorView& y, F f, Stream& stream) {
  constexpr int kThreads = 256;
  if (y.shape.n == 0 || y.sample_size() == 0) {
    return;
  }
  SELFSAME_CHECK(y.sample_size() <= std::numeric_limits<int>::max() - kThreads,
                 "{}: {} elements of a sample are too many for a kernel", name.name, y.sample_size());
  const LaunchShape shape{{blocks_for(y.sample_size() / V, kThreads), y.shape.n, 1}, {kThreads, 1, 1}};
  launch(name, pack_map_kernel<T, V, F>, shape, stream, PackView<T, V>(y), f);
}

/// True if the pixels of a block can be read 16 bytes at a time.
inline bool has_wide_pixels(const ConstTensorView& t) {
  const auto size = static_cast<std::int64_t>(size_of(t.dtype));
  return t.empty() || (t.block * size % 16 == 0 && reinterpret_cast<std::uintptr_t>(t.data) % 16 == 0 &&
                       t.sample_stride * size % 16 == 0);
}

/// Calls g with a Pack of the tensors' type: of 16 bytes if all of them allow it, else of one element.
template <typename G, typename... X>
void for_pack(G&& g, const ConstTensorView& y, const X&... x) {
  const bool wide = has_wide_pixels(y) && (has_wide_pixels(x) && ...);
  for_gpu_dtype(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    wide ? g(Pack<T, 16 / sizeof(T)>{}) : g(Pack<T, 1>{});
  });
}

}  // namespace selfsame::SELFSAME_GPU
