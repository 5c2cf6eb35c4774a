// SPDX-License-Identifier: Apache-2.0
#include "mri/recon/proximal.hpp"

#include <cmath>

namespace selfsame {
namespace {

template <typename Real>
using Vector = std::vector<std::complex<Real>>;

/// y = x + alpha (z - x) + beta (x - last).
template <typename Real>
void extrapolate(Vector<Real>& y, const Vector<Real>& x, const Vector<Real>& z, const Vector<Real>& last,
                 double alpha, double beta) {
  const Real a = static_cast<Real>(alpha), b = static_cast<Real>(beta);
  for (std::size_t i = 0; i < y.size(); ++i) {
    y[i] = x[i] + a * (z[i] - x[i]) + b * (x[i] - last[i]);
  }
}

template <typename Real>
double distance(const Vector<Real>& a, const Vector<Real>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += std::norm(std::complex<double>(a[i]) - std::complex<double>(b[i]));
  }
  return std::sqrt(sum);
}

}  // namespace

template <typename Real>
Vector<Real> minimise_proximal(SenseSystem<Real>& system, Regulariser<Real>& regulariser,
                               const ProximalOptions& options, const ReconstructionCallback& callback) {
  const std::size_t n = system.size();
  // x: the best so far; z: the new candidate; last: x before; each with its normal operator.
  Vector<Real> x(n), normal_x(n), z(n), normal_z(n), last(n), normal_last(n), y(n), normal_y(n), gradient(n);
  const double bound = system.norm_bound();
  if (bound == 0) {
    return x;  // maps of zeros: nothing is measured
  }
  const double step = 1 / bound;
  const auto& b = system.right_side();
  double momentum = 1;
  double best = system.data_term(x, normal_x) + regulariser.value(x);
  for (int iteration = 1; iteration <= options.iterations; ++iteration) {
    regulariser.begin(iteration - 1);
    for (std::size_t i = 0; i < n; ++i) {
      gradient[i] = y[i] - static_cast<Real>(step) * (normal_y[i] - b[i]);
    }
    regulariser.prox(z, gradient, step);
    system.normal(normal_z, z);
    const bool needed = callback || !regulariser.moving();
    const double objective = needed ? system.data_term(z, normal_z) + regulariser.value(z) : 0;
    const double next = (1 + std::sqrt(1 + 4 * momentum * momentum)) / 2;
    std::swap(x, last);
    std::swap(normal_x, normal_last);
    const bool accepted = regulariser.moving() || objective <= best;
    x = accepted ? z : last;
    normal_x = accepted ? normal_z : normal_last;
    best = accepted ? objective : best;
    const double size = std::sqrt(real_dot(x, x)), change = distance(z, last);
    const double relative = size > 0 ? change / size : change;
    if ((callback && !callback({iteration, options.iterations, best, relative})) ||
        relative <= options.tolerance) {
      break;
    }
    const double alpha = momentum / next, beta = (momentum - 1) / next;
    extrapolate(y, x, z, last, alpha, beta);
    extrapolate(normal_y, normal_x, normal_z, normal_last, alpha, beta);
    momentum = next;
  }
  return x;
}

template <typename Real>
Vector<Real> solve_conjugate_gradients(SenseSystem<Real>& system, const CgSenseOptions& options,
                                       const ReconstructionCallback& callback) {
  const std::size_t n = system.size();
  Vector<Real> x(n), residual = system.right_side(), direction = residual, normal(n);
  double squares = real_dot(residual, residual);
  const double first = squares;
  for (int iteration = 1; iteration <= options.iterations && squares > 0; ++iteration) {
    system.normal(normal, direction);
    const double curvature = real_dot(direction, normal) + options.lambda * real_dot(direction, direction);
    if (!(curvature > 0)) {
      break;  // the residual is rounding alone
    }
    const double alpha = squares / curvature;
    for (std::size_t i = 0; i < n; ++i) {
      x[i] += static_cast<Real>(alpha) * direction[i];
      residual[i] -=
          static_cast<Real>(alpha) * (normal[i] + static_cast<Real>(options.lambda) * direction[i]);
    }
    const double now = real_dot(residual, residual), relative = std::sqrt(now / first);
    if (callback) {
      // With r = b - (N + lambda) x: 1/2 x^H N x - Re x^H b + lambda/2 ||x||^2 = -1/2 Re x^H (b + r).
      const double objective =
          system.half_energy() - (real_dot(x, system.right_side()) + real_dot(x, residual)) / 2;
      if (!callback({iteration, options.iterations, objective, relative})) {
        break;
      }
    }
    if (relative <= options.tolerance) {
      break;
    }
    const Real beta = static_cast<Real>(now / squares);
    for (std::size_t i = 0; i < n; ++i) {
      direction[i] = residual[i] + beta * direction[i];
    }
    squares = now;
  }
  return x;
}

#define SELFSAME_INSTANTIATE(Real)                                                                      \
  template Vector<Real> minimise_proximal<Real>(SenseSystem<Real>&, Regulariser<Real>&,                 \
                                                const ProximalOptions&, const ReconstructionCallback&); \
  template Vector<Real> solve_conjugate_gradients<Real>(SenseSystem<Real>&, const CgSenseOptions&,      \
                                                        const ReconstructionCallback&);
SELFSAME_INSTANTIATE(float)
SELFSAME_INSTANTIATE(double)

}  // namespace selfsame
