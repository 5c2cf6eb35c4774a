// SPDX-License-Identifier: Apache-2.0
#include "mri/coils/hermitian_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/base/error.hpp"
#include "mri/coils/complex_array.hpp"

namespace selfsame {
namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
/// QL needs less than two steps per eigenvalue on average.
constexpr int kMaxSteps = 60;

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace

HermitianEigen::HermitianEigen(std::int64_t n)
    : n_(n),
      a_(index(n * n)),
      p_(index(n)),
      phase_(index(n)),
      d_(index(n)),
      e_(index(n)),
      z_(index(n * n)),
      order_(index(n)),
      values_(index(n)) {
  SELFSAME_CHECK(n >= 1, "matrix of {} rows", n);
}

void HermitianEigen::solve(std::span<const Complex> matrix, std::int64_t vectors) {
  SELFSAME_CHECK(matrix.size() == a_.size() && vectors >= -1 && vectors <= n_,
                 "matrix of {} elements, {} vectors, prepared for {} rows", matrix.size(), vectors, n_);
  vectors_ = vectors < 0 ? n_ : vectors;
  double largest = 0;
  for (std::int64_t i = 0; i < n_; ++i) {
    for (std::int64_t j = 0; j <= i; ++j) {
      Complex value = matrix[index(i * n_ + j)];
      value = i == j ? Complex(value.real(), 0) : value;
      if (!std::isfinite(value.real()) || !std::isfinite(value.imag())) {
        fail(ErrorKind::kData, "Hermitian matrix of {} rows: element ({}, {}) is not finite", n_, i, j);
      }
      a_[index(i * n_ + j)] = value;
      largest = std::max({largest, std::abs(value.real()), std::abs(value.imag())});
    }
  }
  // Squares of the elements must neither overflow nor vanish.
  scale_ = largest > 0 ? largest : 1;
  for (std::int64_t i = 0; i < n_; ++i) {
    for (std::int64_t j = 0; j <= i; ++j) {
      const Complex value = a_[index(i * n_ + j)] / scale_;
      a_[index(i * n_ + j)] = value;
      a_[index(j * n_ + i)] = std::conj(value);
    }
  }
  tridiagonalise();
  iterate();
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::int64_t i, std::int64_t j) { return d_[index(i)] > d_[index(j)]; });
  out_.resize(std::max(out_.size(), index(vectors_ * n_)));
  for (std::int64_t i = 0; i < n_; ++i) {
    values_[index(i)] = d_[index(order_[index(i)])] * scale_;
    if (i < vectors_) {
      transform_back(order_[index(i)], std::span(out_).subspan(index(i * n_), index(n_)));
    }
  }
}

std::span<const HermitianEigen::Complex> HermitianEigen::vector(std::int64_t i) const {
  SELFSAME_CHECK(i >= 0 && i < vectors_, "vector {} of {}", i, vectors_);
  return std::span(out_).subspan(index(i * n_), index(n_));
}

/// A <- H A H with H = I - 2 v v^H, column by column, v of norm 1: with p = 2 A v and w = p - (v^H p) v that
/// is A - v w^H - w v^H. v is kept in row k, right of the diagonal, which nothing needs any more.
void HermitianEigen::tridiagonalise() {
  phase_[0] = 1;
  for (std::int64_t k = 0; k + 1 < n_; ++k) {
    Complex* v = a_.data() + k * n_;
    double tail = 0;
    for (std::int64_t j = k + 1; j < n_; ++j) {
      v[j] = std::conj(v[j]);  // column k
      tail += j > k + 1 ? std::norm(v[j]) : 0;
    }
    Complex below = v[k + 1];  // the element that stays under the diagonal
    if (tail > 0) {
      const double size = std::abs(below), norm = std::sqrt(std::norm(below) + tail);
      const Complex turn = size > 0 ? below / size : Complex(1);
      below = -turn * norm;
      v[k + 1] += turn * norm;
      reflect(k, 1 / std::sqrt(std::norm(v[k + 1]) + tail));
    } else {
      v[k + 1] = 0;  // no reflection
    }
    const double size = std::abs(below);
    e_[index(k)] = size;
    phase_[index(k + 1)] = size > 0 ? phase_[index(k)] * below / size : phase_[index(k)];
  }
  for (std::int64_t i = 0; i < n_; ++i) {
    d_[index(i)] = a_[index(i * n_ + i)].real();
  }
  e_[index(n_ - 1)] = 0;
}

