// SPDX-License-Identifier: Apache-2.0
#include "mri/recon/sense_system.hpp"

#include <algorithm>
#include <cmath>

#include "mri/sense/sense.hpp"

namespace selfsame {
namespace {

template <typename Real>
std::vector<Real> checked_mask(const SenseMeasurement& m) {
  const Shape4 s = m.maps.shape, k = m.kspace.shape, v = m.mask.shape;
  SELFSAME_CHECK(s.n >= 1 && s.c >= 1 && s.h >= 1 && s.w >= 1 && k == (Shape4{1, s.c, s.h, s.w}) &&
                     v.n == 1 && v.c == 1 && (v.h == 1 || v.h == s.h) && v.w == s.w && m.mask.block == 1,
                 "k-space {}, maps {}, mask {}", k.text(), s.text(), v.text());
  const Real* from = m.mask.as<Real>();
  std::vector<Real> mask;
  for (std::int64_t set = 0; set < s.n; ++set) {
    for (std::int64_t i = 0; i < v.h * v.w; ++i) {
      if (from[i] != 0 && from[i] != 1) {
        fail(ErrorKind::kData, "mask {} holds {} at ({}, {}), expected 0 or 1", v.text(), from[i], i / v.w,
             i % v.w);
      }
      mask.push_back(from[i]);
    }
  }
  return mask;
}

}  // namespace

template <typename Real>
SenseSystem<Real>::SenseSystem(const SenseMeasurement& measurement, double scale, Stream& stream)
    : measurement_(measurement),
      scale_(scale),
      stream_(stream),
      mask_(checked_mask<Real>(measurement)),
      weights_(mask_.data(), dtype_of<Real>(),
               {measurement.maps.shape.n, 1, measurement.mask.shape.h, measurement.mask.shape.w}, 1),
      right_side_(static_cast<std::size_t>(sets() * h() * w())) {
  const Shape4 s = measurement.maps.shape;
  SELFSAME_CHECK(scale > 0 && std::isfinite(scale), "data scale {}", scale);
  stream.reserve_workspace(prepare_sense(s, dtype_of<Real>(), FourierAxes::kBoth, stream));
  // y / scale, once for every set.
  kspace_.resize(static_cast<std::size_t>(s.count()));
  const std::int64_t plane = s.h * s.w, stack = s.c * plane;
  const Real* from = measurement.kspace.as<Real>();
  double energy = 0;
  for (std::int64_t i = 0; i < stack; ++i) {
    const auto at = static_cast<std::size_t>(measurement.mask.shape.h == 1 ? i % s.w : i % plane);
    if (mask_[at] == 0) {
      continue;
    }
    const std::complex<double> y(static_cast<double>(from[2 * i]) / scale,
                                 static_cast<double>(from[2 * i + 1]) / scale);
    if (!std::isfinite(y.real()) || !std::isfinite(y.imag())) {
      fail(ErrorKind::kData, "k-space of coil {} at ({}, {}) is not finite", i / plane, i % plane / s.w,
           i % s.w);
    }
    energy += std::norm(y);
    for (std::int64_t set = 0; set < s.n; ++set) {
      kspace_[static_cast<std::size_t>(set * stack + i)] = Complex(y);
    }
  }
  half_energy_ = energy / 2;
  adjoint_of_sum(right_side_);
  if (s.n == 1) {
    kspace_ = Vector();
  }
}

/// Every set's adjoint of the k-space that kspace_ holds once per set.
template <typename Real>
void SenseSystem<Real>::adjoint_of_sum(Vector& x) {
  const Shape4 s = measurement_.maps.shape;
  sense_adjoint(ComplexView(x.data(), dtype_of<Real>(), {s.n, 1, s.h, s.w}),
                ConstComplexView(kspace_.data(), dtype_of<Real>(), s), measurement_.maps, weights_,
                FourierAxes::kBoth, stream_);
}

template <typename Real>
void SenseSystem<Real>::normal(Vector& y, const Vector& x) {
  const Shape4 s = measurement_.maps.shape, image{s.n, 1, s.h, s.w};
  const ConstComplexView in(x.data(), dtype_of<Real>(), image);
  if (s.n == 1) {
    sense_normal(ComplexView(y.data(), dtype_of<Real>(), image), in, measurement_.maps, weights_,
                 FourierAxes::kBoth, stream_);
    return;
  }
  sense_forward(ComplexView(kspace_.data(), dtype_of<Real>(), s), in, measurement_.maps, weights_,
                FourierAxes::kBoth, stream_);
  const auto stack = static_cast<std::size_t>(s.c * s.h * s.w);
  for (std::size_t i = 0; i < stack; ++i) {
    for (std::size_t set = 1; set < static_cast<std::size_t>(s.n); ++set) {
      kspace_[i] += kspace_[set * stack + i];
    }
  }
  for (std::size_t set = 1; set < static_cast<std::size_t>(s.n); ++set) {
    std::copy_n(kspace_.begin(), stack, kspace_.begin() + static_cast<std::ptrdiff_t>(set * stack));
  }
  adjoint_of_sum(y);
}

template <typename Real>
double SenseSystem<Real>::data_term(const Vector& x, const Vector& normal_x) const {
  return real_dot(x, normal_x) / 2 - real_dot(x, right_side_) + half_energy_;
}

template <typename Real>
double SenseSystem<Real>::norm_bound() const {
  const Shape4 s = measurement_.maps.shape;
  double largest = 0;
  for (std::int64_t i = 0; i < s.h * s.w; ++i) {
    for (std::int64_t a = 0; a < s.n; ++a) {
      double row = 0;
      for (std::int64_t b = 0; b < s.n; ++b) {
        std::complex<double> sum = 0;
        for (std::int64_t c = 0; c < s.c; ++c) {
          const Real* u = measurement_.maps.plane_of<Real>(a, c) + 2 * i;
          const Real* v = measurement_.maps.plane_of<Real>(b, c) + 2 * i;
          sum += std::conj(std::complex<double>(u[0], u[1])) * std::complex<double>(v[0], v[1]);
        }
        row += std::abs(sum);
      }
      largest = std::max(largest, row);
    }
  }
  return largest;
}

template <typename Real>
void SenseSystem<Real>::write(ComplexView image, const Vector& x) const {
  Real* to = image.as<Real>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    to[2 * i] = static_cast<Real>(scale_ * static_cast<double>(x[i].real()));
    to[2 * i + 1] = static_cast<Real>(scale_ * static_cast<double>(x[i].imag()));
  }
}

template class SenseSystem<float>;
template class SenseSystem<double>;

}  // namespace selfsame
