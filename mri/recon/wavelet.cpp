// SPDX-License-Identifier: Apache-2.0
#include "mri/recon/wavelet.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kSmallestCoarse = 16;
constexpr int kMostLevels = 30;

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

std::vector<double> low_pass(WaveletFamily family) {
  if (family == WaveletFamily::kHaar) {
    return {std::sqrt(0.5), std::sqrt(0.5)};
  }
  const double root = std::sqrt(3.0), norm = 4 * std::sqrt(2.0);
  return {(1 + root) / norm, (3 + root) / norm, (3 - root) / norm, (1 - root) / norm};
}

std::int64_t halved(std::int64_t n) { return (n + 1) / 2; }

}  // namespace

template <typename Real>
OrthogonalWavelet<Real>::OrthogonalWavelet(std::int64_t h, std::int64_t w, WaveletFamily family, int levels)
    : h_(h), w_(w), coarse_h_(h), coarse_w_(w), levels_(levels), low_(low_pass(family)) {
  SELFSAME_CHECK(h >= 1 && w >= 1, "image of {} x {}", h, w);
  if (levels < 0 || levels > kMostLevels) {
    fail(ErrorKind::kUsage, "wavelet transform of {} levels", levels);
  }
  if (levels == 0) {
    for (std::int64_t y = halved(h), x = halved(w); y >= kSmallestCoarse && x >= kSmallestCoarse;
         y = halved(y), x = halved(x)) {
      ++levels_;
    }
  }
  for (int level = 0; level < levels_; ++level) {
    if (coarse_h_ == 1 && coarse_w_ == 1) {
      fail(ErrorKind::kUsage, "wavelet transform of {} levels of an image of {} x {}, which has {}", levels,
           h, w, level);
    }
    coarse_h_ = halved(coarse_h_);
    coarse_w_ = halved(coarse_w_);
  }
}

/// [coarse | last sample of an odd length | details].
template <typename Real>
void OrthogonalWavelet<Real>::split(std::span<Complex> line, std::span<Complex> work) const {
  const std::size_t n = line.size(), even = n / 2 * 2, half = n / 2, taps = low_.size();
  for (std::size_t i = 0; i < half; ++i) {
    std::complex<double> low = 0, high = 0;
    for (std::size_t t = 0; t < taps; ++t) {
      std::size_t at = 2 * i + t;
      while (at >= even) {
        at -= even;
      }
      const std::complex<double> x(line[at]);
      low += low_[t] * x;
      high += (t % 2 == 0 ? low_[taps - 1 - t] : -low_[taps - 1 - t]) * x;
    }
    work[i] = Complex(low);
    work[n - half + i] = Complex(high);
  }
  if (n > even) {
    work[half] = line[n - 1];
  }
  std::copy_n(work.begin(), n, line.begin());
}

template <typename Real>
void OrthogonalWavelet<Real>::join(std::span<Complex> line, std::span<Complex> work) const {
  const std::size_t n = line.size(), even = n / 2 * 2, half = n / 2, taps = low_.size();
  // Sample j gets from coefficient i with t = j - 2i (modulo the length): t of the parity of j.
  for (std::size_t j = 0; j < even; ++j) {
    std::complex<double> sum = 0;
    for (std::size_t t = j % 2; t < taps; t += 2) {
      std::size_t at = j;
      while (at < t) {
        at += even;
      }
      const std::size_t i = (at - t) / 2;
      const double high = t % 2 == 0 ? low_[taps - 1 - t] : -low_[taps - 1 - t];
      sum += low_[t] * std::complex<double>(line[i]) + high * std::complex<double>(line[n - half + i]);
    }
    work[j] = Complex(sum);
  }
  if (n > even) {
    work[n - 1] = line[half];
  }
  std::copy_n(work.begin(), n, line.begin());
}

