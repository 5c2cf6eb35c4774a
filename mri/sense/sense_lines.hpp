// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "mri/fourier/fourier_lines.hpp"
#include "mri/sense/sense_versions.hpp"

// Blocks of lines of the arrays of the SENSE operator. Only for *_simd.cpp of mri/sense.

namespace selfsame::SELFSAME_ISA {

constexpr std::ptrdiff_t kCacheLine = 16;  ///< floats

/// Work memory of a thread, sense_line_work(plan, kWidth) floats.
struct SenseWork {
  LineWork lines;
  float *maps, *image, *sum, *weights;
  float* edge[3];
  SenseWork(const FourierPlan& plan, float* memory) : lines(plan, memory) {
    const std::ptrdiff_t block = plan.n * kPoint;
    maps = memory + FourierWorkSize(plan, kWidth).floats();
    image = maps + block;
    sum = image + block;
    edge[0] = sum + block;
    edge[1] = edge[0] + block;
    edge[2] = edge[1] + block;
    weights = edge[2] + block;
  }
};

/// `lines` rows of n points from `first` on, of arrays whose rows are 2 n floats. Where fewer than kWidth are
/// left, they are taken through a copy with rows of zeros.
struct RowBlock {
  std::ptrdiff_t n, lines, first;
  static constexpr bool kRows = true;

  [[nodiscard]] std::ptrdiff_t offset() const { return 2 * first * n; }
  /// The block of the plane `from`, or a copy of it in `edge`.
  const float* in(const float* from, float* edge) const {
    if (lines == kWidth) {
      return from + offset();
    }
    for (std::ptrdiff_t i = 0; i < kWidth * 2 * n; ++i) {
      edge[i] = i < lines * 2 * n ? from[offset() + i] : 0.0f;
    }
    return edge;
  }
  float* out(float* to, float* edge) const { return lines == kWidth ? to + offset() : edge; }
  void finish(float* to, const float* edge) const {
    for (std::ptrdiff_t i = 0; lines < kWidth && i < lines * 2 * n; ++i) {
      to[offset() + i] = edge[i];
    }
  }
  void load_points(float* points, const float* block, std::ptrdiff_t at, std::ptrdiff_t count,
                   Parts parts) const {
    rows_to_points(points, block + 2 * at, 2 * n, count, parts);
  }
  template <typename F>
  void each_point(const float* block, std::ptrdiff_t at, std::ptrdiff_t count, F&& f) const {
    each_point_of_rows(block + 2 * at, 2 * n, count, f);
  }
  void store_points(float* block, const float* points, std::ptrdiff_t at, std::ptrdiff_t count,
                    Parts parts) const {
    points_to_rows(block + 2 * at, 2 * n, points, count, parts);
  }
  [[nodiscard]] const float* weight(const float* weights, std::ptrdiff_t stride, std::ptrdiff_t at,
                                    std::ptrdiff_t lane) const {
    return weights + (first + lane) * stride + at;
  }
};

/// The same for neighbouring columns of arrays of width w, whose column `first` may be followed by column 0.
struct ColumnBlock {
  std::ptrdiff_t n, lines, first, w;
  static constexpr bool kRows = false;

