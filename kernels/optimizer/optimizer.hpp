// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>

#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"
#include "kernels/optimizer/optimizer_versions.hpp"

namespace selfsame {

enum class OptimizerType { kAdam, kAdamW, kRmsprop, kSgd };

/// Hyper-parameters with PyTorch's names, meanings and defaults.
struct OptimizerOptions {
  OptimizerType type = OptimizerType::kAdam;
  double lr = 1e-3;  ///< base rate; a step uses LaneStep::lr
  double beta1 = 0.9, beta2 = 0.999;
  double alpha = 0.99;  ///< RMSprop's decay of the squared gradient
  double eps = 1e-8;
  double weight_decay = 0.0;  ///< added to the gradient (Adam, RMSprop, SGD), decoupled for AdamW
  double momentum = 0.0;      ///< RMSprop, SGD
  bool nesterov = false;      ///< SGD
};

/// What differs between lanes in one step, as its caller says it.
struct LaneStep {
  double lr = 0.0;
  std::int64_t step = 1;        ///< 1 for the first update of this lane
  double gradient_scale = 1.0;  ///< 1, or the clip factor
  bool active = true;           ///< false: nothing of this lane is touched
  double ema_limit = 1.0;       ///< the lane's averaging decay is at most this: the average's warm-up
};

/// Which moment arrays the rule keeps; the others may be null.
struct OptimizerMoments {
  bool first, second;
};
[[nodiscard]] OptimizerMoments optimizer_moments(const OptimizerOptions& options);

/// The factors of one lane and step; the averaging decay is min(ema_decay, ema_limit).
/// Errors: Error(kInternal) for options outside their range, or a step below 1 of an active lane.
[[nodiscard]] OptimizerFactors optimizer_factors(const OptimizerOptions& options, const LaneStep& lane,
                                                 double ema_decay);

/// One update of all parameters of all active lanes in one pass over memory.
///
///   g = gradient_scale * gradient (+ weight_decay * value, except AdamW)
///   Adam, AdamW  value *= 1 - lr*weight_decay (AdamW);  m1 = beta1*m1 + (1-beta1)*g;  m2 = beta2*m2 +
///   (1-beta2)*g^2
///                value -= lr/(1-beta1^t) * m1 / (sqrt(m2)/sqrt(1-beta2^t) + eps)
///   RMSprop      m2 = alpha*m2 + (1-alpha)*g^2;  d = g / (sqrt(m2) + eps);  m1 = momentum*m1 + d (momentum >
///   0: d = m1)
///                value -= lr * d
///   SGD          m1 = momentum*m1 + g;  d = g, m1 or, with nesterov, g + momentum*m1;  value -= lr * d
///   then, if `ema` is given:  ema = a*ema + (1-a)*value
///
/// @param values, moment1, moment2, ema, gradients  (L, P); moments start at zero
/// @param parameters  P, a multiple of 16: lanes keep their alignment and no loop has a tail
/// @param factors     L entries, in memory of the stream's device as the arrays are
/// Errors: Error(kInternal) for a missing array or a bad P.
/// Exact:  fp32 with the factors made in double. A lane's result does not depend on the other lanes or the
/// threads. Source: torch.optim.Adam, AdamW, RMSprop, SGD (dampening 0, not centred, no AMSGrad); compared
/// over 10 steps.
void optimizer_step(float* values, float* moment1, float* moment2, float* ema, const float* gradients,
                    std::int64_t parameters, std::int64_t lanes, const OptimizerFactors* factors,
                    const OptimizerOptions& options, Stream& stream);
/// The same in double: the reference only.
void optimizer_step(double* values, double* moment1, double* moment2, double* ema, const double* gradients,
                    std::int64_t parameters, std::int64_t lanes, const OptimizerFactors* factors,
                    const OptimizerOptions& options, Stream& stream);

struct OptimizerImplementation {
  const char* name;
  bool (*supports)(const OptimizerRule&);
  /// A piece of one lane (CPU), or null ...
  void (*update)(OptimizerRule, const OptimizerChunk<float>&, const OptimizerFactors&);
  /// ... and all lanes in one launch (GPU).
  void (*step)(OptimizerRule, const OptimizerChunk<float>&, std::int64_t lanes, const OptimizerFactors*,
               Stream&) = nullptr;
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const OptimizerImplementation> optimizer_implementations();

}  // namespace selfsame
