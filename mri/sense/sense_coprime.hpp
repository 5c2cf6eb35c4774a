// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "mri/sense/sense_lines.hpp"
#include "mri/sense/sense_sparse.hpp"

// The normal operator along rows of n = A P points, P an odd prime >= 11 that does not divide A (368 = 16 *
// 23), with a mask that is the same for all rows. By the Chinese remainder theorem (Good 1958, Thomas 1963),
// with the columns
//
//   p + P (j + r_p mod A),   p + P r_p = 0 modulo A,   p < P, j < A,
//
// the transform is one of A points over j and one of P points over p without rotations between them;
// frequency L of the second one, for frequency q of the first, is f = q + A (L - q / A modulo P). Only the
// weights see that order: the way back undoes it. All of P's butterflies work in place, and those of them
// that the mask leaves few frequencies compute no others (sense_sparse.hpp). Only for *_simd.cpp of
// mri/sense.

namespace selfsame::SELFSAME_ISA {

/// True if coprime_normal can be used.
inline bool splits_coprime(const FourierPlan& plan) {
  return plan.passes == 2 && plan.pass[1].halves != nullptr && plan.pass[0].radix % plan.pass[1].radix != 0;
}

/// Columns that are loaded together: 8 KiB of a tile for A = 16, beside what streams through the first cache.
constexpr std::ptrdiff_t kCoprimeTile = kWidth == 16 ? 4 : 8;
static_assert(kCoprimeTile <= kFourierTile, "the tile's memory");

/// What a block of rows needs to know, made from the mask, in `memory` of 3 n floats.
struct CoprimeFilter {
  std::ptrdiff_t A, P;
  float* weights;      ///< of frequency L of butterfly q at [q + A L], times 1 / n
  KeptPairs* kept;     ///< of butterfly q
  std::int32_t* turn;  ///< r_p

  CoprimeFilter(const FourierPlan& plan, const float* mask, float* memory)
      : A(plan.pass[0].radix),
        P(plan.pass[1].radix),
        weights(memory),
        kept(reinterpret_cast<KeptPairs*>(memory + plan.n)),
        turn(reinterpret_cast<std::int32_t*>(memory + 2 * plan.n)) {
    // Without divisions: a block of rows takes no longer than thousands of them.
    const std::ptrdiff_t a = A % P, b = P % A;
    std::ptrdiff_t inverse = 1;  // of A modulo P
    for (std::ptrdiff_t product = a; product != 1; ++inverse) {
      product = product + a < P ? product + a : product + a - P;
    }
    const float scale = 1 / static_cast<float>(plan.n);
    std::ptrdiff_t first = 0;  // -q / A modulo P
    for (std::ptrdiff_t q = 0; q < A; ++q) {
      std::ptrdiff_t turned = first;
      for (std::ptrdiff_t L = 0; L < P; ++L) {
        const std::ptrdiff_t f = q + A * turned + plan.centre;
        weights[q + A * L] = mask[f < plan.n ? f : f - plan.n] * scale;
        turned = turned + 1 < P ? turned + 1 : 0;
      }
      kept[q] = kept_pairs(P, weights + q, A);
      first = first >= inverse ? first - inverse : first - inverse + P;
    }
    for (std::ptrdiff_t p = 0, rest = 0; p < P; ++p) {  // rest = p modulo A
      std::int32_t r = 0;
      for (std::ptrdiff_t sum = rest; sum != 0; ++r) {
        sum = sum + b < A ? sum + b : sum + b - A;
      }
      turn[p] = r;
      rest = rest + 1 < A ? rest + 1 : 0;
    }
  }

  /// j of column p + P k.
  [[nodiscard]] std::ptrdiff_t slot(std::ptrdiff_t p, std::ptrdiff_t k) const {
    return k >= turn[p] ? k - turn[p] : k - turn[p] + A;
  }

  /// Floats from p to p + 1 between the two transforms, whose n + P points reach from LineWork's `block` into
  /// `other`. Not a power of two, which would put all p in a few sets of the cache.
  [[nodiscard]] std::ptrdiff_t stride() const { return (A + 1) * kPoint; }

