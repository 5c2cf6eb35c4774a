// SPDX-License-Identifier: Apache-2.0
#include "kernels/standardize/standardize.hpp"

#include <cmath>
#include <limits>

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/standardize/standardize_coefficients.hpp"
#include "kernels/standardize/standardize_gpu.hpp"
#include "kernels/standardize/standardize_reference.hpp"
#include "kernels/standardize/standardize_versions.hpp"

namespace selfsame {
namespace {

using KernelTable = const StandardizeKernels& (*)();

/// Row `row` of plane `unit` of a tensor without gaps, from `left` on.
template <typename T>
T* row_of(T* data, const Shape4& shape, std::int64_t unit, std::int64_t row, std::int64_t left) {
  return data + (unit * shape.h + row) * shape.w + left;
}

/// Zeros around the window (h, w) of a plane.
void clear_margin(float* plane, const Shape4& outer, const Shape4& inner, const StandardizeOptions& o) {
  std::fill(plane, plane + o.top * outer.w, 0.0f);
  for (std::int64_t row = o.top; row < o.top + inner.h; ++row) {
    std::fill(plane + row * outer.w, plane + row * outer.w + o.left, 0.0f);
    std::fill(plane + row * outer.w + o.left + inner.w, plane + (row + 1) * outer.w, 0.0f);
  }
  std::fill(plane + (o.top + inner.h) * outer.w, plane + outer.h * outer.w, 0.0f);
}

template <KernelTable kernels>
void forward(TensorView y, TensorView mean, TensorView std, ConstTensorView x, const StandardizeOptions& o,
             Stream& stream) {
  const StandardizeKernels& k = kernels();
  const float limit = o.limit > 0 ? static_cast<float>(o.limit) : std::numeric_limits<float>::infinity();
  stream.pool().run(x.shape.n * x.shape.c, [&](std::int64_t unit, int) {
    const float* in = x.as<float>() + unit * x.plane();
    const double m = k.sum(in, x.plane(), 0.0, false) / static_cast<double>(x.plane());
    const double squares = k.sum(in, x.plane(), m, true);
    const double s = std::sqrt(squares / standardize::divisor(x.plane(), o.unbiased));
    mean.as<float>()[unit] = static_cast<float>(m);
    std.as<float>()[unit] = static_cast<float>(s);
    clear_margin(y.as<float>() + unit * y.plane(), y.shape, x.shape, o);
    for (std::int64_t h = 0; h < x.shape.h; ++h) {
      k.scale(row_of(y.as<float>(), y.shape, unit, o.top + h, o.left), in + h * x.shape.w, x.shape.w,
              static_cast<float>(m), static_cast<float>(standardize::factor(s, o.eps)), limit);
    }
  });
}

template <KernelTable kernels>
void backward(TensorView dx, ConstTensorView dy, ConstTensorView y, ConstTensorView std,
              ConstTensorView dmean, ConstTensorView dstd, const StandardizeOptions& o, Stream& stream) {
  const StandardizeKernels& k = kernels();
  stream.pool().run(dx.shape.n * dx.shape.c, [&](std::int64_t unit, int) {
    double sums[2] = {};
    const auto window = [&](const ConstTensorView& t, std::int64_t h) {
      return row_of(t.as<float>(), t.shape, unit, o.top + h, o.left);
    };
    for (std::int64_t h = 0; h < dx.shape.h; ++h) {
      k.dots(sums, window(dy, h), window(y, h), dx.shape.w);
    }
    const standardize::Backward b = standardize::backward_terms(
        sums[0], sums[1], std.as<float>()[unit], dmean.empty() ? 0.0f : dmean.as<float>()[unit],
        dstd.empty() ? 0.0f : dstd.as<float>()[unit], o.eps, standardize::divisor(dx.plane(), o.unbiased),
        dx.plane());
    for (std::int64_t h = 0; h < dx.shape.h; ++h) {
      k.combine(row_of(dx.as<float>(), dx.shape, unit, h, 0), window(dy, h), window(y, h), dx.shape.w,
                static_cast<float>(b.slope), static_cast<float>(b.offset), static_cast<float>(b.tilt));
    }
  });
}

template <KernelTable kernels>
void back_forward(TensorView z, ConstTensorView y, ConstTensorView mean, ConstTensorView std,
                  const StandardizeOptions& o, Stream& stream) {
  stream.pool().run(z.shape.n * z.shape.c, [&](std::int64_t unit, int) {
    for (std::int64_t h = 0; h < z.shape.h; ++h) {
      kernels().combine(row_of(z.as<float>(), z.shape, unit, h, 0),
                        row_of(y.as<float>(), y.shape, unit, o.top + h, o.left), nullptr, z.shape.w,
                        std.as<float>()[unit], mean.as<float>()[unit], 0.0f);
    }
  });
}

template <KernelTable kernels>
void back_backward(TensorView dy, TensorView dmean, TensorView dstd, ConstTensorView dz, ConstTensorView y,
                   ConstTensorView std, const StandardizeOptions& o, Stream& stream) {
  const StandardizeKernels& k = kernels();
  stream.pool().run(dz.shape.n * dz.shape.c, [&](std::int64_t unit, int) {
    double sums[2] = {};
    clear_margin(dy.as<float>() + unit * dy.plane(), dy.shape, dz.shape, o);
    for (std::int64_t h = 0; h < dz.shape.h; ++h) {
      const float* d = row_of(dz.as<float>(), dz.shape, unit, h, 0);
      if (!dmean.empty()) {
        k.dots(sums, d, row_of(y.as<float>(), y.shape, unit, o.top + h, o.left), dz.shape.w);
      }
      k.combine(row_of(dy.as<float>(), dy.shape, unit, o.top + h, o.left), d, nullptr, dz.shape.w,
                std.as<float>()[unit], 0.0f, 0.0f);
    }
    if (!dmean.empty()) {
      dmean.as<float>()[unit] = static_cast<float>(sums[0]);
      dstd.as<float>()[unit] = static_cast<float>(sums[1]);
    }
  });
}

template <Isa isa>
bool runs(const ElementwiseProblem& p) {
  return isa_available(isa) && p.dtype == DType::kF32;
}
[[maybe_unused]] bool runs_on_gpu(const ElementwiseProblem& p) { return p.dtype == DType::kF32; }

template <Isa isa, KernelTable kernels>
constexpr StandardizeImplementation fast(const char* name) {
  return {
      name, runs<isa>, forward<kernels>, backward<kernels>, back_forward<kernels>, back_backward<kernels>};
}

#define SELFSAME_ENTRY(space, device)                             \
  StandardizeImplementation{"gpu",                                \
                            runs_on_gpu,                          \
                            space::standardize_op::forward,       \
                            space::standardize_op::backward,      \
                            space::standardize_op::back_forward,  \
                            space::standardize_op::back_backward, \
                            device},

constexpr StandardizeImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY) fast<Isa::kAvx512, avx512::standardize_kernels>("avx512"),
    fast<Isa::kAvx2, avx2::standardize_kernels>("avx2"),
    fast<Isa::kBaseline, baseline::standardize_kernels>("baseline"),
    {"reference", elementwise::is_real, standardize_reference::forward, standardize_reference::backward,
     standardize_reference::back_forward, standardize_reference::back_backward},
};

