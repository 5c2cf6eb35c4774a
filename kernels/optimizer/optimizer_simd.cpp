// SPDX-License-Identifier: Apache-2.0
// The update of kernels/optimizer/optimizer.hpp in fp32, one loop per rule, written so that the compiler
// turns each into vector code of this file's instruction set. The pass is bound by memory: 20 to 36 bytes per
// parameter.
#include "kernels/optimizer/optimizer_versions.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr std::int64_t kWidth =
    16;  // counts are multiples of it: no scalar tail, so rounding is the same everywhere

/// OptimizerFactors in fp32.
struct Factors {
  float gradient_scale, l2, shrink, step, beta1, one_minus_beta1, beta2, one_minus_beta2, root_scale, eps,
      momentum, ema_decay, one_minus_ema_decay;
};

Factors narrowed(const OptimizerFactors& f) {
  return {static_cast<float>(f.gradient_scale),
          static_cast<float>(f.l2),
          static_cast<float>(f.shrink),
          static_cast<float>(f.step),
          static_cast<float>(f.beta1),
          static_cast<float>(f.one_minus_beta1),
          static_cast<float>(f.beta2),
          static_cast<float>(f.one_minus_beta2),
          static_cast<float>(f.root_scale),
          static_cast<float>(f.eps),
          static_cast<float>(f.momentum),
          static_cast<float>(f.ema_decay),
          static_cast<float>(f.one_minus_ema_decay)};
}

template <OptimizerRule rule>
inline float direction(float* __restrict__ m1, float* __restrict__ m2, std::int64_t i, float g,
                       const Factors& f) {
  if constexpr (rule == OptimizerRule::kAdam) {
    m1[i] = f.beta1 * m1[i] + f.one_minus_beta1 * g;
    m2[i] = f.beta2 * m2[i] + f.one_minus_beta2 * (g * g);
    return m1[i] / (__builtin_sqrtf(m2[i]) * f.root_scale + f.eps);
  } else if constexpr (rule == OptimizerRule::kRmsprop || rule == OptimizerRule::kRmspropMomentum) {
    m2[i] = f.beta2 * m2[i] + f.one_minus_beta2 * (g * g);
    const float scaled = g / (__builtin_sqrtf(m2[i]) + f.eps);
    if constexpr (rule == OptimizerRule::kRmsprop) {
      return scaled;
    } else {
      return m1[i] = f.momentum * m1[i] + scaled;
    }
  } else if constexpr (rule == OptimizerRule::kSgd) {
    return g;
  } else {
    m1[i] = f.momentum * m1[i] + g;
    return rule == OptimizerRule::kSgdNesterov ? g + f.momentum * m1[i] : m1[i];
  }
}

template <OptimizerRule rule, bool with_ema>
void run(const OptimizerChunk<float>& chunk, const Factors& f) {
  float* __restrict__ values = chunk.values;
  float* __restrict__ m1 = chunk.moment1;
  float* __restrict__ m2 = chunk.moment2;
  float* __restrict__ ema = chunk.ema;
  const float* __restrict__ gradients = chunk.gradients;
  for (std::int64_t begin = 0; begin < chunk.count; begin += kWidth) {
    for (std::int64_t i = begin; i < begin + kWidth; ++i) {
      const float g = f.gradient_scale * gradients[i] + f.l2 * values[i];
      const float value = f.shrink * values[i] - f.step * direction<rule>(m1, m2, i, g, f);
      values[i] = value;
      if constexpr (with_ema) {
        ema[i] = f.ema_decay * ema[i] + f.one_minus_ema_decay * value;
      }
    }
  }
}

template <OptimizerRule rule>
void run_rule(const OptimizerChunk<float>& chunk, const Factors& f) {
  chunk.ema != nullptr ? run<rule, true>(chunk, f) : run<rule, false>(chunk, f);
}

void update(OptimizerRule rule, const OptimizerChunk<float>& chunk, const OptimizerFactors& factors) {
  const Factors f = narrowed(factors);
  switch (rule) {
    case OptimizerRule::kAdam:
      return run_rule<OptimizerRule::kAdam>(chunk, f);
    case OptimizerRule::kRmsprop:
      return run_rule<OptimizerRule::kRmsprop>(chunk, f);
    case OptimizerRule::kRmspropMomentum:
      return run_rule<OptimizerRule::kRmspropMomentum>(chunk, f);
    case OptimizerRule::kSgd:
      return run_rule<OptimizerRule::kSgd>(chunk, f);
    case OptimizerRule::kSgdMomentum:
      return run_rule<OptimizerRule::kSgdMomentum>(chunk, f);
    case OptimizerRule::kSgdNesterov:
      return run_rule<OptimizerRule::kSgdNesterov>(chunk, f);
  }
}

}  // namespace

const OptimizerTable& optimizer_table() {
  static constexpr OptimizerTable kTable{update};
  return kTable;
}

}  // namespace selfsame::SELFSAME_ISA
