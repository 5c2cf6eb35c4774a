// SPDX-License-Identifier: Apache-2.0
#include "models/subspace/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
/// QL needs less than two steps per eigenvalue on average.
constexpr int kMaxSteps = 60;

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

/// Eight partial sums, which the compiler keeps in vector registers.
double dot(const double* a, const double* b, std::int64_t count) {
  constexpr std::int64_t kParts = 8;
  double parts[kParts] = {};
  std::int64_t i = 0;
  for (; i + kParts <= count; i += kParts) {
    for (std::int64_t k = 0; k < kParts; ++k) {
      parts[k] += a[i + k] * b[i + k];
    }
  }
  double sum = 0;
  for (; i < count; ++i) {
    sum += a[i] * b[i];
  }
  for (const double part : parts) {
    sum += part;
  }
  return sum;
}

}  // namespace

SymmetricEigen::SymmetricEigen(std::int64_t n) : n_(n) {
  SELFSAME_CHECK(n >= 1, "matrix of {} rows", n);
  a_.resize(index(n * n));
  z_.resize(index(n * n));
  for (std::vector<double>* vector : {&d_, &e_, &p_, &values_}) {
    vector->resize(index(n));
  }
  order_.resize(index(n));
}

void SymmetricEigen::solve(std::span<const double> matrix) {
  SELFSAME_CHECK(matrix.size() == a_.size(), "matrix of {} elements, prepared for {} rows", matrix.size(),
                 n_);
  double largest = 0;
  for (std::int64_t i = 0; i < n_; ++i) {
    for (std::int64_t j = 0; j <= i; ++j) {
      const double value = matrix[index(i * n_ + j)];
      if (!std::isfinite(value)) {
        fail(ErrorKind::kData, "symmetric matrix of {} rows: element ({}, {}) is not finite", n_, i, j);
      }
      largest = std::max(largest, std::abs(value));
    }
  }
  // Squares of the elements must neither overflow nor vanish.
  scale_ = largest > 0 ? largest : 1;
  for (std::int64_t i = 0; i < n_; ++i) {
    for (std::int64_t j = 0; j <= i; ++j) {
      a_[index(i * n_ + j)] = a_[index(j * n_ + i)] = matrix[index(i * n_ + j)] / scale_;
    }
  }
  tridiagonalise();
  accumulate();
  iterate();
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::int64_t i, std::int64_t j) { return d_[index(i)] > d_[index(j)]; });
  for (std::int64_t i = 0; i < n_; ++i) {
    values_[index(i)] = d_[index(order_[index(i)])] * scale_;
  }
}

std::span<const double> SymmetricEigen::vector(std::int64_t i) const {
  SELFSAME_CHECK(i >= 0 && i < n_, "vector {} of {}", i, n_);
  return std::span(z_).subspan(index(order_[index(i)] * n_), index(n_));
}

/// From the last row upwards: a reflection H = I - 2 v v^T of the first `row` coordinates leaves of that row
/// only its last element, and the block above becomes H A H = A - v w^T - w v^T with p = 2 A v and
/// w = p - (v^T p) v. v takes the row's place; 0 where nothing was to be done.
void SymmetricEigen::tridiagonalise() {
  for (std::int64_t row = n_ - 1; row >= 1; --row) {
    double* v = a_.data() + row * n_;
    d_[index(row)] = v[row];
    const double norm = std::sqrt(dot(v, v, row));
    const double last = v[row - 1];
    e_[index(row - 1)] = last > 0 ? -norm : norm;
    // |v - e|^2 = 2 norm (norm + |last|)
    const double length = std::sqrt(2 * norm * (norm + std::abs(last)));
    if (length == 0) {
      std::fill(v, v + row, 0.0);
      continue;
    }
    v[row - 1] = last - e_[index(row - 1)];
    for (std::int64_t i = 0; i < row; ++i) {
      v[i] /= length;
    }
    double* p = p_.data();
    std::fill(p, p + row, 0.0);
    for (std::int64_t j = 0; j < row; ++j) {
      const double* line = a_.data() + j * n_;
      const double factor = 2 * v[j];
      for (std::int64_t i = 0; i < row; ++i) {
        p[i] += factor * line[i];
      }
    }
    const double along = dot(v, p, row);
    for (std::int64_t i = 0; i < row; ++i) {
      p[i] -= along * v[i];
    }
    for (std::int64_t j = 0; j < row; ++j) {
      double* line = a_.data() + j * n_;
      const double by_w = v[j], by_v = p[j];
      for (std::int64_t i = 0; i < row; ++i) {
        line[i] -= by_w * p[i] + by_v * v[i];
      }
    }
  }
  d_[0] = a_[0];
  e_[index(n_ - 1)] = 0;
}

