// SPDX-License-Identifier: Apache-2.0
#include "bench/support/unfused_sense.hpp"

#include <algorithm>
#include <cmath>

#include "mri/fourier/fourier_fftw.hpp"

namespace selfsame::bench {
namespace {

constexpr std::int64_t kRows = 16;  // of a unit of work

/// Calls f(plane, first row, rows) on pieces of all planes.
template <typename F>
void for_rows(ConstComplexView view, Stream& stream, F&& f) {
  const std::int64_t H = view.shape.h, pieces = (H + kRows - 1) / kRows;
  stream.pool().run(view.shape.n * view.shape.c * pieces, [&](std::int64_t unit, int) {
    const std::int64_t first = unit % pieces * kRows;
    f(unit / pieces, first, std::min(kRows, H - first));
  });
}

/// to[(i + shift) mod n] = scale * from[i] along both axes.
void shift(ComplexView to, ConstComplexView from, std::int64_t shift_h, std::int64_t shift_w, float scale,
           Stream& stream) {
  const std::int64_t H = from.shape.h, W = from.shape.w;
  for_rows(from, stream, [&](std::int64_t plane, std::int64_t first, std::int64_t rows) {
    for (std::int64_t h = first; h < first + rows; ++h) {
      const float* x = from.as<float>() + 2 * (plane * H + h) * W;
      float* y = to.as<float>() + 2 * (plane * H + (h + shift_h) % H) * W;
      const std::int64_t before = 2 * (W - shift_w);
      for (std::int64_t i = 0; i < before; ++i) {
        y[2 * shift_w + i] = x[i] * scale;
      }
      for (std::int64_t i = before; i < 2 * W; ++i) {
        y[i - before] = x[i] * scale;
      }
    }
  });
}

}  // namespace

UnfusedSense::UnfusedSense(ConstComplexView maps, ConstTensorView weights, FourierAxes axes, Stream& stream)
    : maps_(maps),
      weights_(weights),
      axes_(axes),
      stream_(stream),
      a_(maps.bytes(), DeviceKind::kCpu),
      b_(maps.bytes(), DeviceKind::kCpu),
      c_(maps.bytes(), DeviceKind::kCpu) {}

void UnfusedSense::expand(ComplexView to, ConstComplexView image) {
  const std::int64_t W = maps_.shape.w;
  for_rows(maps_, stream_, [&](std::int64_t plane, std::int64_t first, std::int64_t rows) {
    const float* s = maps_.as<float>() + 2 * (plane * maps_.shape.h + first) * W;
    const float* x = image.as<float>() + 2 * (plane / maps_.shape.c * maps_.shape.h + first) * W;
    float* y = to.as<float>() + 2 * (plane * maps_.shape.h + first) * W;
    for (std::int64_t i = 0; i < 2 * rows * W; i += 2) {
      y[i] = s[i] * x[i] - s[i + 1] * x[i + 1];
      y[i + 1] = s[i] * x[i + 1] + s[i + 1] * x[i];
    }
  });
}

void UnfusedSense::centred(ComplexView to, ConstComplexView from, FourierDirection direction) {
  const std::int64_t H = maps_.shape.h, W = maps_.shape.w;
  const bool along_h = axes_ != FourierAxes::kWidth, along_w = axes_ != FourierAxes::kHeight;
  const std::int64_t half_h = along_h ? H / 2 : 0, half_w = along_w ? W / 2 : 0;
  const double points = static_cast<double>(along_h ? H : 1) * static_cast<double>(along_w ? W : 1);
  const ComplexView shifted = stack(b_), transformed = stack(c_);
  shift(shifted, from, (H - half_h) % H, (W - half_w) % W, 1.0f, stream_);
  fourier_fftw::transform_uncentred(transformed, shifted, axes_, direction, stream_);
  shift(to, transformed, half_h, half_w, static_cast<float>(1 / std::sqrt(points)), stream_);
}

void UnfusedSense::weigh(ComplexView to, ConstComplexView from) {
  const std::int64_t H = maps_.shape.h, W = maps_.shape.w;
  for_rows(from, stream_, [&](std::int64_t plane, std::int64_t first, std::int64_t rows) {
    const std::int64_t n = plane / maps_.shape.c;
    for (std::int64_t h = first; h < first + rows; ++h) {
      const float* w =
          weights_.as<float>() + n * weights_.sample_stride + (weights_.shape.h == 1 ? 0 : h * W);
      const float* x = from.as<float>() + 2 * (plane * H + h) * W;
      float* y = to.as<float>() + 2 * (plane * H + h) * W;
      for (std::int64_t i = 0; i < W; ++i) {
        y[2 * i] = x[2 * i] * w[i];
        y[2 * i + 1] = x[2 * i + 1] * w[i];
      }
    }
  });
}

void UnfusedSense::multiply_conjugate(ComplexView to, ConstComplexView from) {
  const std::int64_t W = maps_.shape.w;
  for_rows(maps_, stream_, [&](std::int64_t plane, std::int64_t first, std::int64_t rows) {
    const std::int64_t at = 2 * (plane * maps_.shape.h + first) * W;
    const float *s = maps_.as<float>() + at, *x = from.as<float>() + at;
    float* y = to.as<float>() + at;
    for (std::int64_t i = 0; i < 2 * rows * W; i += 2) {
      y[i] = s[i] * x[i] + s[i + 1] * x[i + 1];
      y[i + 1] = s[i] * x[i + 1] - s[i + 1] * x[i];
    }
  });
}

void UnfusedSense::sum(ComplexView image, ConstComplexView from) {
  const std::int64_t H = maps_.shape.h, W = maps_.shape.w, C = maps_.shape.c;
  for_rows(image, stream_, [&](std::int64_t n, std::int64_t first, std::int64_t rows) {
    float* y = image.as<float>() + 2 * (n * H + first) * W;
    for (std::int64_t c = 0; c < C; ++c) {
      const float* x = from.as<float>() + 2 * ((n * C + c) * H + first) * W;
      for (std::int64_t i = 0; i < 2 * rows * W; ++i) {
        y[i] = c == 0 ? x[i] : y[i] + x[i];
      }
    }
  });
}

void UnfusedSense::forward(ComplexView kspace, ConstComplexView image) {
  expand(stack(a_), image);
  centred(kspace, stack(a_), FourierDirection::kForward);
  weigh(kspace, kspace);
}

void UnfusedSense::adjoint(ComplexView image, ConstComplexView kspace) {
  weigh(stack(a_), kspace);
  centred(stack(a_), stack(a_), FourierDirection::kInverse);
  multiply_conjugate(stack(b_), stack(a_));
  sum(image, stack(b_));
}

void UnfusedSense::normal(ComplexView y, ConstComplexView x) {
  expand(stack(a_), x);
  centred(stack(a_), stack(a_), FourierDirection::kForward);
  weigh(stack(a_), stack(a_));
  centred(stack(a_), stack(a_), FourierDirection::kInverse);
  multiply_conjugate(stack(b_), stack(a_));
  sum(y, stack(b_));
}

}  // namespace selfsame::bench