  /// F^H D F on butterfly q of `block`, parts swapped.
  void apply(const FourierPass& pass, float* block, std::ptrdiff_t q) const {
    float* const points = block + q * kPoint;
    const std::ptrdiff_t stride = this->stride();
    if (3 * kept[q].count <= 2 * (P / 2)) {
      sparse_there_and_back(pass, points, stride, weights + q, A, kept[q]);
      return;
    }
    const Codelet codelet = codelet_for(pass);
    const CodeletCall call{points, points, nullptr, stride, kPoint, stride, kPoint, 0, 1, &pass, nullptr};
    codelet(call);
    for (std::ptrdiff_t L = 0; L < P; ++L) {
      float* const at = points + L * stride;
      const float w = weights[q + A * L];
      const Vec re = load(at) * w, im = load(at + kWidth) * w;
      store(at, im);
      store(at + kWidth, re);
    }
    codelet(call);
  }
};

/// What load_points will take from rows, to the first cache. The second one has it (Ahead), but kWidth pieces
/// of rows are more than the core looks ahead for by itself.
inline void fetch_rows(const float* from, std::ptrdiff_t n, std::ptrdiff_t at, std::ptrdiff_t count) {
  for (std::ptrdiff_t r = 0; r < kWidth; ++r) {
    __builtin_prefetch(from + 2 * (r * n + at), 0, 3);
    __builtin_prefetch(from + 2 * (r * n + at + count - 1), 0, 3);
  }
}

/// Image, maps and sum are kept in the order in which they are used: tiles of up to kCoprimeTile neighbouring
/// p, of each A pieces, of each the tile's columns.
inline void coprime_normal(const SenseLines& call, const RowBlock& block) {
  const SenseArrays& a = *call.arrays;
  const FourierPlan& plan = call.plans->forward;
  const FourierPass &first = plan.pass[0], &second = plan.pass[1];
  const SenseWork work(plan, call.work);
  const CoprimeFilter filter(plan, a.weights, work.weights);
  const std::ptrdiff_t A = filter.A, P = filter.P, row = kCoprimeTile * kPoint, stride = filter.stride();
  const Codelet codelet = codelet_for(first);
  float *const tile = work.lines.tile, *const points = work.lines.block;
  // f(p, count, k, at): the columns p + P k ... + count - 1 are at `at`; after(p, count) at the end of a
  // tile.
  const auto for_pieces = [&](auto&& before, auto&& f, auto&& after) {
    std::ptrdiff_t at = 0;
    for (std::ptrdiff_t p = 0; p < P; p += kCoprimeTile) {
      const std::ptrdiff_t count = P - p < kCoprimeTile ? P - p : kCoprimeTile;
      before(p, count);
      for (std::ptrdiff_t k = 0; k < A; ++k, at += count * kPoint) {
        f(p, count, k, at);
      }
      after(p, count);
    }
  };
  const auto nothing = [](std::ptrdiff_t, std::ptrdiff_t) {};
  const float* const image = block.in(a.image, work.edge[0]);
  for_pieces(
      nothing,
      [&](std::ptrdiff_t p, std::ptrdiff_t count, std::ptrdiff_t k, std::ptrdiff_t at) {
        block.load_points(work.image + at, image, p + P * k, count, Parts(false));
      },
      nothing);
  for (std::ptrdiff_t c = 0; c < a.coils; ++c) {
    const float* const maps = block.in(a.maps + c * a.plane(), work.edge[1]);
    Ahead ahead(block, c + 1 < a.coils ? a.maps + (c + 1) * a.plane() : nullptr);
    for_pieces(
        nothing,
        [&](std::ptrdiff_t p, std::ptrdiff_t count, std::ptrdiff_t k, std::ptrdiff_t at) {
          fetch_rows(maps, plan.n, k + 2 < A ? p + P * (k + 2) : p + count + P * (k + 2 - A), count);
          block.each_point(maps, p + P * k, count, [&](std::ptrdiff_t i, Vec re, Vec im) {
            const std::ptrdiff_t point = at + i * kPoint;
            store(work.maps + point, re);
            store(work.maps + point + kWidth, im);
            const Vec x = load(work.image + point), y = load(work.image + point + kWidth);
            float* const to = tile + filter.slot(p + i, k) * row + i * kPoint;
            store(to, re * x - im * y);
            store(to + kWidth, re * y + im * x);
          });
          ahead.fetch(count);
        },
        [&](std::ptrdiff_t p, std::ptrdiff_t count) {
          codelet({points + p * stride, tile, nullptr, kPoint, stride, row, kPoint, 0, count, &first,
                   work.lines.folded});
        });
    for (std::ptrdiff_t q = 0; q < A; ++q) {
      filter.apply(second, points, q);
    }
    for_pieces(
        [&](std::ptrdiff_t p, std::ptrdiff_t count) {
          codelet({tile, points + p * stride, nullptr, row, kPoint, kPoint, stride, 0, count, &first,
                   work.lines.folded});
        },
        [&](std::ptrdiff_t p, std::ptrdiff_t count, std::ptrdiff_t k, std::ptrdiff_t at) {
          for (std::ptrdiff_t i = 0; i < count; ++i) {
            add_conjugate(work.sum + at + i * kPoint, work.maps + at + i * kPoint,
                          tile + filter.slot(p + i, k) * row + i * kPoint, 1, c == 0);
          }
          ahead.fetch(count);
        },
        nothing);
  }
  float* const out = block.out(a.image_out, work.edge[2]);
  for_pieces(
      nothing,
      [&](std::ptrdiff_t p, std::ptrdiff_t count, std::ptrdiff_t k, std::ptrdiff_t at) {
        block.store_points(out, work.sum + at, p + P * k, count, Parts(false));
      },
      nothing);
  block.finish(a.image_out, work.edge[2]);
}

}  // namespace selfsame::SELFSAME_ISA