/// z = H_1 H_2 ... H_(n-1), the transpose of the matrix that makes `a` tridiagonal.
void SymmetricEigen::accumulate() {
  std::fill(z_.begin(), z_.end(), 0.0);
  for (std::int64_t i = 0; i < n_; ++i) {
    z_[index(i * n_ + i)] = 1;
  }
  for (std::int64_t row = 1; row < n_; ++row) {
    const double* v = a_.data() + row * n_;
    for (std::int64_t j = 0; j < row; ++j) {  // beyond, z is still the unit matrix
      double* line = z_.data() + j * n_;
      const double factor = 2 * dot(line, v, row);
      for (std::int64_t i = 0; i < row; ++i) {
        line[i] -= factor * v[i];
      }
    }
  }
}

/// Implicit QL with Wilkinson's shift; every rotation turns two rows of z.
void SymmetricEigen::iterate() {
  double norm = 0;
  for (std::int64_t i = 0; i < n_; ++i) {
    norm = std::max(norm, std::abs(d_[index(i)]) + std::abs(e_[index(i)]));
  }
  for (std::int64_t l = 0; l < n_; ++l) {
    for (int step = 0;; ++step) {
      std::int64_t m = l;
      while (m < n_ - 1 && std::abs(e_[index(m)]) > kEps * norm) {
        ++m;
      }
      if (m == l) {
        break;
      }
      SELFSAME_CHECK(step < kMaxSteps, "eigenvalue {} of {}: no convergence", l, n_);
      double shift = (d_[index(l + 1)] - d_[index(l)]) / (2 * e_[index(l)]);
      shift =
          d_[index(m)] - d_[index(l)] + e_[index(l)] / (shift + std::copysign(std::hypot(shift, 1.0), shift));
      double sine = 1, cosine = 1, moved = 0;
      std::int64_t i = m - 1;
      for (; i >= l; --i) {
        const double f = sine * e_[index(i)], b = cosine * e_[index(i)];
        const double r = std::sqrt(f * f + shift * shift);  // elements are of size 1 at most n
        e_[index(i + 1)] = r;
        if (r == 0) {
          d_[index(i + 1)] -= moved;
          e_[index(m)] = 0;
          break;
        }
        sine = f / r;
        cosine = shift / r;
        shift = d_[index(i + 1)] - moved;
        const double turned = (d_[index(i)] - shift) * sine + 2 * cosine * b;
        moved = sine * turned;
        d_[index(i + 1)] = shift + moved;
        shift = cosine * turned - b;
        double* __restrict__ low = z_.data() + i * n_;
        double* __restrict__ high = low + n_;
        for (std::int64_t k = 0; k < n_; ++k) {
          const double before = high[k];
          high[k] = sine * low[k] + cosine * before;
          low[k] = cosine * low[k] - sine * before;
        }
      }
      if (i >= l) {
        continue;  // the matrix fell apart early
      }
      d_[index(l)] -= moved;
      e_[index(l)] = shift;
      e_[index(m)] = 0;
    }
  }
}

}  // namespace selfsame
