// SPDX-License-Identifier: Apache-2.0
// mri/fourier/fourier.hpp for blocks of lines side by side in a register. An inverse transform is a forward
// one with real and imaginary parts swapped on the way in and out.
#include "mri/fourier/fourier_between.hpp"
#include "mri/fourier/fourier_lines.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

void copy(float* to, const float* from, std::ptrdiff_t count) {
  __builtin_memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
}

void clear(float* to, std::ptrdiff_t count) {
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    to[i] = 0;
  }
}

struct RowsIn {
  const float* x;
  std::ptrdiff_t stride, n, centre;
  Parts parts;
  void operator()(float* points, std::ptrdiff_t index, std::ptrdiff_t count) const {
    for_runs(index, count, centre, n, [&](std::ptrdiff_t to, std::ptrdiff_t at, std::ptrdiff_t length) {
      rows_to_points(points + to * kPoint, x + 2 * at, stride, length, parts);
    });
  }
};

struct RowsOut {
  float* y;
  std::ptrdiff_t stride, n, centre;
  Parts parts;
  void operator()(const float* points, std::ptrdiff_t index, std::ptrdiff_t count) const {
    for_runs(index, count, centre, n, [&](std::ptrdiff_t from, std::ptrdiff_t at, std::ptrdiff_t length) {
      points_to_rows(y + 2 * at, stride, points + from * kPoint, length, parts);
    });
  }
};

struct ColumnsIn {
  const float* x;
  std::ptrdiff_t stride, n, centre;
  Parts parts;
  void operator()(float* points, std::ptrdiff_t index, std::ptrdiff_t count) const {
    for_runs(index, count, centre, n, [&](std::ptrdiff_t to, std::ptrdiff_t at, std::ptrdiff_t length) {
      for (std::ptrdiff_t i = 0; i < length; ++i) {
        const float* from = x + (at + i) * stride;
        Vec re, im;
        separate(load(from), load(from + kWidth), re, im);
        store(points + (to + i) * kPoint + parts.re, re);
        store(points + (to + i) * kPoint + parts.im, im);
      }
    });
  }
};

template <bool kPastCaches>
struct ColumnsOut {
  float* y;
  std::ptrdiff_t stride, n, centre;
  Parts parts;
  void operator()(const float* points, std::ptrdiff_t index, std::ptrdiff_t count) const {
    for_runs(index, count, centre, n, [&](std::ptrdiff_t from, std::ptrdiff_t at, std::ptrdiff_t length) {
      for (std::ptrdiff_t i = 0; i < length; ++i) {
        const float* point = points + (from + i) * kPoint;
        float* to = y + (at + i) * stride;
        Vec a, b;
        join(load(point + parts.re), load(point + parts.im), a, b);
        if constexpr (kPastCaches) {
          store_past_caches(to, a);
          store_past_caches(to + kWidth, b);
        } else {
          store(to, a);
          store(to + kWidth, b);
        }
      }
    });
  }
};

void rows(const FourierBlock& block) {
  const FourierPlan& plan = *block.plan;
  const LineWork work(plan, block.work);
  const Parts parts(block.inverse);
  const std::ptrdiff_t width = 2 * plan.n;
  if (block.lines == kWidth) {
    transform_lines(plan, work, RowsIn{block.x, block.stride, plan.n, plan.centre, parts},
                    RowsOut{block.y, block.stride, plan.n, plan.centre, parts});
    return;
  }
  float* edge = block.work + FourierWorkSize(plan, kWidth).floats();
  for (std::ptrdiff_t r = 0; r < block.lines; ++r) {
    copy(edge + r * width, block.x + r * block.stride, width);
  }
  clear(edge + block.lines * width, (kWidth - block.lines) * width);
  transform_lines(plan, work, RowsIn{edge, width, plan.n, plan.centre, parts},
                  RowsOut{edge, width, plan.n, plan.centre, parts});
  for (std::ptrdiff_t r = 0; r < block.lines; ++r) {
    copy(block.y + r * block.stride, edge + r * width, width);
  }
}

/// y rows past the caches, if they lie on whole cache lines.
bool past_caches(bool wanted, const float* y, std::ptrdiff_t stride) {
  return wanted && reinterpret_cast<std::uintptr_t>(y) % 64 == 0 && stride % 16 == 0 && kWidth >= 8;
}

