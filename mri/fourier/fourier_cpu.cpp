// SPDX-License-Identifier: Apache-2.0
#include "mri/fourier/fourier_cpu.hpp"

#include <algorithm>

namespace selfsame::fourier_cpu {
namespace {

/// From here on results are written past the caches: they would not stay there until they are read.
constexpr std::size_t kStaysInCache = std::size_t{4} << 20;

/// Work memory of one thread, in floats; whole cache lines.
std::size_t work_per_thread(const FourierKernels& kernels, Shape4 shape, FourierAxes axes) {
  std::size_t floats = 0;
  if (axes != FourierAxes::kHeight) {
    floats = std::max(floats, fourier_block_work(fourier_plans(shape.w).forward, kernels.lanes));
  }
  if (axes != FourierAxes::kWidth) {
    floats = std::max(floats, fourier_block_work(fourier_plans(shape.h).forward, kernels.lanes));
  }
  return (floats + 15) / 16 * 16;
}

std::size_t between(const FourierKernels& kernels, Shape4 shape, FourierAxes axes) {
  return axes == FourierAxes::kBoth ? fourier_between(shape.h, shape.w, kernels.lanes) : 0;
}

/// One pass over all planes.
struct Transform {
  const FourierKernels& kernels;
  float* y;
  const float* x;
  std::int64_t planes, h, w;
  bool inverse, past_caches;
  float* work;
  std::size_t per_thread;

  [[nodiscard]] std::int64_t blocks(std::int64_t lines) const {
    return (lines + kernels.lanes - 1) / kernels.lanes;
  }
  [[nodiscard]] float* work_of(int thread) const {
    return work + static_cast<std::size_t>(thread) * per_thread;
  }

  /// Rows of all planes are one list.
  void rows(ThreadPool& pool) const {
    const FourierPlan& plan = fourier_plans(w).forward;
    const std::int64_t lines = planes * h;
    pool.run(blocks(lines), [&](std::int64_t unit, int thread) {
      const std::int64_t first = unit * kernels.lanes, at = 2 * first * w;
      kernels.rows({&plan, y + at, x + at, 2 * w, std::min<std::int64_t>(kernels.lanes, lines - first),
                    work_of(thread), inverse, false});
    });
  }

  void columns(ThreadPool& pool) const {
    const FourierPlan& plan = fourier_plans(h).forward;
    const std::int64_t per_plane = blocks(w);
    pool.run(planes * per_plane, [&](std::int64_t unit, int thread) {
      const std::int64_t first = unit % per_plane * kernels.lanes,
                         at = 2 * (unit / per_plane * h * w + first);
      kernels.columns({&plan, y + at, x + at, 2 * w, std::min<std::int64_t>(kernels.lanes, w - first),
                       work_of(thread), inverse, past_caches});
    });
  }

  /// A plane stays with its thread, in whose cache its first half waits for the second. Planes that do not go
  /// round are shared, half by half.
  void both(ThreadPool& pool, float* between, std::size_t between_floats) const {
    const FourierPlan &along_w = fourier_plans(w).forward, &along_h = fourier_plans(h).forward;
    const auto plane = [&](std::int64_t p, int thread, int memory) {
      return FourierPlane{&along_w,
                          &along_h,
                          y + 2 * p * h * w,
                          x + 2 * p * h * w,
                          between + static_cast<std::size_t>(memory) * between_floats,
                          work_of(thread),
                          inverse,
                          past_caches};
    };
    const std::int64_t whole = planes - planes % pool.threads();
    pool.run(whole, [&](std::int64_t p, int thread) {
      const FourierPlane mine = plane(p, thread, thread);
      for (std::int64_t b = 0; b < blocks(h); ++b) {
        kernels.plane_rows(mine, b);
      }
      for (std::int64_t b = 0; b < blocks(w); ++b) {
        kernels.plane_columns(mine, b);
      }
    });
    for (std::int64_t p = whole; p < planes; ++p) {
      pool.run(blocks(h), [&](std::int64_t b, int thread) { kernels.plane_rows(plane(p, thread, 0), b); });
      pool.run(blocks(w), [&](std::int64_t b, int thread) { kernels.plane_columns(plane(p, thread, 0), b); });
    }
  }
};

}  // namespace

std::size_t prepare(const FourierKernels& kernels, Shape4 shape, FourierAxes axes, Stream& stream) {
  const auto threads = static_cast<std::size_t>(stream.pool().threads());
  return Scratch::rounded(threads * work_per_thread(kernels, shape, axes) * sizeof(float)) +
         Scratch::rounded(threads * between(kernels, shape, axes) * sizeof(float));
}

void transform(const FourierKernels& kernels, ComplexView y, ConstComplexView x, FourierAxes axes,
               FourierDirection direction, Stream& stream) {
  ThreadPool& pool = stream.pool();
  const auto threads = static_cast<std::size_t>(pool.threads());
  const std::size_t per_thread = work_per_thread(kernels, x.shape, axes);
  const std::size_t between_floats = between(kernels, x.shape, axes);
  Scratch scratch(stream);
  const Transform all{kernels,
                      y.as<float>(),
                      x.as<float>(),
                      x.shape.n * x.shape.c,
                      x.shape.h,
                      x.shape.w,
                      direction == FourierDirection::kInverse,
                      y.bytes() > kStaysInCache,
                      scratch.take<float>(threads * per_thread),
                      per_thread};
  switch (axes) {
    case FourierAxes::kWidth:
      return all.rows(pool);
    case FourierAxes::kHeight:
      return all.columns(pool);
    case FourierAxes::kBoth:
      return all.both(pool, scratch.take<float>(threads * between_floats), between_floats);
  }
}

}  // namespace selfsame::fourier_cpu