/// Calls line(values, work) for all rows, then all columns, of every level; backwards for the inverse.
template <typename Real>
template <typename Line>
void OrthogonalWavelet<Real>::for_each_level_line(std::span<Complex> plane, bool forward, Line&& line) const {
  std::vector<Complex> column(index(h_)), work(index(std::max(h_, w_)));
  for (int step = 0; step < levels_; ++step) {
    std::int64_t h = h_, w = w_;
    for (int level = 0; level < (forward ? step : levels_ - 1 - step); ++level) {
      h = halved(h);
      w = halved(w);
    }
    for (const bool rows : {forward, !forward}) {
      if (rows && w > 1) {
        for (std::int64_t y = 0; y < h; ++y) {
          line(plane.subspan(index(y * w_), index(w)), std::span(work));
        }
      }
      if (!rows && h > 1) {
        for (std::int64_t x = 0; x < w; ++x) {
          for (std::int64_t y = 0; y < h; ++y) {
            column[index(y)] = plane[index(y * w_ + x)];
          }
          line(std::span(column).first(index(h)), std::span(work));
          for (std::int64_t y = 0; y < h; ++y) {
            plane[index(y * w_ + x)] = column[index(y)];
          }
        }
      }
    }
  }
}

template <typename Real>
void OrthogonalWavelet<Real>::forward(std::span<Complex> coefficients, std::span<const Complex> image,
                                      Shift shift) const {
  SELFSAME_CHECK(coefficients.size() == index(h_ * w_) && image.size() == coefficients.size(),
                 "coefficients {}, image {}, prepared for {} x {}", coefficients.size(), image.size(), h_,
                 w_);
  for (std::int64_t y = 0; y < h_; ++y) {
    for (std::int64_t x = 0; x < w_; ++x) {
      coefficients[index(y * w_ + x)] = image[index((y + shift.y) % h_ * w_ + (x + shift.x) % w_)];
    }
  }
  for_each_level_line(coefficients, true,
                      [this](std::span<Complex> line, std::span<Complex> work) { split(line, work); });
}

template <typename Real>
void OrthogonalWavelet<Real>::inverse(std::span<Complex> image, std::span<const Complex> coefficients,
                                      Shift shift) const {
  SELFSAME_CHECK(coefficients.size() == index(h_ * w_) && image.size() == coefficients.size(),
                 "coefficients {}, image {}, prepared for {} x {}", coefficients.size(), image.size(), h_,
                 w_);
  std::vector<Complex> plane(coefficients.begin(), coefficients.end());
  for_each_level_line(plane, false,
                      [this](std::span<Complex> line, std::span<Complex> work) { join(line, work); });
  for (std::int64_t y = 0; y < h_; ++y) {
    for (std::int64_t x = 0; x < w_; ++x) {
      image[index((y + shift.y) % h_ * w_ + (x + shift.x) % w_)] = plane[index(y * w_ + x)];
    }
  }
}

template <typename Real>
bool OrthogonalWavelet<Real>::is_detail(std::size_t i) const {
  const auto at = static_cast<std::int64_t>(i);
  return at / w_ >= coarse_h_ || at % w_ >= coarse_w_;
}

template <typename Real>
double OrthogonalWavelet<Real>::detail_norm(std::span<const Complex> coefficients) const {
  double sum = 0;
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    sum += is_detail(i) ? std::abs(std::complex<double>(coefficients[i])) : 0;
  }
  return sum;
}

template <typename Real>
void OrthogonalWavelet<Real>::soft_threshold(std::span<Complex> coefficients, double threshold) const {
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    if (is_detail(i)) {
      const double size = std::abs(std::complex<double>(coefficients[i]));
      coefficients[i] *= static_cast<Real>(size > threshold ? 1 - threshold / size : 0);
    }
  }
}

WaveletShift cycle_shift(int iteration, std::int64_t period) {
  constexpr double kRoot = 1.32471795724474602596;
  const auto at = [&](double step) {
    const double whole = iteration * step;
    return static_cast<std::int64_t>((whole - std::floor(whole)) * static_cast<double>(period));
  };
  return {at(1 / kRoot), at(1 / (kRoot * kRoot))};
}

template class OrthogonalWavelet<float>;
template class OrthogonalWavelet<double>;

}  // namespace selfsame