  [[nodiscard]] bool whole() const { return lines == kWidth && first + kWidth <= w; }
  [[nodiscard]] std::ptrdiff_t stride() const { return whole() ? 2 * w : kPoint; }
  [[nodiscard]] std::ptrdiff_t before() const { return lines < w - first ? lines : w - first; }
  const float* in(const float* from, float* edge) const {
    if (whole()) {
      return from + 2 * first;
    }
    for (std::ptrdiff_t h = 0; h < n; ++h) {
      for (std::ptrdiff_t i = 0; i < kPoint; ++i) {
        const std::ptrdiff_t column = i < 2 * before() ? 2 * first + i : i - 2 * before();
        edge[h * kPoint + i] = i < 2 * lines ? from[2 * h * w + column] : 0.0f;
      }
    }
    return edge;
  }
  float* out(float* to, float* edge) const { return whole() ? to + 2 * first : edge; }
  void finish(float* to, const float* edge) const {
    for (std::ptrdiff_t h = 0; !whole() && h < n; ++h) {
      for (std::ptrdiff_t i = 0; i < 2 * lines; ++i) {
        const std::ptrdiff_t column = i < 2 * before() ? 2 * first + i : i - 2 * before();
        to[2 * h * w + column] = edge[h * kPoint + i];
      }
    }
  }
  void load_points(float* points, const float* block, std::ptrdiff_t at, std::ptrdiff_t count,
                   Parts parts) const {
    for (std::ptrdiff_t i = 0; i < count; ++i) {
      const float* from = block + (at + i) * stride();
      Vec re, im;
      separate(load(from), load(from + kWidth), re, im);
      store(points + i * kPoint + parts.re, re);
      store(points + i * kPoint + parts.im, im);
    }
  }
  void store_points(float* block, const float* points, std::ptrdiff_t at, std::ptrdiff_t count,
                    Parts parts) const {
    for (std::ptrdiff_t i = 0; i < count; ++i) {
      float* to = block + (at + i) * stride();
      Vec a, b;
      join(load(points + i * kPoint + parts.re), load(points + i * kPoint + parts.im), a, b);
      store(to, a);
      store(to + kWidth, b);
    }
  }
  [[nodiscard]] const float* weight(const float* weights, std::ptrdiff_t row_stride, std::ptrdiff_t at,
                                    std::ptrdiff_t lane) const {
    return weights + at * row_stride + (first + lane < w ? first + lane : first + lane - w);
  }
};

/// Asks for a block of rows, which is one piece of memory, while another is worked on: a part with every
/// `count` of the 2 n points that go in and come out. In the order of memory: kWidth rows side by side, as
/// load_points reads them, are more streams than the memory and the hardware's own looking ahead are good at.
/// Columns need no help.
class Ahead {
 public:
  template <typename Block>
  Ahead(const Block& block, const float* from) {
    if constexpr (Block::kRows) {
      if (from != nullptr) {
        at_ = from + block.offset();
        end_ = at_ + 2 * block.lines * block.n;
      }
    }
  }
  void fetch(std::ptrdiff_t count) {
    const float* const to = at_ + count * kWidth < end_ ? at_ + count * kWidth : end_;
    for (; at_ < to; at_ += kCacheLine) {
      __builtin_prefetch(at_, 0, 2);
    }
  }

 private:
  const float *at_ = nullptr, *end_ = nullptr;
};

/// Points [index, index + count) of a block, index 0 at its centre.
template <typename Block>
inline void load_centred(const Block& block, float* points, const float* from, std::ptrdiff_t index,
                         std::ptrdiff_t count, std::ptrdiff_t centre, Parts parts) {
  for_runs(index, count, centre, block.n, [&](std::ptrdiff_t to, std::ptrdiff_t at, std::ptrdiff_t length) {
    block.load_points(points + to * kPoint, from, at, length, parts);
  });
}
template <typename Block>
inline void store_centred(const Block& block, float* to, const float* points, std::ptrdiff_t index,
                          std::ptrdiff_t count, std::ptrdiff_t centre, Parts parts) {
  for_runs(index, count, centre, block.n, [&](std::ptrdiff_t from, std::ptrdiff_t at, std::ptrdiff_t length) {
    block.store_points(to, points + from * kPoint, at, length, parts);
  });
}

/// Weights of the block's lines at index k, counted from the centre, kWidth for every point. False if there
/// are none.
template <typename Block>
inline bool fill_weights(float* filled, const Block& block, const SenseArrays& arrays,
                         std::ptrdiff_t centre) {
  if (arrays.weights == nullptr) {
    return false;
  }
  for (std::ptrdiff_t k = 0; k < block.n; ++k) {
    const std::ptrdiff_t at = k + centre < block.n ? k + centre : k + centre - block.n;
    float* to = filled + k * kWidth;
    if (Block::kRows && arrays.weights_stride == 0) {
      store(to, Vec{} + arrays.weights[at]);
      continue;
    }
    for (std::ptrdiff_t lane = 0; lane < kWidth; ++lane) {
      to[lane] = lane < block.lines ? *block.weight(arrays.weights, arrays.weights_stride, at, lane) : 0.0f;
    }
  }
  return true;
}

/// points *= weights.
inline void weigh(float* points, const float* weights, std::ptrdiff_t count) {
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const Vec w = load(weights + i * kWidth);
    float* at = points + i * kPoint;
    store(at, load(at) * w);
    store(at + kWidth, load(at + kWidth) * w);
  }
}