void check_plain(const ConstTensorView& t, const ConstTensorView& x, const char* name) {
  SELFSAME_CHECK(t.block == 1 && t.split == 0 && t.sample_stride == t.shape.c * t.plane() &&
                     t.shape.n == x.shape.n && t.shape.c == x.shape.c && t.dtype == x.dtype,
                 "{} {} {} of block {} and sample stride {} for {} {}", name, t.shape.text(),
                 name_of(t.dtype), t.block, t.sample_stride, x.shape.text(), name_of(x.dtype));
}

/// @param x  the planes of the window, y the planes around it
void check(const ConstTensorView& x, const ConstTensorView& y, const StandardizeOptions& o) {
  check_plain(x, x, "planes");
  check_plain(y, x, "larger planes");
  SELFSAME_CHECK(x.plane() > 0 && o.top >= 0 && o.left >= 0 && o.top + x.shape.h <= y.shape.h &&
                     o.left + x.shape.w <= y.shape.w && o.eps >= 0,
                 "planes {} at ({}, {}) of {}, eps {}", x.shape.text(), o.top, o.left, y.shape.text(), o.eps);
}

void check_statistic(const ConstTensorView& s, const ConstTensorView& x, const char* name) {
  check_plain(s, x, name);
  SELFSAME_CHECK(s.plane() == 1, "{} {} for {}", name, s.shape.text(), x.shape.text());
}