template <typename Load>
void columns_out(const FourierPlan& plan, const LineWork& work, bool skip_caches, float* y,
                 std::ptrdiff_t stride, Parts parts, const Load& load) {
  if (past_caches(skip_caches, y, stride)) {
    transform_lines(plan, work, load, ColumnsOut<true>{y, stride, plan.n, plan.centre, parts});
    order_stores();
  } else {
    transform_lines(plan, work, load, ColumnsOut<false>{y, stride, plan.n, plan.centre, parts});
  }
}

void columns(const FourierBlock& block) {
  const FourierPlan& plan = *block.plan;
  const LineWork work(plan, block.work);
  const Parts parts(block.inverse);
  if (block.lines == kWidth) {
    columns_out(plan, work, block.past_caches, block.y, block.stride, parts,
                ColumnsIn{block.x, block.stride, plan.n, plan.centre, parts});
    return;
  }
  float* edge = block.work + FourierWorkSize(plan, kWidth).floats();
  clear(edge, plan.n * kPoint);
  for (std::ptrdiff_t h = 0; h < plan.n; ++h) {
    copy(edge + h * kPoint, block.x + h * block.stride, 2 * block.lines);
  }
  columns_out(plan, work, false, edge, kPoint, parts, ColumnsIn{edge, kPoint, plan.n, plan.centre, parts});
  for (std::ptrdiff_t h = 0; h < plan.n; ++h) {
    copy(block.y + h * block.stride, edge + h * kPoint, 2 * block.lines);
  }
}

void plane_rows(const FourierPlane& plane, std::ptrdiff_t block) {
  const FourierPlan& plan = *plane.rows;
  const LineWork work(plan, plane.work);
  const std::ptrdiff_t H = plane.columns->n, width = 2 * plan.n, first = block * kWidth;
  const std::ptrdiff_t lines = kWidth < H - first ? kWidth : H - first;
  const float* from = plane.x + first * width;
  if (lines < kWidth) {
    float* edge = plane.work + FourierWorkSize(plan, kWidth).floats();
    copy(edge, from, lines * width);
    clear(edge + lines * width, (kWidth - lines) * width);
    from = edge;
  }
  const std::ptrdiff_t height = fourier_between_rows(H, kWidth);
  float* between = plane.between + first * kGroupRow;
  clear_between(between, height, plan.n);
  transform_lines(plan, work, RowsIn{from, width, plan.n, plan.centre, Parts(plane.inverse)},
                  [&](const float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
                    points_to_between(between, height, points, index, count);
                  });
}

void plane_columns(const FourierPlane& plane, std::ptrdiff_t block) {
  const FourierPlan& plan = *plane.columns;
  const LineWork work(plan, plane.work);
  const Parts parts(plane.inverse);
  const std::ptrdiff_t W = plane.rows->n, first = block * kWidth;
  const std::ptrdiff_t column = (first + plane.rows->centre) % W,
                       lines = kWidth < W - first ? kWidth : W - first;
  const BetweenColumns columns_in(plane.between, fourier_between_rows(plan.n, kWidth), block);
  const auto load_centred = [&](float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
    for_runs(index, count, plan.centre, plan.n,
             [&](std::ptrdiff_t to, std::ptrdiff_t at, std::ptrdiff_t length) {
               columns_in.load_points(points + to * kPoint, at, length);
             });
  };
  if (lines == kWidth && column + kWidth <= W) {
    columns_out(plan, work, plane.past_caches, plane.y + 2 * column, 2 * W, parts, load_centred);
    return;
  }
  float* edge = plane.work + FourierWorkSize(plan, kWidth).floats();
  columns_out(plan, work, false, edge, kPoint, parts, load_centred);
  const std::ptrdiff_t before = lines < W - column ? lines : W - column;  // the array's end
  for (std::ptrdiff_t h = 0; h < plan.n; ++h) {
    copy(plane.y + 2 * (h * W + column), edge + h * kPoint, 2 * before);
    copy(plane.y + 2 * h * W, edge + h * kPoint + 2 * before, 2 * (lines - before));
  }
}

constexpr FourierKernels kKernels{kWidth, rows, columns, plane_rows, plane_columns};

}  // namespace

const FourierKernels& fourier_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
