// SPDX-License-Identifier: Apache-2.0
// The definition of correct for mri/fourier/fourier.hpp: the sum itself, in double, for float or double
// storage.
#include "mri/fourier/fourier_reference.hpp"

#include <complex>
#include <numbers>
#include <vector>

#include "kernels/device/elementwise.hpp"

namespace selfsame::fourier_reference {
namespace {

using Complex = std::complex<double>;

/// exp(2 pi i m / n), m = 0 ... n-1.
std::vector<Complex> roots(std::int64_t n) {
  std::vector<Complex> root(static_cast<std::size_t>(n));
  for (std::int64_t m = 0; m < n; ++m) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(m) / static_cast<double>(n);
    root[static_cast<std::size_t>(m)] = {std::cos(angle), std::sin(angle)};
  }
  return root;
}

void transform_line(std::span<Complex> out, std::span<const Complex> in, std::span<const Complex> root,
                    bool forward) {
  const auto n = static_cast<std::int64_t>(in.size()), c = n / 2;
  for (std::int64_t k = 0; k < n; ++k) {
    Complex sum = 0;
    for (std::int64_t j = 0; j < n; ++j) {
      const std::int64_t m = (((j - c) * (k - c)) % n + n) % n;
      const Complex r = root[static_cast<std::size_t>(m)];
      sum += in[static_cast<std::size_t>(j)] * (forward ? std::conj(r) : r);
    }
    out[static_cast<std::size_t>(k)] = sum / std::sqrt(static_cast<double>(n));
  }
}

/// Transforms `lines` lines of `n` points that begin at first(line) and go on in steps of `stride`.
template <typename First>
void transform_lines(std::vector<Complex>& plane, std::int64_t lines, std::int64_t n, std::int64_t stride,
                     bool forward, First&& first) {
  const std::vector<Complex> root = roots(n);
  std::vector<Complex> in(static_cast<std::size_t>(n)), out(static_cast<std::size_t>(n));
  for (std::int64_t line = 0; line < lines; ++line) {
    for (std::int64_t j = 0; j < n; ++j) {
      in[static_cast<std::size_t>(j)] = plane[static_cast<std::size_t>(first(line) + j * stride)];
    }
    transform_line(out, in, root, forward);
    for (std::int64_t j = 0; j < n; ++j) {
      plane[static_cast<std::size_t>(first(line) + j * stride)] = out[static_cast<std::size_t>(j)];
    }
  }
}

}  // namespace

std::size_t prepare(Shape4 /*shape*/, FourierAxes /*axes*/, Stream& /*stream*/) { return 0; }

void transform(ComplexView y, ConstComplexView x, FourierAxes axes, FourierDirection direction,
               Stream& stream) {
  const bool forward = direction == FourierDirection::kForward;
  const std::int64_t H = x.shape.h, W = x.shape.w;
  elementwise::for_dtype(y.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(x.shape.n * x.shape.c, [&](std::int64_t unit, int) {
      const Real* in = x.as<Real>() + unit * H * W * 2;
      Real* out = y.as<Real>() + unit * H * W * 2;
      std::vector<Complex> plane(static_cast<std::size_t>(H * W));
      for (std::size_t i = 0; i < plane.size(); ++i) {
        plane[i] = {static_cast<double>(in[2 * i]), static_cast<double>(in[2 * i + 1])};
      }
      if (axes != FourierAxes::kHeight) {
        transform_lines(plane, H, W, 1, forward, [&](std::int64_t row) { return row * W; });
      }
      if (axes != FourierAxes::kWidth) {
        transform_lines(plane, W, H, W, forward, [](std::int64_t column) { return column; });
      }
      for (std::size_t i = 0; i < plane.size(); ++i) {
        out[2 * i] = static_cast<Real>(plane[i].real());
        out[2 * i + 1] = static_cast<Real>(plane[i].imag());
      }
    });
  });
}

}  // namespace selfsame::fourier_reference
