// SPDX-License-Identifier: Apache-2.0
// complex_to_planes and planes_to_complex of mri/coils/coil_ops.hpp.
#include <algorithm>

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "mri/coils/coil_checks.hpp"
#include "mri/coils/coil_gpu.hpp"
#include "mri/coils/coil_pieces.hpp"
#include "mri/coils/coil_reference.hpp"

namespace selfsame {
namespace {

using coils::LoopTable;

/// Calls f(plane, row) for every row of `planes` planes, some rows to a unit of work.
template <typename F>
void for_each_row(std::int64_t planes, std::int64_t rows, Stream& stream, F&& f) {
  constexpr std::int64_t kRows = 16;
  const std::int64_t units = (rows + kRows - 1) / kRows;
  stream.pool().run(planes * units, [&](std::int64_t unit, int) {
    const std::int64_t first = unit % units * kRows;
    for (std::int64_t row = first; row < std::min(first + kRows, rows); ++row) {
      f(unit / units, row);
    }
  });
}

template <LoopTable loops>
void to_planes(TensorView planes, ConstComplexView z, PlanePadding padding, Stream& stream) {
  const std::int64_t h = planes.shape.h, w = planes.shape.w, H = z.shape.h, W = z.shape.w;
  for_each_row(planes.shape.n, h, stream, [&](std::int64_t plane, std::int64_t row) {
    float* real = planes.as<float>() + plane * planes.sample_stride + row * w;
    float* imaginary = real + h * w;
    const std::int64_t y = row - padding.top;
    const std::int64_t left = y >= 0 && y < H ? padding.left : w, right = y >= 0 && y < H ? left + W : w;
    for (float* part : {real, imaginary}) {
      std::fill(part, part + left, 0.0f);
      std::fill(part + right, part + w, 0.0f);
    }
    if (left < w) {
      loops().split(real + left, imaginary + left, z.as<float>() + (plane * H + y) * W * 2, W);
    }
  });
}

template <LoopTable loops>
void to_complex(ComplexView z, ConstTensorView planes, PlanePadding padding, Stream& stream) {
  const std::int64_t h = planes.shape.h, w = planes.shape.w, H = z.shape.h, W = z.shape.w;
  for_each_row(planes.shape.n, H, stream, [&](std::int64_t plane, std::int64_t y) {
    const float* real = planes.as<float>() + plane * planes.sample_stride + (y + padding.top) * w;
    loops().join(z.as<float>() + (plane * H + y) * W * 2, real + padding.left, real + h * w + padding.left,
                 W);
  });
}

#define SELFSAME_ENTRY(space, device) \
  {"gpu", coils::is_float, space::coil_ops::to_planes, space::coil_ops::to_complex, device},

constexpr ComplexPlanesImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"avx512", coils::is_float_on<Isa::kAvx512>,
                                          to_planes<avx512::coil_loops>, to_complex<avx512::coil_loops>},
    {"avx2", coils::is_float_on<Isa::kAvx2>, to_planes<avx2::coil_loops>, to_complex<avx2::coil_loops>},
    {"baseline", coils::is_float_on<Isa::kBaseline>, to_planes<baseline::coil_loops>,
     to_complex<baseline::coil_loops>},
    {"reference", coils::is_real, coil_reference::to_planes, coil_reference::to_complex},
};

const ComplexPlanesImplementation& select(DType dtype, Stream& stream) {
  return select_implementation("complex_planes", complex_planes_implementations(), CoilProblem{dtype},
                               stream);
}

void check(ConstTensorView planes, ConstComplexView z, PlanePadding padding) {
  const Shape4 p = planes.shape, s = z.shape;
  SELFSAME_CHECK(p.n == s.n * s.c && p.c == 2 && planes.block == 1 && planes.split == 0 &&
                     planes.dtype == z.dtype && padding.top >= 0 && padding.left >= 0 &&
                     padding.top + s.h <= p.h && padding.left + s.w <= p.w,
                 "planes {} {} block {}, complex {} {}, {} rows above and {} columns to the left", p.text(),
                 name_of(planes.dtype), planes.block, s.text(), name_of(z.dtype), padding.top, padding.left);
}

}  // namespace

std::span<const ComplexPlanesImplementation> complex_planes_implementations() { return kImplementations; }

void complex_to_planes(TensorView planes, ConstComplexView z, PlanePadding padding, Stream& stream) {
  const OpRange range(stream, "complex_to_planes");
  check(planes, z, padding);
  if (planes.shape.count() > 0) {
    select(z.dtype, stream).to_planes(planes, z, padding, stream);
  }
}

void planes_to_complex(ComplexView z, ConstTensorView planes, PlanePadding padding, Stream& stream) {
  const OpRange range(stream, "planes_to_complex");
  check(planes, z, padding);
  if (z.count() > 0) {
    select(z.dtype, stream).to_complex(z, planes, padding, stream);
  }
}

}  // namespace selfsame
