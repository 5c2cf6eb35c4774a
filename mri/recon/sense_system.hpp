// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <span>
#include <vector>

#include "mri/recon/classical.hpp"

namespace selfsame {

/// The equations of a measurement, on vectors that hold an image of M parts, (M, H, W): the normal operator
/// A^H A, the right side b = A^H y / scale, and the data term 1/2 ||A x - y / scale||^2 that both give.
template <typename Real>
class SenseSystem {
 public:
  using Complex = std::complex<Real>;
  using Vector = std::vector<Complex>;

  /// Errors: as ClassicalReconstruction::reconstruct. Keeps the views and the stream.
  SenseSystem(const SenseMeasurement& measurement, double scale, Stream& stream);

  SenseSystem(const SenseSystem&) = delete;  // views point into the object
  SenseSystem& operator=(const SenseSystem&) = delete;

  [[nodiscard]] Stream& stream() const { return stream_; }
  [[nodiscard]] std::int64_t sets() const { return measurement_.maps.shape.n; }
  [[nodiscard]] std::int64_t h() const { return measurement_.maps.shape.h; }
  [[nodiscard]] std::int64_t w() const { return measurement_.maps.shape.w; }
  [[nodiscard]] std::size_t size() const { return right_side_.size(); }
  [[nodiscard]] const Vector& right_side() const { return right_side_; }
  [[nodiscard]] double half_energy() const { return half_energy_; }  ///< 1/2 ||y / scale||^2

  /// y = A^H A x; may not be in place.
  void normal(Vector& y, const Vector& x);
  /// 1/2 ||A x - y||^2 of the scaled data, from x and normal(x).
  [[nodiscard]] double data_term(const Vector& x, const Vector& normal_x) const;
  /// An upper bound of the norm of A^H A: the largest over the pixels of max_s sum_t |sum_c conj(S_s) S_t|.
  /// Exact for a full mask and maps whose sets are orthogonal.
  [[nodiscard]] double norm_bound() const;
  /// image = scale * x.
  void write(ComplexView image, const Vector& x) const;

 private:
  void adjoint_of_sum(Vector& x);

  SenseMeasurement measurement_;
  double scale_;
  Stream& stream_;
  std::vector<Real> mask_;  ///< (M, 1, H or 1, W)
  ConstTensorView weights_;
  Vector kspace_;  ///< (M, C, H, W), for several sets
  Vector right_side_;
  double half_energy_ = 0;
};

/// Re sum conj(a) b, in double, in the order of the elements.
template <typename Real>
[[nodiscard]] double real_dot(std::span<const std::complex<Real>> a, std::span<const std::complex<Real>> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += static_cast<double>(a[i].real()) * static_cast<double>(b[i].real()) +
           static_cast<double>(a[i].imag()) * static_cast<double>(b[i].imag());
  }
  return sum;
}
template <typename Real>
[[nodiscard]] double real_dot(const std::vector<std::complex<Real>>& a,
                              const std::vector<std::complex<Real>>& b) {
  return real_dot(std::span(a), std::span(b));
}

}  // namespace selfsame
