// SPDX-License-Identifier: Apache-2.0
// kernels/reflect_pad/reflect_pad.hpp on a GPU: one thread per pack of the output. The backward gathers the
// at most four values of a pixel in a fixed order. Not yet run on a GPU.
#include "kernels/device/gpu/packs.cuh"
#include "kernels/reflect_pad/reflect_pad_gpu.hpp"

namespace selfsame::SELFSAME_GPU::reflect_pad {
namespace {

template <typename T, int V>
struct Forward {
  PackView<const T, V> x;
  __device__ Pack<T, V> operator()(std::int64_t n, PackPlace at) const {
    const int h = at.h < x.h ? at.h : x.h - 2, w = at.w < x.w ? at.w : x.w - 2;
    return x.at(n, {at.q, h, w, at.k});
  }
};

template <typename T, int V>
struct Backward {
  PackView<const T, V> dy;
  int h, w;  // of dx

  __device__ void add(float (&sum)[V], std::int64_t n, PackPlace at) const {
    const Pack<T, V> values = dy.at(n, at);
#pragma unroll
    for (int v = 0; v < V; ++v) {
      sum[v] += to_float(values.v[v]);
    }
  }
  __device__ Pack<T, V> operator()(std::int64_t n, PackPlace at) const {
    const bool below = dy.h > h && at.h == h - 2, right = dy.w > w && at.w == w - 2;
    float sum[V] = {};
    add(sum, n, at);
    if (below) {
      add(sum, n, {at.q, h, at.w, at.k});
    }
    if (right) {
      add(sum, n, {at.q, at.h, w, at.k});
    }
    if (below && right) {
      add(sum, n, {at.q, h, w, at.k});
    }
    Pack<T, V> dx;
#pragma unroll
    for (int v = 0; v < V; ++v) {
      dx.v[v] = from_float<T>(sum[v]);
    }
    return dx;
  }
};

}  // namespace

void forward(TensorView y, ConstTensorView x, Stream& stream) {
  for_pack(
      [&]<typename T, int V>(Pack<T, V>) {
        pack_map<T, V>("reflect_pad_forward", y, Forward<T, V>{PackView<const T, V>(x)}, stream);
      },
      y, x);
}

void backward(TensorView dx, ConstTensorView dy, Stream& stream) {
  for_pack(
      [&]<typename T, int V>(Pack<T, V>) {
        const Backward<T, V> f{PackView<const T, V>(dy), static_cast<int>(dx.shape.h),
                               static_cast<int>(dx.shape.w)};
        pack_map<T, V>("reflect_pad_backward", dx, f, stream);
      },
      dx, dy);
}

}  // namespace selfsame::SELFSAME_GPU::reflect_pad
