// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/device/stream.hpp"

namespace selfsame {

/// Isotropic total variation of complex images, with backward differences that go round the edges
/// (as BART; forward differences are another function, whose minimum differs by per cents),
///
///   TV(x) = sum_r sqrt(|x(r) - x(r - e_y)|^2 + |x(r) - x(r - e_x)|^2),
///
/// and its proximal map argmin_x 1/2 ||x - v||^2 + weight TV(x), by accelerated projected gradients of the
/// dual problem: x = v - weight D^H p with |p(r)| <= 1, step 1 / (8 weight). The dual variable is kept: the
/// next call starts from it, so that a sequence of similar problems needs few iterations each.
///
/// Exact:  does not depend on the number of threads.
/// Source: Beck, Teboulle, IEEE TIP 18(11), 2009 (FGP); Chambolle, J. Math. Imaging Vision 20, 2004.
template <typename Real>
class TotalVariation {
 public:
  using Complex = std::complex<Real>;

  /// @param planes, h, w  images of this many parts, each by itself
  TotalVariation(std::int64_t planes, std::int64_t h, std::int64_t w, Stream& stream);

  [[nodiscard]] double value(std::span<const Complex> x) const;

  /// x = the proximal point of v, up to what `iterations` give. Returns the duality gap, primal minus dual
  /// objective >= 0: 1/2 ||x - exact||^2 is at most that.
  double prox(std::span<Complex> x, std::span<const Complex> v, double weight, int iterations);

 private:
  void primal_of(std::span<Complex> x, std::span<const Complex> v, Real weight,
                 const std::vector<Complex>& dual) const;

  std::int64_t planes_, h_, w_;
  Stream& stream_;
  std::vector<Complex> dual_, next_, extrapolated_;  ///< pixel by pixel (along y, along x)
};

}  // namespace selfsame
