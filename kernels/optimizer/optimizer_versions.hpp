// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// The update of a contiguous piece of one lane, as optimizer.cpp lists it. Private to this folder and its
// tests. Free of the standard library's inline code: optimizer_simd.cpp includes it.

namespace selfsame {

/// Pointers to the same elements of every array of one lane. Arrays that the rule does not use are null.
template <typename Real>
struct OptimizerChunk {
  Real* values;
  Real* moment1;
  Real* moment2;
  Real* ema;
  const Real* gradients;
  std::int64_t count;
};

/// The numbers of one lane and step, made once in double from the options (optimizer_factors). Plain, so that
/// it can be copied to a device.
struct OptimizerFactors {
  double active;          ///< 0: nothing of this lane is touched
  double gradient_scale;  ///< 1, or the clip factor
  double l2;              ///< weight decay added to the gradient: g <- g + l2 * value
  double shrink;          ///< decoupled weight decay: value <- shrink * value; 1 without
  double step;            ///< lr, for Adam lr / (1 - beta1^t)
  double beta1, one_minus_beta1;
  double beta2, one_minus_beta2;  ///< RMSprop: alpha
  double root_scale;              ///< 1 / sqrt(1 - beta2^t), else 1
  double eps;
  double momentum;
  double ema_decay, one_minus_ema_decay;
};

/// Which formula the piece follows; each is a separate loop.
enum class OptimizerRule { kAdam, kRmsprop, kRmspropMomentum, kSgd, kSgdMomentum, kSgdNesterov };

struct OptimizerTable {
  void (*update)(OptimizerRule rule, const OptimizerChunk<float>& chunk, const OptimizerFactors& factors);
};
SELFSAME_DECLARE_ISA_TABLE(OptimizerTable, optimizer_table)

namespace optimizer_reference {
void update(OptimizerRule rule, const OptimizerChunk<float>& chunk, const OptimizerFactors& factors);
void update(OptimizerRule rule, const OptimizerChunk<double>& chunk, const OptimizerFactors& factors);
}  // namespace optimizer_reference

}  // namespace selfsame
