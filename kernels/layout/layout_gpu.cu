// SPDX-License-Identifier: Apache-2.0
// kernels/layout/layout.hpp on a GPU, in one of three kernels: equal layouts are copied as they lie; from
// blocks to planes a thread reads eight channels of a pixel and writes them to their planes; everything else
// gathers the channels of an output pixel. Neighbouring threads have neighbouring pixels. Not yet run on a
// GPU.
#include "kernels/layout/layout_gpu.hpp"

#include <algorithm>
#include <limits>

#include "kernels/device/gpu/flat_map.cuh"

namespace selfsame::SELFSAME_GPU::layout {
namespace {

constexpr int kThreads = 256;
constexpr int kWide = 8;  // channels of a thread: 16 bytes of bf16, twice 16 of float

// ---- device helpers
// -----------------------------------------------------------------------------------------

/// One side of the copy. Channels are counted as they lie: block*q + r, padding included.
template <typename T>
struct Side {
  T* data;
  std::int64_t sample_stride;
  int block, blocks, channels, split, second;  // second: where the second part starts, padding included

  explicit Side(const BasicTensorView<std::is_const_v<T>>& t)
      : data(static_cast<T*>(t.data)),
        sample_stride(t.sample_stride),
        block(t.block),
        blocks(static_cast<int>(t.blocks())),
        channels(static_cast<int>(t.shape.c)),
        split(static_cast<int>(t.split)),
        second(static_cast<int>((t.split + t.block - 1) / t.block * t.block)) {}

