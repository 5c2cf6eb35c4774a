// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "mri/fourier/fourier_codelets.hpp"
#include "mri/fourier/fourier_pieces.hpp"

// kWidth lines transformed side by side, from wherever they are to wherever they go. The first pass takes its
// points from a small tile that `load` fills, the last one leaves them in a tile that `store` empties, so
// that conversion of layout, products with maps and weights happen in the innermost cache, and a block of
// lines goes through the second cache once per pass. Only for *_simd.cpp of mri/fourier and mri/sense.

namespace selfsame::SELFSAME_ISA {

/// Work memory of one thread, FourierWorkSize(plan, kWidth).floats().
struct LineWork {
  float *tile, *block, *other, *folded;
  LineWork(const FourierPlan& plan, float* memory) {
    const FourierWorkSize size(plan, kWidth);
    tile = memory;
    block = tile + size.tile;
    other = block + size.block;
    folded = other + size.block;
  }
};

inline Codelet codelet_for(const FourierPass& pass) {
  if (pass.radix > FourierPlan::kLargestCodelet) {
    return fourier_primes().any_odd;
  }
  const Codelet prime = fourier_primes().of_radix[pass.radix];
  return prime != nullptr ? prime : fourier_composites().of_radix[pass.radix];
}

/// Below this many neighbouring points a tile is not worth it: the whole line is loaded or stored at once.
constexpr std::ptrdiff_t kFewest = 4;

/// The first pass into `to`, on points that load(points, index, count) gives: `count` points of every line
/// from `index` on. `spare` is a block of memory.
template <typename Load>
inline void first_pass(const FourierPlan& plan, const LineWork& work, float* to, float* spare, Load&& load) {
  const FourierPass& pass = plan.pass[0];
  const std::ptrdiff_t R = pass.radix, m = pass.m;
  const Codelet codelet = codelet_for(pass);
  CodeletCall call{to,    spare, pass.twiddles, kPoint,     R * kPoint, m * kPoint, kPoint,
                   2 * R, m,     &pass,         work.folded};
  if (m < kFewest) {
    load(spare, std::ptrdiff_t{0}, plan.n);
    codelet(call);
    return;
  }
  call.in = work.tile;
  call.in_stride = kFourierTile * kPoint;
  for (std::ptrdiff_t p = 0; p < m; p += kFourierTile) {
    call.count = m - p < kFourierTile ? m - p : kFourierTile;
    for (std::ptrdiff_t k = 0; k < R; ++k) {
      load(work.tile + k * kFourierTile * kPoint, p + k * m, call.count);
    }
    call.out = to + p * R * kPoint;
    call.twiddles = pass.twiddles + 2 * p * R;
    codelet(call);
  }
}

/// The passes between the first and the last; returns where the points are, `from` or `spare`.
inline float* middle_passes(const FourierPlan& plan, const LineWork& work, float* from, float* spare) {
  for (int i = 1; i + 1 < plan.passes; ++i) {
    const FourierPass& pass = plan.pass[i];
    const std::ptrdiff_t R = pass.radix, s = pass.s;
    const Codelet codelet = codelet_for(pass);
    for (std::ptrdiff_t p = 0; p < pass.m; ++p) {
      codelet({spare + s * R * p * kPoint, from + s * p * kPoint, pass.twiddles + 2 * p * R, s * kPoint,
               kPoint, s * pass.m * kPoint, kPoint, 0, s, &pass, work.folded});
    }
    float* const swap = from;
    from = spare;
    spare = swap;
  }
  return from;
}

/// The last pass of points in `from`; store(points, index, count) takes them.
template <typename Store>
inline void last_pass(const FourierPlan& plan, const LineWork& work, float* from, float* spare,
                      Store&& store) {
  if (plan.passes == 1) {  // the first was the last
    store(from, std::ptrdiff_t{0}, plan.n);
    return;
  }
  const FourierPass& pass = plan.pass[plan.passes - 1];
  const std::ptrdiff_t R = pass.radix, s = pass.s;
  const Codelet codelet = codelet_for(pass);
  CodeletCall call{spare, from, nullptr, s * kPoint, kPoint, s * kPoint, kPoint, 0, s, &pass, work.folded};
  if (s < kFewest) {
    codelet(call);
    store(spare, std::ptrdiff_t{0}, plan.n);
    return;
  }
  call.out = work.tile;
  call.out_stride = kFourierTile * kPoint;
  for (std::ptrdiff_t q = 0; q < s; q += kFourierTile) {
    call.count = s - q < kFourierTile ? s - q : kFourierTile;
    call.in = from + q * kPoint;
    codelet(call);
    for (std::ptrdiff_t k = 0; k < R; ++k) {
      store(work.tile + k * kFourierTile * kPoint, q + s * k, call.count);
    }
  }
}

/// Forward, orthonormal, index 0 first: see Parts for the inverse, and for_runs for the centre.
template <typename Load, typename Store>
inline void transform_lines(const FourierPlan& plan, const LineWork& work, Load&& load, Store&& store) {
  first_pass(plan, work, work.block, work.other, load);
  float* const from = middle_passes(plan, work, work.block, work.other);
  last_pass(plan, work, from, from == work.block ? work.other : work.block, store);
}

}  // namespace selfsame::SELFSAME_ISA
