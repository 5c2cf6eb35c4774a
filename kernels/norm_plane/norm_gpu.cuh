// SPDX-License-Identifier: Apache-2.0
// Pieces of a plane in registers, sums over them per channel, and coefficients of channels: the parts of the
// kernels in norm_gpu_forward.cu and norm_gpu_backward.cu.
#pragma once
#include "kernels/device/gpu/flat_map.cuh"
#include "kernels/norm_plane/norm_gpu_plan.hpp"

namespace selfsame::SELFSAME_GPU::norm_plane {

using norm_gpu::kBlock;
using norm_gpu::kPiece;
using norm_gpu::kThreads;

constexpr int kWarps = kThreads / kWarpSize;

/// Sizes that all kernels know.
struct PlaneArgs {
  std::int64_t pixels;                 // of a plane
  int pieces, blocks;                  // of a plane; channel blocks of a sample
  int samples, groups;                 // N, and groups of samples that share statistics
  int channels, split;                 // logical
  int lanes;                           // of gamma and beta
  std::int64_t mean_stride, r_stride;  // elements between groups
  const float *gamma, *beta;           // (L, C) or null
  std::int64_t gamma_stride, beta_stride;
  float slope;

  [[nodiscard]] __device__ int group_of(int n) const { return n / (samples / groups); }
  [[nodiscard]] __device__ int lane_of(int n) const { return n / (samples / lanes); }
  /// Pixels of a piece.
  [[nodiscard]] __device__ int count(int piece) const {
    const std::int64_t left = pixels - piece * kPiece;
    return static_cast<int>(left < kPiece ? left : kPiece);
  }
  /// The logical channel at a padded position, or -1 if it only fills a block.
  [[nodiscard]] __device__ int logical(int padded) const {
    if (split == 0) {
      return padded < channels ? padded : -1;
    }
    const int second = (split + kBlock - 1) / kBlock * kBlock;
    if (padded < second) {
      return padded < split ? padded : -1;
    }
    const int c = split + padded - second;
    return c < channels ? c : -1;
  }
};

/// The elements of one piece that a thread owns: pack v holds elements ((v*kThreads + thread) * V ...) of the
/// piece, so a thread's packs all show the same V channels.
template <typename T>
struct Piece {
  static constexpr int kWide = 16 / static_cast<int>(sizeof(T));  // elements of a pack
  static constexpr int kPacks = static_cast<int>(kPiece) * kBlock / kThreads / kWide;
  static constexpr int kThreadsPerPixel = kBlock / kWide;

  Pack<T, kWide> packs[kPacks];

  [[nodiscard]] static __device__ int first_channel() { return thread_x() % kThreadsPerPixel * kWide; }
  /// Pack v lies in a piece of this many pixels.
  [[nodiscard]] static __device__ bool inside(int v, int pixels) {
    return (v * kThreads + thread_x()) / kThreadsPerPixel < pixels;
  }
  __device__ void load(const T* from, int pixels) {
#pragma unroll
    for (int v = 0; v < kPacks; ++v) {
      packs[v] = inside(v, pixels) ? reinterpret_cast<const Pack<T, kWide>*>(from)[v * kThreads + thread_x()]
                                   : Pack<T, kWide>{};
    }
  }
  static __device__ void store(T* to, int v, const Pack<T, kWide>& pack) {
    reinterpret_cast<Pack<T, kWide>*>(to)[v * kThreads + thread_x()] = pack;
  }
};

/// Sums over the block, per channel, in a fixed order: lanes, then warps. Every thread gets those of its own
/// channels.
template <int kWide>
__device__ void sum_channels(float (&sums)[kWide]) {
  constexpr int kThreadsPerPixel = kBlock / kWide;
  SELFSAME_SHARED(float, of_warp, [kWarps][kBlock]);
#pragma unroll
  for (int j = 0; j < kWide; ++j) {
#pragma unroll
    for (int m = kWarpSize / 2; m >= kThreadsPerPixel; m /= 2) {
      sums[j] += shuffle_xor(sums[j], m);
    }
  }
  if (lane_id() < kThreadsPerPixel) {
    for (int j = 0; j < kWide; ++j) {
      of_warp[warp_id()][lane_id() * kWide + j] = sums[j];
    }
  }
  sync_threads();
  const int first = thread_x() % kThreadsPerPixel * kWide;
#pragma unroll
  for (int j = 0; j < kWide; ++j) {
    float sum = 0;
#pragma unroll
    for (int w = 0; w < kWarps; ++w) {
      sum += of_warp[w][first + j];
    }
    sums[j] = sum;
  }
  sync_threads();  // the next sums use the same memory
}

/// pre = (x - mean) * scale + beta of the V channels of a thread, as in norm_plane.hpp.
template <int kWide>
struct Coefficients {
  float mean[kWide], scale[kWide], beta[kWide];

