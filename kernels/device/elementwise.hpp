// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>

#include "kernels/device/isa.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

// What the ops that treat every element, row or plane by itself share: checks, and the numbering of units of
// work.

namespace selfsame {

/// What decides which version of an elementwise op runs: all its tensors have this type and block.
struct ElementwiseProblem {
  DType dtype = DType::kF32;
  int block = 1;
};

namespace elementwise {

template <typename A, typename B>
void check_same_layout(const A& a, const B& b, const char* a_name, const char* b_name) {
  SELFSAME_CHECK(a.shape == b.shape && a.block == b.block && a.split == b.split && a.dtype == b.dtype,
                 "{} {} {} block {} split {}, {} {} {} block {} split {}", a_name, a.shape.text(),
                 name_of(a.dtype), a.block, a.split, b_name, b.shape.text(), name_of(b.dtype), b.block,
                 b.split);
}

/// Any float or double tensor: what a reference takes.
inline bool is_real(const ElementwiseProblem& p) { return p.dtype == DType::kF32 || p.dtype == DType::kF64; }
/// Any tensor: for versions that only move elements.
inline bool is_any(const ElementwiseProblem&) { return true; }
/// float or bf16 in any layout.
inline bool is_stored(const ElementwiseProblem& p) {
  return p.dtype == DType::kF32 || p.dtype == DType::kBF16;
}
/// float or bf16 in any layout: a loop over the elements of a sample as they lie in memory.
template <Isa isa>
bool is_flat(const ElementwiseProblem& p) {
  return isa_available(isa) && is_stored(p);
}
/// float or bf16 with 16 or 32 channels to the block.
template <Isa isa>
bool is_blocked(const ElementwiseProblem& p) {
  return isa_available(isa) && is_stored(p) && (p.block == 16 || p.block == 32);
}

/// float or bf16 in any layout, on a GPU: a kernel over the elements of a sample as they lie in memory.
inline bool is_gpu_flat(const ElementwiseProblem& p) {
  return p.dtype == DType::kF32 || p.dtype == DType::kBF16;
}

/// Calls f(n, first, count) for pieces of the samples. A piece fits the first-level cache with two more like
/// it.
template <typename F>
void for_each_piece(std::int64_t samples, std::int64_t sample_size, Stream& stream, F&& f) {
  constexpr std::int64_t kPiece = 4096;
  const std::int64_t pieces = (sample_size + kPiece - 1) / kPiece;
  stream.pool().run(samples * pieces, [&](std::int64_t unit, int) {
    const std::int64_t first = unit % pieces * kPiece;
    f(unit / pieces, first, std::min(kPiece, sample_size - first));
  });
}

/// Calls f with a value of the storage type.
template <typename F>
void for_dtype(DType dtype, F&& f) {
  dtype == DType::kF64 ? f(double{}) : f(float{});
}

/// Calls f with a value of the type in which a fast version finds the activations.
template <typename F>
void for_stored_type(DType dtype, F&& f) {
  dtype == DType::kBF16 ? f(bf16{}) : f(float{});
}

/// Calls f(n, c, h, w) for every logical element. For references.
template <typename F>
void for_each_element(Shape4 shape, Stream& stream, F&& f) {
  stream.pool().run(shape.n * shape.c, [&](std::int64_t unit, int) {
    for (std::int64_t h = 0; h < shape.h; ++h) {
      for (std::int64_t w = 0; w < shape.w; ++w) {
        f(unit / shape.c, unit % shape.c, h, w);
      }
    }
  });
}

/// The logical channel at a padded position (block*q + r), or -1 if it only fills the last block of a part.
template <bool IsConst>
std::int64_t logical_channel(const BasicTensorView<IsConst>& view, std::int64_t padded) {
  if (view.split == 0) {
    return padded < view.shape.c ? padded : -1;
  }
  const std::int64_t second = (view.split + view.block - 1) / view.block * view.block;
  if (padded < second) {
    return padded < view.split ? padded : -1;
  }
  const std::int64_t c = view.split + padded - second;
  return c < view.shape.c ? c : -1;
}

/// Writes zeros to the channels that fill the last block of a part. For references.
template <typename Real>
void zero_padding(const TensorView& view) {
  for (std::int64_t n = 0; n < view.shape.n; ++n) {
    for (std::int64_t p = 0; p < view.blocks() * view.block; ++p) {
      for (std::int64_t i = 0; i < view.plane() && logical_channel(view, p) < 0; ++i) {
        view.template as<Real>()[n * view.sample_stride + (p / view.block * view.plane() + i) * view.block +
                                 p % view.block] = 0;
      }
    }
  }
}

}  // namespace elementwise
}  // namespace selfsame
