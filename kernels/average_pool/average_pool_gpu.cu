// SPDX-License-Identifier: Apache-2.0
// kernels/average_pool/average_pool.hpp on a GPU: one thread per pack of the output. Not yet run on a GPU.
#include "kernels/average_pool/average_pool_gpu.hpp"

#include "kernels/device/gpu/packs.cuh"

namespace selfsame::SELFSAME_GPU::average_pool {
namespace {

template <typename T, int V>
struct Forward {
  PackView<const T, V> x;
  __device__ Pack<T, V> operator()(std::int64_t n, PackPlace at) const {
    const int h = 2 * at.h, w = 2 * at.w;
    const Pack<T, V> upper_left = x.at(n, {at.q, h, w, at.k}), upper_right = x.at(n, {at.q, h, w + 1, at.k});
    const Pack<T, V> lower_left = x.at(n, {at.q, h + 1, w, at.k});
    const Pack<T, V> lower_right = x.at(n, {at.q, h + 1, w + 1, at.k});
    Pack<T, V> y;
#pragma unroll
    for (int v = 0; v < V; ++v) {
      const float upper = to_float(upper_left.v[v]) + to_float(upper_right.v[v]);
      const float lower = to_float(lower_left.v[v]) + to_float(lower_right.v[v]);
      y.v[v] = from_float<T>((upper + lower) * 0.25f);
    }
    return y;
  }
};

template <typename T, int V>
struct Backward {
  PackView<const T, V> dy, add;  // add.data may be null
  __device__ Pack<T, V> operator()(std::int64_t n, PackPlace at) const {
    const int p = at.h / 2, q = at.w / 2;
    const bool pooled = p < dy.h && q < dy.w;
    const Pack<T, V> gradient = pooled ? dy.at(n, {at.q, p, q, at.k}) : Pack<T, V>{};
    const Pack<T, V> other = add.data != nullptr ? add.at(n, at) : Pack<T, V>{};
    Pack<T, V> dx;
#pragma unroll
    for (int v = 0; v < V; ++v) {
      dx.v[v] = from_float<T>(to_float(other.v[v]) + to_float(gradient.v[v]) * 0.25f);
    }
    return dx;
  }
};

}  // namespace

void forward(TensorView y, ConstTensorView x, Stream& stream) {
  for_pack(
      [&]<typename T, int V>(Pack<T, V>) {
        pack_map<T, V>("average_pool_forward", y, Forward<T, V>{PackView<const T, V>(x)}, stream);
      },
      y, x);
}

void backward(TensorView dx, ConstTensorView dy, ConstTensorView add, Stream& stream) {
  for_pack(
      [&]<typename T, int V>(Pack<T, V>) {
        const Backward<T, V> f{PackView<const T, V>(dy), PackView<const T, V>(add)};
        pack_map<T, V>("average_pool_backward", dx, f, stream);
      },
      dx, dy, add);
}

}  // namespace selfsame::SELFSAME_GPU::average_pool
