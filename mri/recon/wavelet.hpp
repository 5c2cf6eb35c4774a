// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/device/stream.hpp"

namespace selfsame {

enum class WaveletFamily {
  kHaar,
  kDaubechies4,  ///< 4 taps, two vanishing moments: "db2" of PyWavelets, "dau2" of BART
};

/// Orthonormal two-dimensional wavelet transform of complex images of any size, periodic, in place.
///
/// A level splits rows, then columns, of the coarse image of the level before: low[i] = sum_t h[t] x[2i + t],
/// high[i] = sum_t (-1)^t h[T-1-t] x[2i + t], indices modulo the length. The last sample of an odd length
/// goes to the coarse part as it is (the others are periodic among themselves), so the transform is
/// orthonormal for every size. Coarse parts lie in front: after `levels` levels the coarse image is the top
/// left coarse_h() x coarse_w().
///
/// `shift`: the transform of the image whose pixel (0, 0) is (shift.y, shift.x) of the given one.
///
/// Exact:  orthonormal up to rounding.
/// Source: Daubechies, Ten Lectures on Wavelets, 1992; Mallat 1989.
template <typename Real>
class OrthogonalWavelet {
 public:
  using Complex = std::complex<Real>;
  struct Shift {
    std::int64_t y = 0, x = 0;
  };

  /// @param levels >= 1, or 0: as many as leave a coarse image of at least 16 x 16 (none for small images).
  /// Errors: Error(kUsage) for more levels than the longer side can be halved.
  OrthogonalWavelet(std::int64_t h, std::int64_t w, WaveletFamily family, int levels);

  [[nodiscard]] int levels() const { return levels_; }
  [[nodiscard]] std::int64_t coarse_h() const { return coarse_h_; }
  [[nodiscard]] std::int64_t coarse_w() const { return coarse_w_; }

  void forward(std::span<Complex> coefficients, std::span<const Complex> image, Shift shift) const;
  void inverse(std::span<Complex> image, std::span<const Complex> coefficients, Shift shift) const;

  /// sum of |details|.
  [[nodiscard]] double detail_norm(std::span<const Complex> coefficients) const;
  /// Details c become c max(0, 1 - threshold / |c|): the proximal map of threshold times detail_norm.
  void soft_threshold(std::span<Complex> coefficients, double threshold) const;

 private:
  template <typename Line>
  void for_each_level_line(std::span<Complex> plane, bool forward, Line&& line) const;
  void split(std::span<Complex> line, std::span<Complex> work) const;
  void join(std::span<Complex> line, std::span<Complex> work) const;
  [[nodiscard]] bool is_detail(std::size_t i) const;

  std::int64_t h_, w_, coarse_h_, coarse_w_;
  int levels_;
  std::vector<double> low_;
};

/// Shift of an iteration: a low-discrepancy sequence over period x period (R2: multiples of the powers of
/// 1/1.3247..., the root of x^3 = x + 1), the first of which is 0.
struct WaveletShift {
  std::int64_t y, x;
};
[[nodiscard]] WaveletShift cycle_shift(int iteration, std::int64_t period);

}  // namespace selfsame