/// to = a b.
inline void multiply(float* to, const float* a, const float* b, std::ptrdiff_t count) {
  for (std::ptrdiff_t i = 0; i < count * kPoint; i += kPoint) {
    const Vec ar = load(a + i), ai = load(a + i + kWidth), br = load(b + i), bi = load(b + i + kWidth);
    store(to + i, ar * br - ai * bi);
    store(to + i + kWidth, ar * bi + ai * br);
  }
}

/// sum = conj(maps) z for the first coil, sum += conj(maps) z for others; z has its parts swapped.
inline void add_conjugate(float* sum, const float* maps, const float* z, std::ptrdiff_t count,
                          bool first_coil) {
  const Parts parts(true);
  for (std::ptrdiff_t i = 0; i < count * kPoint; i += kPoint) {
    const Vec sr = load(maps + i), si = load(maps + i + kWidth);
    const Vec zr = load(z + i + parts.re), zi = load(z + i + parts.im);
    const Vec re = first_coil ? Vec{} : load(sum + i), im = first_coil ? Vec{} : load(sum + i + kWidth);
    store(sum + i, re + sr * zr + si * zi);
    store(sum + i + kWidth, im + sr * zi - si * zr);
  }
}

/// Forward, times weights, and back: from = points after all but the last pass of plans.forward. Ends with
/// store(points, index, count) of the swapped parts.
template <typename Store>
inline void there_and_back(const FourierPlans& plans, const LineWork& work, float* from, float* spare,
                           const float* weights, float* whole, Store&& put) {
  const FourierPlan &there = plans.forward, &back = plans.inverse_order;
  const auto turn = [&](float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
    for (std::ptrdiff_t i = 0; i < count; ++i) {
      float* at = points + i * kPoint;
      const Vec w = weights != nullptr ? load(weights + (index + i) * kWidth) : Vec{} + 1.0f;
      const Vec re = load(at) * w, im = load(at + kWidth) * w;
      store(at, im);
      store(at + kWidth, re);
    }
  };
  const FourierPass &last = there.pass[there.passes - 1], &first = back.pass[0];
  if (there.passes == 1 || last.s < kFewest) {
    last_pass(there, work, from, spare, [&](float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
      turn(points, index, count);
      __builtin_memcpy(whole + index * kPoint, points,
                       static_cast<std::size_t>(count * kPoint) * sizeof(float));
    });
    transform_lines(
        back, work,
        [&](float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
          __builtin_memcpy(points, whole + index * kPoint,
                           static_cast<std::size_t>(count * kPoint) * sizeof(float));
        },
        put);
    return;
  }
  // The last pass there and the first one back work on the same points of a tile.
  const std::ptrdiff_t R = last.radix, s = last.s, row = kFourierTile * kPoint;
  const Codelet codelet = codelet_for(last);
  for (std::ptrdiff_t q = 0; q < s; q += kFourierTile) {
    const std::ptrdiff_t count = s - q < kFourierTile ? s - q : kFourierTile;
    codelet({work.tile, from + q * kPoint, nullptr, row, kPoint, s * kPoint, kPoint, 0, count, &last,
             work.folded});
    for (std::ptrdiff_t k = 0; k < R; ++k) {
      turn(work.tile + k * row, q + s * k, count);
    }
    codelet({spare + q * R * kPoint, work.tile, first.twiddles + 2 * q * R, kPoint, R * kPoint, row, kPoint,
             2 * R, count, &first, work.folded});
  }
  float* const end = middle_passes(back, work, spare, from);
  last_pass(back, work, end, end == spare ? from : spare, put);
}

}  // namespace selfsame::SELFSAME_ISA
