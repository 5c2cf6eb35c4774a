// SPDX-License-Identifier: Apache-2.0
// y[i] = f(x0[i], x1[i], ...) over the elements of every sample as they lie in memory, in float, with storage
// in float or bf16. Sixteen bytes per thread and tensor where addresses and sizes allow it.
#pragma once
#include "kernels/device/gpu/gpu.cuh"
#include "kernels/device/tensor.hpp"

namespace selfsame::SELFSAME_GPU {

template <typename T>
__device__ inline T from_float(float v) {
  if constexpr (std::is_same_v<T, bf16>) {
    return to_bf16(v);
  } else {
    return v;
  }
}

/// V elements that are read and written by one instruction.
template <typename T, int V>
struct alignas(V * sizeof(T)) Pack {
  T v[V];
};

template <typename T, int Inputs>
struct FlatMapArgs {
  T* y;
  const T* x[Inputs];
  std::int64_t y_stride, x_stride[Inputs];  // elements between samples
  std::int64_t count;                       // elements of a sample
};

template <typename T, int V, int Inputs, typename F>
__global__ void flat_map_kernel(FlatMapArgs<T, Inputs> a, F f) {
  const std::int64_t i = (static_cast<std::int64_t>(block_x()) * block_size_x() + thread_x()) * V;
  const std::int64_t n = block_y();
  if (i >= a.count) {
    return;
  }
  Pack<T, V> in[Inputs], out;
#pragma unroll
  for (int k = 0; k < Inputs; ++k) {
    in[k] = *reinterpret_cast<const Pack<T, V>*>(a.x[k] + n * a.x_stride[k] + i);
  }
#pragma unroll
  for (int v = 0; v < V; ++v) {
    if constexpr (Inputs == 1) {
      out.v[v] = from_float<T>(f(to_float(in[0].v[v])));
    } else {
      out.v[v] = from_float<T>(f(to_float(in[0].v[v]), to_float(in[1].v[v])));
    }
  }
  *reinterpret_cast<Pack<T, V>*>(a.y + n * a.y_stride + i) = out;
}

/// True if samples at this address and stride can be read 16 bytes at a time.
inline bool is_aligned16(const ConstTensorView& t) {
  const auto size = static_cast<std::int64_t>(size_of(t.dtype));
  return reinterpret_cast<std::uintptr_t>(t.data) % 16 == 0 && t.sample_stride * size % 16 == 0 &&
         t.sample_size() * size % 16 == 0;
}

/// Calls g with a value of the storage type, float or bf16.
template <typename G>
void for_gpu_dtype(DType dtype, G&& g) {
  dtype == DType::kBF16 ? g(bf16{}) : g(float{});
}

/// Starts the map; all tensors have the layout and type of y. f: float(float) or float(float, float).
template <typename F, typename... X>
void flat_map(LaunchName name, TensorView y, Stream& stream, F f, X... inputs) {
  constexpr int kInputs = sizeof...(X);
  constexpr int kThreads = 256;
  if (y.shape.n == 0 || y.sample_size() == 0) {
    return;
  }
  for_gpu_dtype(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    constexpr int kWide = 16 / sizeof(T);
    FlatMapArgs<T, kInputs> a{static_cast<T*>(y.data),
                              {static_cast<const T*>(inputs.data)...},
                              y.sample_stride,
                              {inputs.sample_stride...},
                              y.sample_size()};
    const bool wide = is_aligned16(y) && (is_aligned16(inputs) && ...);
    const LaunchShape shape{{blocks_for(a.count, std::int64_t{kThreads} * (wide ? kWide : 1)), y.shape.n, 1},
                            {kThreads, 1, 1}};
    wide ? launch(name, flat_map_kernel<T, kWide, kInputs, F>, shape, stream, a, f)
         : launch(name, flat_map_kernel<T, 1, kInputs, F>, shape, stream, a, f);
  });
}

}  // namespace selfsame::SELFSAME_GPU