  /// The logical channel at a padded one, or -1.
  __device__ int logical(int padded) const {
    if (split > 0 && padded < second) {
      return padded < split ? padded : -1;
    }
    const int c = padded - second + split;
    return c < channels ? c : -1;
  }
  __device__ T* at(std::int64_t n, int c, int pixel, int plane) const {
    const int padded = split > 0 && c >= split ? second + c - split : c;
    return data + n * sample_stride + (std::int64_t{padded / block} * plane + pixel) * block + padded % block;
  }
};

/// V elements by as many instructions as 16 bytes each take.
template <int V, typename T>
__device__ void load(float (&to)[V], const T* from) {
  constexpr int kPiece = V * sizeof(T) > 16 ? 16 / sizeof(T) : V;
#pragma unroll
  for (int first = 0; first < V; first += kPiece) {
    const auto piece = *reinterpret_cast<const Pack<T, kPiece>*>(from + first);
#pragma unroll
    for (int v = 0; v < kPiece; ++v) {
      to[first + v] = to_float(piece.v[v]);
    }
  }
}

template <int V, typename T>
__device__ void store(T* to, const float (&from)[V]) {
  constexpr int kPiece = V * sizeof(T) > 16 ? 16 / sizeof(T) : V;
#pragma unroll
  for (int first = 0; first < V; first += kPiece) {
    Pack<T, kPiece> piece;
#pragma unroll
    for (int v = 0; v < kPiece; ++v) {
      piece.v[v] = from_float<T>(from[first + v]);
    }
    *reinterpret_cast<Pack<T, kPiece>*>(to + first) = piece;
  }
}

// ---- kernels
// ------------------------------------------------------------------------------------------------

template <typename To, typename From, int V>
__global__ void layout_copy_kernel(Side<To> y, Side<const From> x, int count) {
  const int i = (block_x() * block_size_x() + thread_x()) * V;
  const std::int64_t n = block_y();
  if (i < count) {
    float values[V];
    load<V>(values, x.data + n * x.sample_stride + i);
    store<V>(y.data + n * y.sample_stride + i, values);
  }
}

/// V neighbouring channels of a pixel of `side`.
struct Place {
  int padded, pixel;
};
template <int V, typename T>
__device__ Place place(const Side<T>& side, int plane, int i) {
  const int packs = side.block / V, k = i % packs, rest = i / packs;
  return {rest / plane * side.block + k * V, rest % plane};
}

template <typename To, typename From, int V>
__global__ void layout_gather_kernel(Side<To> y, Side<const From> x, int plane) {
  const int i = block_x() * block_size_x() + thread_x();
  const std::int64_t n = block_y();
  if (i < y.blocks * plane * (y.block / V)) {
    const Place at = place<V>(y, plane, i);
    float values[V];
#pragma unroll
    for (int v = 0; v < V; ++v) {
      const int c = y.logical(at.padded + v);
      values[v] = c >= 0 ? to_float(*x.at(n, c, at.pixel, plane)) : 0.0f;
    }
    store<V>(y.data + n * y.sample_stride + std::int64_t{i} * V, values);
  }
}

/// y has block 1: it has no padding channels, so every element of it is written.
template <typename To, typename From, int V>
__global__ void layout_scatter_kernel(Side<To> y, Side<const From> x, int plane) {
  const int i = block_x() * block_size_x() + thread_x();
  const std::int64_t n = block_y();
  if (i < x.blocks * plane * (x.block / V)) {
    const Place at = place<V>(x, plane, i);
    float values[V];
    load<V>(values, x.data + n * x.sample_stride + std::int64_t{i} * V);
#pragma unroll
    for (int v = 0; v < V; ++v) {
      if (const int c = x.logical(at.padded + v); c >= 0) {
        *y.at(n, c, at.pixel, plane) = from_float<To>(values[v]);
      }
    }
  }
}

// ---- choice of the kernel
// -----------------------------------------------------------------------------------

bool starts_aligned(const ConstTensorView& t) {
  const auto size = static_cast<std::int64_t>(size_of(t.dtype));
  return reinterpret_cast<std::uintptr_t>(t.data) % 16 == 0 && t.sample_stride * size % 16 == 0;
}

bool has_wide_blocks(const ConstTensorView& t) { return t.block % kWide == 0 && starts_aligned(t); }

LaunchShape shape_for(std::int64_t threads, std::int64_t samples) {
  return {{blocks_for(threads, kThreads), samples, 1}, {kThreads, 1, 1}};
}

template <typename To, typename From>
void convert_as(TensorView y, ConstTensorView x, Stream& stream) {
  const Side<To> to(y);
  const Side<const From> from(x);
  const std::int64_t count = y.sample_size(), samples = y.shape.n;
  const int plane = static_cast<int>(y.plane());
  if (y.block == x.block && y.split == x.split) {
    const bool wide = count % kWide == 0 && starts_aligned(y) && starts_aligned(x);
    wide ? launch("layout_copy", layout_copy_kernel<To, From, kWide>, shape_for(count / kWide, samples),
                  stream, to, from, static_cast<int>(count))
         : launch("layout_copy", layout_copy_kernel<To, From, 1>, shape_for(count, samples), stream, to, from,
                  static_cast<int>(count));
  } else if (y.block == 1 && has_wide_blocks(x)) {
    launch("layout_scatter", layout_scatter_kernel<To, From, kWide>,
           shape_for(x.sample_size() / kWide, samples), stream, to, from, plane);
  } else if (has_wide_blocks(y)) {
    launch("layout_gather", layout_gather_kernel<To, From, kWide>, shape_for(count / kWide, samples), stream,
           to, from, plane);
  } else {
    launch("layout_gather", layout_gather_kernel<To, From, 1>, shape_for(count, samples), stream, to, from,
           plane);
  }
}

}  // namespace

void convert(TensorView y, ConstTensorView x, Stream& stream) {
  if (y.shape.count() == 0) {
    return;
  }
  SELFSAME_CHECK(
      std::max(y.sample_size(), x.sample_size()) <= std::numeric_limits<int>::max() - kThreads * kWide,
      "layout: {} elements of a sample are too many for a kernel", y.sample_size());
  for_gpu_dtype(y.dtype, [&](auto to) {
    for_gpu_dtype(x.dtype, [&](auto from) { convert_as<decltype(to), decltype(from)>(y, x, stream); });
  });
}

}  // namespace selfsame::SELFSAME_GPU::layout
