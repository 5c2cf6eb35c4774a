// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/optimizer/optimizer.hpp: one element at a time, arithmetic in double,
// float or double storage.
#include <cmath>

#include "kernels/optimizer/optimizer_versions.hpp"

namespace selfsame::optimizer_reference {
namespace {

/// m <- keep*m + add; returns the new value as it is stored.
template <typename Real>
double decay(Real& m, double keep, double add) {
  m = static_cast<Real>(keep * static_cast<double>(m) + add);
  return static_cast<double>(m);
}

template <typename Real>
double direction(OptimizerRule rule, const OptimizerChunk<Real>& c, std::int64_t i, double g,
                 const OptimizerFactors& f) {
  switch (rule) {
    case OptimizerRule::kAdam: {
      const double m1 = decay(c.moment1[i], f.beta1, f.one_minus_beta1 * g);
      const double m2 = decay(c.moment2[i], f.beta2, f.one_minus_beta2 * g * g);
      return m1 / (std::sqrt(m2) * f.root_scale + f.eps);
    }
    case OptimizerRule::kRmsprop:
    case OptimizerRule::kRmspropMomentum: {
      const double m2 = decay(c.moment2[i], f.beta2, f.one_minus_beta2 * g * g);
      const double scaled = g / (std::sqrt(m2) + f.eps);
      return rule == OptimizerRule::kRmsprop ? scaled : decay(c.moment1[i], f.momentum, scaled);
    }
    case OptimizerRule::kSgd:
      return g;
    case OptimizerRule::kSgdMomentum:
      return decay(c.moment1[i], f.momentum, g);
    case OptimizerRule::kSgdNesterov:
      return g + f.momentum * decay(c.moment1[i], f.momentum, g);
  }
  return 0.0;
}

template <typename Real>
void update_elements(OptimizerRule rule, const OptimizerChunk<Real>& c, const OptimizerFactors& f) {
  for (std::int64_t i = 0; i < c.count; ++i) {
    const double value = static_cast<double>(c.values[i]);
    const double g = f.gradient_scale * static_cast<double>(c.gradients[i]) + f.l2 * value;
    c.values[i] = static_cast<Real>(f.shrink * value - f.step * direction(rule, c, i, g, f));
    if (c.ema != nullptr) {
      decay(c.ema[i], f.ema_decay, f.one_minus_ema_decay * static_cast<double>(c.values[i]));
    }
  }
}

}  // namespace

void update(OptimizerRule rule, const OptimizerChunk<float>& chunk, const OptimizerFactors& factors) {
  update_elements(rule, chunk, factors);
}
void update(OptimizerRule rule, const OptimizerChunk<double>& chunk, const OptimizerFactors& factors) {
  update_elements(rule, chunk, factors);
}

}  // namespace selfsame::optimizer_reference