  /// `first` is the first padded channel; r and mean are those of the sample's group.
  __device__ void set(const PlaneArgs& a, int n, int first, const float (&m)[kWide],
                      const float (&r)[kWide]) {
    const std::int64_t lane = a.lane_of(n);
#pragma unroll
    for (int j = 0; j < kWide; ++j) {
      const int c = a.logical(first + j);
      const float gamma = c < 0 ? 0.0f : a.gamma == nullptr ? 1.0f : a.gamma[lane * a.gamma_stride + c];
      mean[j] = m[j];
      scale[j] = gamma * r[j];
      beta[j] = c < 0 || a.beta == nullptr ? 0.0f : a.beta[lane * a.beta_stride + c];
    }
  }
  __device__ void read(const PlaneArgs& a, int n, int first, const float* means, const float* rs) {
    const std::int64_t g = a.group_of(n);
    float m[kWide], r[kWide];
#pragma unroll
    for (int j = 0; j < kWide; ++j) {
      m[j] = means[g * a.mean_stride + first + j];
      r[j] = rs[g * a.r_stride + first + j];
    }
    set(a, n, first, m, r);
  }
  [[nodiscard]] __device__ float pre(int j, float centred) const { return centred * scale[j] + beta[j]; }
};

/// What the launchers fill in.
inline PlaneArgs plane_args(const ConstTensorView& x, const ConstTensorView& mean, const ConstTensorView& r,
                            const ConstParameterView& gamma, const ConstParameterView& beta, double slope) {
  PlaneArgs a{};
  a.pixels = x.plane();
  a.pieces = static_cast<int>(norm_gpu::pieces_of(x.plane()));
  a.blocks = static_cast<int>(x.blocks());
  a.samples = static_cast<int>(x.shape.n);
  a.groups = static_cast<int>(mean.shape.n);
  a.channels = static_cast<int>(x.shape.c);
  a.split = static_cast<int>(x.split);
  a.lanes = gamma.empty() ? 1 : static_cast<int>(gamma.lanes);
  a.mean_stride = mean.sample_stride;
  a.r_stride = r.sample_stride;
  a.gamma = static_cast<const float*>(gamma.data);
  a.beta = static_cast<const float*>(beta.data);
  a.gamma_stride = gamma.lane_stride;
  a.beta_stride = beta.lane_stride;
  a.slope = static_cast<float>(slope);
  return a;
}

/// A block per piece, channel block and sample.
inline LaunchShape piece_grid(const PlaneArgs& a) {
  return {{a.pieces, a.blocks, a.samples}, {kThreads, 1, 1}};
}

/// A warp per group and padded channel.
inline LaunchShape channel_grid(const PlaneArgs& a) {
  return {{blocks_for(std::int64_t{a.groups} * a.blocks * kBlock, kWarps), 1, 1}, {kThreads, 1, 1}};
}

}  // namespace selfsame::SELFSAME_GPU::norm_plane
