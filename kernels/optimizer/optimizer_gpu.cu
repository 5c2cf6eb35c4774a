// SPDX-License-Identifier: Apache-2.0
// The update of kernels/optimizer/optimizer.hpp on a GPU: all lanes and tensors in one launch, four
// parameters per thread, bound by memory at 20 to 36 bytes per parameter. The operations are those of
// optimizer_simd.cpp. Not yet run on a GPU.
#include "kernels/optimizer/optimizer_gpu.hpp"

#include "kernels/device/gpu/flat_map.cuh"

namespace selfsame::SELFSAME_GPU::optimizer_gpu {
namespace {

constexpr int kThreads = 256;
constexpr int kWide = 4;  // floats in 16 bytes; the parameters of a lane are a multiple of 16
using Four = Pack<float, kWide>;

struct Args {
  OptimizerChunk<float> arena;
  const OptimizerFactors* factors;  // (L)
};

__device__ Four load(const float* from, std::int64_t at) {
  return from == nullptr ? Four{} : *reinterpret_cast<const Four*>(from + at);
}
__device__ void store(float* to, std::int64_t at, const Four& v) {
  if (to != nullptr) {
    *reinterpret_cast<Four*>(to + at) = v;
  }
}

/// What the value moves along, times -step; m1 and m2 are updated.
template <OptimizerRule kRule>
__device__ float direction(float& m1, float& m2, float g, const OptimizerFactors& f) {
  if constexpr (kRule == OptimizerRule::kAdam) {
    m1 = static_cast<float>(f.beta1) * m1 + static_cast<float>(f.one_minus_beta1) * g;
    m2 = static_cast<float>(f.beta2) * m2 + static_cast<float>(f.one_minus_beta2) * (g * g);
    return m1 / (sqrtf(m2) * static_cast<float>(f.root_scale) + static_cast<float>(f.eps));
  } else if constexpr (kRule == OptimizerRule::kRmsprop || kRule == OptimizerRule::kRmspropMomentum) {
    m2 = static_cast<float>(f.beta2) * m2 + static_cast<float>(f.one_minus_beta2) * (g * g);
    const float scaled = g / (sqrtf(m2) + static_cast<float>(f.eps));
    if constexpr (kRule == OptimizerRule::kRmspropMomentum) {
      m1 = static_cast<float>(f.momentum) * m1 + scaled;
      return m1;
    }
    return scaled;
  } else if constexpr (kRule == OptimizerRule::kSgd) {
    return g;
  } else {
    m1 = static_cast<float>(f.momentum) * m1 + g;
    return kRule == OptimizerRule::kSgdNesterov ? g + static_cast<float>(f.momentum) * m1 : m1;
  }
}

constexpr bool keeps_first(OptimizerRule rule) {
  return rule != OptimizerRule::kRmsprop && rule != OptimizerRule::kSgd;
}
constexpr bool keeps_second(OptimizerRule rule) {
  return rule == OptimizerRule::kAdam || rule == OptimizerRule::kRmsprop ||
         rule == OptimizerRule::kRmspropMomentum;
}

template <OptimizerRule kRule>
__global__ void optimizer_step_kernel(Args a) {
  const std::int64_t i = (static_cast<std::int64_t>(block_x()) * block_size_x() + thread_x()) * kWide;
  const OptimizerFactors f = a.factors[block_y()];
  if (i >= a.arena.count || f.active == 0.0) {
    return;
  }
  const std::int64_t at = static_cast<std::int64_t>(block_y()) * a.arena.count + i;
  Four values = load(a.arena.values, at), ema = load(a.arena.ema, at);
  Four m1 = load(keeps_first(kRule) ? a.arena.moment1 : nullptr, at);
  Four m2 = load(keeps_second(kRule) ? a.arena.moment2 : nullptr, at);
  const Four gradients = load(a.arena.gradients, at);
#pragma unroll
  for (int k = 0; k < kWide; ++k) {
    const float g =
        static_cast<float>(f.gradient_scale) * gradients.v[k] + static_cast<float>(f.l2) * values.v[k];
    const float moved = direction<kRule>(m1.v[k], m2.v[k], g, f);
    values.v[k] = static_cast<float>(f.shrink) * values.v[k] - static_cast<float>(f.step) * moved;
    ema.v[k] =
        static_cast<float>(f.ema_decay) * ema.v[k] + static_cast<float>(f.one_minus_ema_decay) * values.v[k];
  }
  store(a.arena.values, at, values);
  store(keeps_first(kRule) ? a.arena.moment1 : nullptr, at, m1);
  store(keeps_second(kRule) ? a.arena.moment2 : nullptr, at, m2);
  store(a.arena.ema, at, ema);
}

}  // namespace

void step(OptimizerRule rule, const OptimizerChunk<float>& arena, std::int64_t lanes,
          const OptimizerFactors* factors, Stream& stream) {
  if (arena.count == 0 || lanes == 0) {
    return;
  }
  const LaunchShape shape{{blocks_for(arena.count, kThreads * kWide), lanes, 1}, {kThreads, 1, 1}};
  const auto start = [&](auto kernel) {
    launch("optimizer_step", kernel, shape, stream, Args{arena, factors});
  };
  switch (rule) {
    case OptimizerRule::kAdam:
      return start(optimizer_step_kernel<OptimizerRule::kAdam>);
    case OptimizerRule::kRmsprop:
      return start(optimizer_step_kernel<OptimizerRule::kRmsprop>);
    case OptimizerRule::kRmspropMomentum:
      return start(optimizer_step_kernel<OptimizerRule::kRmspropMomentum>);
    case OptimizerRule::kSgd:
      return start(optimizer_step_kernel<OptimizerRule::kSgd>);
    case OptimizerRule::kSgdMomentum:
      return start(optimizer_step_kernel<OptimizerRule::kSgdMomentum>);
    case OptimizerRule::kSgdNesterov:
      return start(optimizer_step_kernel<OptimizerRule::kSgdNesterov>);
  }
}

}  // namespace selfsame::SELFSAME_GPU::optimizer_gpu
