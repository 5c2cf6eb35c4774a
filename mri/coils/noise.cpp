// SPDX-License-Identifier: Apache-2.0
#include "mri/coils/noise.hpp"

#include <algorithm>
#include <cmath>

#include "mri/coils/calibration.hpp"
#include "mri/coils/complex_array.hpp"

namespace selfsame {
namespace {

using Complex = std::complex<double>;

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

/// Covariance of the samples (h, w) that `chosen` names.
template <typename Chosen>
NoiseCovariance covariance(ConstComplexView view, Chosen&& chosen) {
  const Shape4 s = view.shape;
  SELFSAME_CHECK(s.n == 1 && s.c >= 1, "noise samples {}", s.text());
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < view.plane(); ++i) {
    if (chosen(i)) {
      places.push_back(i);
    }
  }
  NoiseCovariance noise{s.c, {}, static_cast<std::int64_t>(places.size())};
  if (noise.samples < s.c) {
    fail(ErrorKind::kData, "noise covariance of {} coils from {} samples; at least {} are needed", s.c,
         noise.samples, s.c);
  }
  std::vector<Complex> data;
  data.reserve(places.size() * index(s.c));
  for (std::int64_t c = 0; c < s.c; ++c) {
    const float* plane = view.plane_of<float>(0, c);
    for (const std::int64_t i : places) {
      data.emplace_back(plane[2 * i], plane[2 * i + 1]);
      if (!std::isfinite(data.back().real()) || !std::isfinite(data.back().imag())) {
        fail(ErrorKind::kData, "noise sample of coil {} at ({}, {}) is not finite", c, i / s.w, i % s.w);
      }
    }
  }
  noise.values = coil_gram(data, s.c);
  for (Complex& value : noise.values) {
    value /= static_cast<double>(noise.samples);
  }
  return noise;
}

}  // namespace

double NoiseCovariance::deviation(std::int64_t c) const {
  SELFSAME_CHECK(c >= 0 && c < coils, "coil {} of {}", c, coils);
  return std::sqrt(values[index(c * coils + c)].real() / 2);
}

NoiseCovariance noise_covariance(ConstComplexView samples) {
  return covariance(samples, [](std::int64_t) { return true; });
}

NoiseCovariance noise_covariance_from_corners(ConstComplexView kspace, const SamplingMask& mask,
                                              double share) {
  if (!(share > 0 && share <= 1)) {
    fail(ErrorKind::kUsage, "noise from the corners of k-space: share {}, expected (0, 1]", share);
  }
  const std::int64_t h = kspace.shape.h, w = kspace.shape.w;
  const bool masked = !mask.sampled.empty();
  if (masked && (mask.w != w || (mask.h != 1 && mask.h != h) || mask.sampled.size() != index(mask.h * w))) {
    fail(ErrorKind::kData, "a mask of {} x {} with {} entries for k-space of {} x {}", mask.h, mask.w,
         mask.sampled.size(), h, w);
  }
  const auto rows = static_cast<std::int64_t>(std::lround(share * static_cast<double>(h) / 2)),
             columns = static_cast<std::int64_t>(std::lround(share * static_cast<double>(w) / 2));
  const SamplingMask filled = sampled_where_not_zero(kspace);
  return covariance(kspace, [&](std::int64_t i) {
    const std::int64_t y = i / w, x = i % w;
    const bool corner = (y < rows || y >= h - rows) && (x < columns || x >= w - columns);
    return corner && filled.sampled[index(i)] != 0 &&
           (!masked || mask.sampled[index(mask.h == 1 ? x : i)] != 0);
  });
}

std::vector<Complex> whitening(const NoiseCovariance& noise) {
  const std::int64_t n = noise.coils;
  SELFSAME_CHECK(noise.values.size() == index(n * n), "covariance of {} coils with {} values", n,
                 noise.values.size());
  const auto at = [n](std::int64_t i, std::int64_t j) { return index(i * n + j); };
  std::vector<Complex> factor(index(n * n)), inverse(index(n * n));
  for (std::int64_t j = 0; j < n; ++j) {
    double pivot = noise.values[at(j, j)].real();
    for (std::int64_t k = 0; k < j; ++k) {
      pivot -= std::norm(factor[at(j, k)]);
    }
    // What rounding leaves of a pivot that is truly zero.
    const double smallest = static_cast<double>(n) * 0x1p-52 * noise.values[at(j, j)].real();
    if (!(pivot > smallest) || !std::isfinite(pivot)) {
      fail(
          ErrorKind::kData,
          "noise covariance is not positive definite: coil {} has variance {}, of which {} is left after the "
          "coils before it (is it empty, or a combination of others?)",
          j, noise.values[at(j, j)].real(), pivot);
    }
    factor[at(j, j)] = std::sqrt(pivot);
    for (std::int64_t i = j + 1; i < n; ++i) {
      Complex sum = noise.values[at(i, j)];
      for (std::int64_t k = 0; k < j; ++k) {
        sum -= times(factor[at(i, k)], std::conj(factor[at(j, k)]));
      }
      factor[at(i, j)] = sum / factor[at(j, j)].real();
    }
  }
  for (std::int64_t j = 0; j < n; ++j) {  // column j of L^-1, forward substitution
    for (std::int64_t i = j; i < n; ++i) {
      Complex sum = i == j ? 1 : 0;
      for (std::int64_t k = j; k < i; ++k) {
        sum -= times(factor[at(i, k)], inverse[at(k, j)]);
      }
      inverse[at(i, j)] = sum / factor[at(i, i)].real();
    }
  }
  return inverse;
}

void mix_coils(ComplexView out, ConstComplexView in, const std::vector<Complex>& matrix) {
  const std::int64_t coils = in.shape.c, made = out.shape.c;
  SELFSAME_CHECK(out.shape == (Shape4{in.shape.n, made, in.shape.h, in.shape.w}) &&
                     matrix.size() == index(made * coils) && (out.data != in.data || made == coils),
                 "coils {} from {} by a matrix of {} elements", out.shape.text(), in.shape.text(),
                 matrix.size());
  std::vector<Complex> pixel(index(coils));
  for (std::int64_t n = 0; n < in.shape.n; ++n) {
    for (std::int64_t i = 0; i < in.plane(); ++i) {
      for (std::int64_t c = 0; c < coils; ++c) {
        const float* z = in.plane_of<float>(n, c) + 2 * i;
        pixel[index(c)] = {z[0], z[1]};
      }
      for (std::int64_t v = 0; v < made; ++v) {
        Complex sum = 0;
        for (std::int64_t c = 0; c < coils; ++c) {
          sum += times(matrix[index(v * coils + c)], pixel[index(c)]);
        }
        float* z = out.plane_of<float>(n, v) + 2 * i;
        z[0] = static_cast<float>(sum.real());
        z[1] = static_cast<float>(sum.imag());
      }
    }
  }
}

}  // namespace selfsame
