// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "kernels/device/philox.hpp"
#include "mri/recon/classical.hpp"
#include "tests/support/fixture.hpp"

// A measurement small enough for dense matrices, which are written down here from the definition and share
// nothing with the operators under test.

namespace selfsame::small_sense {

using Complex = std::complex<double>;
using Vector = std::vector<Complex>;

inline std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

inline Vector random_vector(std::int64_t count, std::uint32_t which) {
  const RandomStream random(17, RandomPurpose::kTest, 0, which);
  Vector v;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i) {
    v.emplace_back(random.normal(2 * i), random.normal(2 * i + 1));
  }
  return v;
}

struct Problem {
  std::int64_t sets, coils, h, w, mask_h;
  Vector maps, kspace;       ///< (M, C, H, W), (C, H, W)
  std::vector<double> mask;  ///< (mask_h, W)

  [[nodiscard]] std::int64_t plane() const { return h * w; }
  [[nodiscard]] SenseMeasurement measurement() const {
    return {ConstComplexView(kspace.data(), DType::kF64, {1, coils, h, w}),
            ConstComplexView(maps.data(), DType::kF64, {sets, coils, h, w}),
            ConstTensorView(mask.data(), DType::kF64, {1, 1, mask_h, w}, 1)};
  }
  [[nodiscard]] Vector image() const { return Vector(at(sets * plane())); }
  [[nodiscard]] ComplexView view(Vector& x) const { return {x.data(), DType::kF64, {sets, 1, h, w}}; }

  /// A, (C H W) x (M H W), row-major.
  [[nodiscard]] Vector matrix() const {
    Vector a(at(coils * plane() * sets * plane()));
    const double root = std::sqrt(static_cast<double>(plane()));
    for (std::int64_t row = 0; row < coils * plane(); ++row) {
      const std::int64_t c = row / plane(), u = row % plane() / w - h / 2, v = row % w - w / 2;
      const double weight = mask[at(mask_h == 1 ? row % w : row % plane())];
      for (std::int64_t column = 0; column < sets * plane(); ++column) {
        const std::int64_t s = column / plane(), y = column % plane() / w - h / 2, x = column % w - w / 2;
        const double angle = -2 * std::numbers::pi *
                             (static_cast<double>(u * y) / static_cast<double>(h) +
                              static_cast<double>(v * x) / static_cast<double>(w));
        a[at(row * sets * plane() + column)] =
            weight / root * std::polar(1.0, angle) * maps[at((s * coils + c) * plane() + column % plane())];
      }
    }
    return a;
  }
};

/// Random orthonormal sets of maps at every pixel; random k-space, also where the mask is 0.
inline Problem problem(std::int64_t sets, std::int64_t coils, std::int64_t h, std::int64_t w,
                       std::int64_t mask_h) {
  Problem p{
      sets, coils, h, w, mask_h, random_vector(sets * coils * h * w, 1), random_vector(coils * h * w, 2), {}};
  for (std::int64_t i = 0; i < h * w; ++i) {
    for (std::int64_t s = 0; s < sets; ++s) {
      const auto map = [&](std::int64_t set, std::int64_t c) -> Complex& {
        return p.maps[at((set * coils + c) * h * w + i)];
      };
      for (std::int64_t t = 0; t < s; ++t) {
        Complex dot = 0;
        for (std::int64_t c = 0; c < coils; ++c) {
          dot += std::conj(map(t, c)) * map(s, c);
        }
        for (std::int64_t c = 0; c < coils; ++c) {
          map(s, c) -= dot * map(t, c);
        }
      }
      double squares = 0;
      for (std::int64_t c = 0; c < coils; ++c) {
        squares += std::norm(map(s, c));
      }
      for (std::int64_t c = 0; c < coils; ++c) {
        map(s, c) /= std::sqrt(squares);
      }
    }
  }
  const RandomStream random(17, RandomPurpose::kTest, 0, 3);
  for (std::int64_t i = 0; i < mask_h * w; ++i) {
    const bool centre = i == (mask_h / 2) * w + w / 2;
    p.mask.push_back(centre || random.uniform(static_cast<std::uint64_t>(i)) < 0.6f ? 1 : 0);
  }
  return p;
}

/// Complex numbers of a fixture's tensor (..., 2).
inline std::vector<std::complex<float>> numbers(const test::Fixture::Tensor& tensor) {
  std::vector<std::complex<float>> z;
  for (std::size_t i = 0; i + 1 < tensor.values.size(); i += 2) {
    z.emplace_back(static_cast<float>(tensor.values[i]), static_cast<float>(tensor.values[i + 1]));
  }
  return z;
}

inline double norm_of(const Vector& v) {
  double sum = 0;
  for (const Complex z : v) {
    sum += std::norm(z);
  }
  return std::sqrt(sum);
}

inline double distance(const Vector& a, const Vector& b) {
  Vector d = a;
  for (std::size_t i = 0; i < d.size(); ++i) {
    d[i] -= b[i];
  }
  return norm_of(d);
}

/// (A^H A + lambda) x = A^H y by Gaussian elimination with pivots.
inline Vector solve_dense(const Problem& p, double lambda) {
  const Vector a = p.matrix();
  const std::int64_t n = p.sets * p.plane(), rows = p.coils * p.plane();
  Vector normal(at(n * n)), x(at(n));
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t i = 0; i < n; ++i) {
      const Complex left = std::conj(a[at(r * n + i)]);
      x[at(i)] += left * p.kspace[at(r)];
      for (std::int64_t j = 0; j < n; ++j) {
        normal[at(i * n + j)] += left * a[at(r * n + j)];
      }
    }
  }
  for (std::int64_t i = 0; i < n; ++i) {
    normal[at(i * n + i)] += lambda;
  }
  for (std::int64_t k = 0; k < n; ++k) {
    std::int64_t pivot = k;
    for (std::int64_t i = k + 1; i < n; ++i) {
      pivot = std::abs(normal[at(i * n + k)]) > std::abs(normal[at(pivot * n + k)]) ? i : pivot;
    }
    for (std::int64_t j = 0; j < n; ++j) {
      std::swap(normal[at(k * n + j)], normal[at(pivot * n + j)]);
    }
    std::swap(x[at(k)], x[at(pivot)]);
    for (std::int64_t i = k + 1; i < n; ++i) {
      const Complex factor = normal[at(i * n + k)] / normal[at(k * n + k)];
      for (std::int64_t j = k; j < n; ++j) {
        normal[at(i * n + j)] -= factor * normal[at(k * n + j)];
      }
      x[at(i)] -= factor * x[at(k)];
    }
  }
  for (std::int64_t k = n - 1; k >= 0; --k) {
    for (std::int64_t j = k + 1; j < n; ++j) {
      x[at(k)] -= normal[at(k * n + j)] * x[at(j)];
    }
    x[at(k)] /= normal[at(k * n + k)];
  }
  return x;
}

}  // namespace selfsame::small_sense
