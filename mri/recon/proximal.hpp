// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "mri/recon/sense_system.hpp"

namespace selfsame {

/// A convex function of an image that is minimised beside the data term: its value, and its proximal map
/// argmin_x 1/2 ||x - v||^2 + step * value(x).
template <typename Real>
class Regulariser {
 public:
  using Vector = std::vector<std::complex<Real>>;
  virtual ~Regulariser() = default;
  virtual void prox(Vector& x, const Vector& v, double step) = 0;
  [[nodiscard]] virtual double value(const Vector& x) = 0;
  /// Called before an iteration; a function that changes with it cannot be minimised monotonously.
  virtual void begin(int iteration) = 0;
  [[nodiscard]] virtual bool moving() const = 0;
};

struct ProximalOptions {
  int iterations = 100;
  double tolerance = 0;
};

/// Minimises data_term(x) + regulariser(x) from x = 0 by accelerated proximal gradients with step
/// 1 / norm_bound(): MFISTA (an iterate that would raise the objective is kept as a direction only), or plain
/// FISTA for a moving regulariser. One normal operator per iteration: that of an extrapolated point is the
/// same combination of those of its parts.
/// Source: Beck, Teboulle, IEEE TIP 18(11), 2009, section V.
template <typename Real>
[[nodiscard]] std::vector<std::complex<Real>> minimise_proximal(SenseSystem<Real>& system,
                                                                Regulariser<Real>& regulariser,
                                                                const ProximalOptions& options,
                                                                const ReconstructionCallback& callback);

/// Conjugate gradients for (A^H A + lambda) x = b, from 0. See CgSenseOptions.
template <typename Real>
[[nodiscard]] std::vector<std::complex<Real>> solve_conjugate_gradients(
    SenseSystem<Real>& system, const CgSenseOptions& options, const ReconstructionCallback& callback);

}  // namespace selfsame