const StandardizeImplementation& select(const ConstTensorView& x, Stream& stream) {
  return select_implementation("standardize", standardize_implementations(),
                               ElementwiseProblem{x.dtype, x.block}, stream);
}

}  // namespace

std::span<const StandardizeImplementation> standardize_implementations() { return kImplementations; }

std::size_t standardize_workspace(const Shape4& x, DeviceKind device) {
  if (device == DeviceKind::kCpu) {
    return 0;
  }
  const std::int64_t pieces = (x.h * x.w + kStandardizePiece - 1) / kStandardizePiece, planes = x.n * x.c;
  return Scratch::rounded(static_cast<std::size_t>(planes * pieces) * 2 * sizeof(double)) +
         Scratch::rounded(static_cast<std::size_t>(planes) * 2 * sizeof(double));
}

void standardize_forward(TensorView y, TensorView mean, TensorView std, ConstTensorView x,
                         const StandardizeOptions& options, Stream& stream) {
  const OpRange range(stream, "standardize.forward");
  check(x, y, options);
  check_statistic(mean, x, "mean");
  check_statistic(std, x, "std");
  select(x, stream).forward(y, mean, std, x, options, stream);
}

void standardize_backward(TensorView dx, ConstTensorView dy, ConstTensorView y, ConstTensorView std,
                          ConstTensorView dmean, ConstTensorView dstd, const StandardizeOptions& options,
                          Stream& stream) {
  const OpRange range(stream, "standardize.backward");
  check(dx, dy, options);
  elementwise::check_same_layout(dy, y, "dy", "y");
  check_plain(y, dx, "y");
  check_statistic(std, dx, "std");
  SELFSAME_CHECK(dmean.empty() == dstd.empty() && !(options.limit > 0),
                 "gradients at the mean and std: one without the other, or a limit of {}", options.limit);
  if (!dmean.empty()) {
    check_statistic(dmean, dx, "dmean");
    check_statistic(dstd, dx, "dstd");
  }
  select(dx, stream).backward(dx, dy, y, std, dmean, dstd, options, stream);
}

void unstandardize_forward(TensorView z, ConstTensorView y, ConstTensorView mean, ConstTensorView std,
                           const StandardizeOptions& options, Stream& stream) {
  const OpRange range(stream, "unstandardize.forward");
  check(z, y, options);
  check_statistic(mean, z, "mean");
  check_statistic(std, z, "std");
  select(z, stream).back_forward(z, y, mean, std, options, stream);
}

void unstandardize_backward(TensorView dy, TensorView dmean, TensorView dstd, ConstTensorView dz,
                            ConstTensorView y, ConstTensorView std, const StandardizeOptions& options,
                            Stream& stream) {
  const OpRange range(stream, "unstandardize.backward");
  check(dz, dy, options);
  check_statistic(std, dz, "std");
  SELFSAME_CHECK(dmean.empty() == dstd.empty() && (dmean.empty() || !y.empty()),
                 "gradients at the mean and std without each other or without y");
  if (!dmean.empty()) {
    elementwise::check_same_layout(ConstTensorView(dy), y, "dy", "y");
    check_plain(y, dz, "y");
    check_statistic(dmean, dz, "dmean");
    check_statistic(dstd, dz, "dstd");
  }
  select(dz, stream).back_backward(dy, dmean, dstd, dz, y, std, options, stream);
}

}  // namespace selfsame