void HermitianEigen::reflect(std::int64_t k, double inverse_norm) {
  Complex* v = a_.data() + k * n_;
  for (std::int64_t j = k + 1; j < n_; ++j) {
    v[j] *= inverse_norm;
  }
  double projection = 0;
  for (std::int64_t i = k + 1; i < n_; ++i) {
    const Complex* row = a_.data() + i * n_;
    Complex sum = 0;
    for (std::int64_t j = k + 1; j < n_; ++j) {
      sum += times(row[j], v[j]);
    }
    p_[index(i)] = 2.0 * sum;
    projection += conj_times(v[i], p_[index(i)]).real();
  }
  for (std::int64_t i = k + 1; i < n_; ++i) {
    p_[index(i)] -= projection * v[i];
  }
  for (std::int64_t i = k + 1; i < n_; ++i) {
    Complex* row = a_.data() + i * n_;
    const Complex w = p_[index(i)];
    for (std::int64_t j = k + 1; j < n_; ++j) {
      row[j] -= conj_times(p_[index(j)], v[i]) + conj_times(v[j], w);
    }
  }
}

/// Implicit QL with Wilkinson's shift. A subdiagonal element is zero when it is below a rounding of the
/// matrix's norm.
void HermitianEigen::iterate() {
  std::fill(z_.begin(), z_.end(), 0.0);
  double norm = 0;
  for (std::int64_t i = 0; i < n_; ++i) {
    z_[index(i * n_ + i)] = 1;
    norm = std::max(norm, std::abs(d_[index(i)]) + std::abs(e_[index(i)]));
  }
  for (std::int64_t first = 0; first < n_; ++first) {
    for (int step = 0;; ++step) {
      std::int64_t last = first;
      while (last + 1 < n_ && std::abs(e_[index(last)]) > kEps * norm) {
        ++last;
      }
      if (last == first) {
        break;
      }
      SELFSAME_CHECK(step < kMaxSteps, "QL iteration of {} rows does not end at {}", n_, first);
      double g = (d_[index(first + 1)] - d_[index(first)]) / (2 * e_[index(first)]);
      g = d_[index(last)] - d_[index(first)] + e_[index(first)] / (g + std::copysign(std::hypot(g, 1.0), g));
      double sine = 1, cosine = 1, shift = 0;
      bool split = false;
      for (std::int64_t i = last - 1; i >= first; --i) {
        const double f = sine * e_[index(i)], b = cosine * e_[index(i)], r = std::hypot(f, g);
        e_[index(i + 1)] = r;
        if (r == 0) {
          d_[index(i + 1)] -= shift;
          split = true;
          break;
        }
        sine = f / r;
        cosine = g / r;
        g = d_[index(i + 1)] - shift;
        const double t = (d_[index(i)] - g) * sine + 2 * cosine * b;
        shift = sine * t;
        d_[index(i + 1)] = g + shift;
        g = cosine * t - b;
        double* lower = z_.data() + i * n_;
        double* upper = lower + n_;
        for (std::int64_t j = 0; j < n_; ++j) {
          const double x = lower[j], y = upper[j];
          upper[j] = sine * x + cosine * y;
          lower[j] = cosine * x - sine * y;
        }
      }
      if (!split) {
        d_[index(first)] -= shift;
        e_[index(first)] = g;
      }
      e_[index(last)] = 0;
    }
  }
}

void HermitianEigen::transform_back(std::int64_t row, std::span<Complex> vector) const {
  for (std::int64_t i = 0; i < n_; ++i) {
    vector[index(i)] = phase_[index(i)] * z_[index(row * n_ + i)];
  }
  for (std::int64_t k = n_ - 3; k >= 0; --k) {
    const Complex* v = a_.data() + k * n_;
    Complex projection = 0;
    for (std::int64_t i = k + 1; i < n_; ++i) {
      projection += conj_times(v[i], vector[index(i)]);
    }
    projection *= 2.0;
    for (std::int64_t i = k + 1; i < n_; ++i) {
      vector[index(i)] -= times(v[i], projection);
    }
  }
}

}  // namespace selfsame
