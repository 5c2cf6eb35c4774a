// SPDX-License-Identifier: Apache-2.0
#include "kernels/optimizer/optimizer.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/optimizer/optimizer_gpu.hpp"

namespace selfsame {
namespace {

// 16 Ki elements of five arrays are 320 KiB, a few hundred microseconds at most: small enough to balance
// threads.
constexpr std::int64_t kChunk = 16384;

template <Isa isa>
bool runs_here(const OptimizerRule&) {
  return isa_available(isa);
}

/// Asks for a set's table only when it runs: no code of that set may be executed elsewhere.
template <const OptimizerTable& (*table)()>
void update_with(OptimizerRule rule, const OptimizerChunk<float>& chunk, const OptimizerFactors& factors) {
  table().update(rule, chunk, factors);
}

[[maybe_unused]] bool runs_every_rule(const OptimizerRule&) { return true; }

#define SELFSAME_ENTRY(space, device) {"gpu", runs_every_rule, nullptr, space::optimizer_gpu::step, device},

constexpr OptimizerImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"avx512", runs_here<Isa::kAvx512>,
                                          update_with<avx512::optimizer_table>},
    {"avx2", runs_here<Isa::kAvx2>, update_with<avx2::optimizer_table>},
    {"baseline", runs_here<Isa::kBaseline>, update_with<baseline::optimizer_table>},
    {"reference", runs_here<Isa::kBaseline>, optimizer_reference::update},
};

bool is_adam(OptimizerType type) { return type == OptimizerType::kAdam || type == OptimizerType::kAdamW; }

OptimizerRule rule_of(const OptimizerOptions& options) {
  if (is_adam(options.type)) {
    return OptimizerRule::kAdam;
  }
  const bool momentum = options.momentum != 0.0;
  if (options.type == OptimizerType::kRmsprop) {
    return momentum ? OptimizerRule::kRmspropMomentum : OptimizerRule::kRmsprop;
  }
  return !momentum          ? OptimizerRule::kSgd
         : options.nesterov ? OptimizerRule::kSgdNesterov
                            : OptimizerRule::kSgdMomentum;
}

bool is_fraction(double value) { return value >= 0.0 && value < 1.0; }

void check_options(const OptimizerOptions& o, const LaneStep& lane, double ema_decay) {
  SELFSAME_CHECK(is_fraction(o.beta1) && is_fraction(o.beta2) && is_fraction(o.alpha),
                 "beta1 {} beta2 {} alpha {} outside [0, 1)", o.beta1, o.beta2, o.alpha);
  SELFSAME_CHECK(o.eps >= 0.0 && o.weight_decay >= 0.0 && o.momentum >= 0.0,
                 "eps {} weight_decay {} momentum {}", o.eps, o.weight_decay, o.momentum);
  SELFSAME_CHECK(ema_decay >= 0.0 && ema_decay <= 1.0, "ema_decay {} outside [0, 1]", ema_decay);
  SELFSAME_CHECK(!lane.active || lane.step >= 1, "step {}: the first is 1", lane.step);
}

template <typename Real>
void check_arrays(const OptimizerChunk<Real>& arena, const OptimizerOptions& o,
                  const OptimizerFactors* factors) {
  const OptimizerMoments need = optimizer_moments(o);
  SELFSAME_CHECK(arena.count >= 0 && arena.count % 16 == 0, "{} parameters per lane, not a multiple of 16",
                 arena.count);
  SELFSAME_CHECK((arena.moment1 != nullptr || !need.first) && (arena.moment2 != nullptr || !need.second),
                 "moment arrays needed: first {} second {}", need.first, need.second);
  SELFSAME_CHECK(factors != nullptr, "no factors");
}

template <typename Real, typename Update>
void step_lanes(const OptimizerChunk<Real>& arena, std::int64_t lanes, const OptimizerFactors* factors,
                const OptimizerOptions& options, Stream& stream, Update update) {
  const std::int64_t parameters = arena.count, chunks = (parameters + kChunk - 1) / kChunk;
  const OptimizerRule rule = rule_of(options);
  stream.pool().run(lanes * chunks, [&](std::int64_t unit, int) {
    const std::int64_t lane = unit / chunks, begin = unit % chunks * kChunk;
    if (factors[lane].active == 0.0) {
      return;
    }
    const std::int64_t at = lane * parameters + begin;
    const auto from = [at](auto* p) { return p == nullptr ? p : p + at; };
    update(rule,
           OptimizerChunk<Real>{from(arena.values), from(arena.moment1), from(arena.moment2), from(arena.ema),
                                from(arena.gradients), std::min(kChunk, parameters - begin)},
           factors[lane]);
  });
}

}  // namespace

std::span<const OptimizerImplementation> optimizer_implementations() { return kImplementations; }

OptimizerMoments optimizer_moments(const OptimizerOptions& options) {
  switch (rule_of(options)) {
    case OptimizerRule::kAdam:
    case OptimizerRule::kRmspropMomentum:
      return {true, true};
    case OptimizerRule::kRmsprop:
      return {false, true};
    case OptimizerRule::kSgd:
      return {false, false};
    case OptimizerRule::kSgdMomentum:
    case OptimizerRule::kSgdNesterov:
      return {true, false};
  }
  fail(ErrorKind::kInternal, "optimizer type {}", static_cast<int>(options.type));
}

OptimizerFactors optimizer_factors(const OptimizerOptions& o, const LaneStep& lane, double ema_decay) {
  check_options(o, lane, ema_decay);
  const bool adam = is_adam(o.type), decoupled = o.type == OptimizerType::kAdamW;
  const double t = static_cast<double>(lane.step);
  const double second = adam ? o.beta2 : o.alpha;
  OptimizerFactors f{};
  f.active = lane.active ? 1.0 : 0.0;
  f.gradient_scale = lane.gradient_scale;
  f.l2 = decoupled ? 0.0 : o.weight_decay;
  f.shrink = decoupled ? 1.0 - lane.lr * o.weight_decay : 1.0;
  f.step = adam ? lane.lr / (1.0 - std::pow(o.beta1, t)) : lane.lr;
  f.beta1 = o.beta1;
  f.one_minus_beta1 = 1.0 - o.beta1;
  f.beta2 = second;
  f.one_minus_beta2 = 1.0 - second;
  f.root_scale = adam ? 1.0 / std::sqrt(1.0 - std::pow(o.beta2, t)) : 1.0;
  f.eps = o.eps;
  f.momentum = o.momentum;
  f.ema_decay = std::min(ema_decay, lane.ema_limit);
  f.one_minus_ema_decay = 1.0 - f.ema_decay;
  return f;
}

void optimizer_step(float* values, float* moment1, float* moment2, float* ema, const float* gradients,
                    std::int64_t parameters, std::int64_t lanes, const OptimizerFactors* factors,
                    const OptimizerOptions& options, Stream& stream) {
  const OpRange range(stream, "optimizer_step");
  const OptimizerChunk<float> arena{values, moment1, moment2, ema, gradients, parameters};
  check_arrays(arena, options, factors);
  const auto& version =
      select_implementation("optimizer", optimizer_implementations(), rule_of(options), stream);
  if (version.step != nullptr) {
    version.step(rule_of(options), arena, lanes, factors, stream);
  } else {
    step_lanes(arena, lanes, factors, options, stream, version.update);
  }
}

void optimizer_step(double* values, double* moment1, double* moment2, double* ema, const double* gradients,
                    std::int64_t parameters, std::int64_t lanes, const OptimizerFactors* factors,
                    const OptimizerOptions& options, Stream& stream) {
  const OpRange range(stream, "optimizer_step");
  const OptimizerChunk<double> arena{values, moment1, moment2, ema, gradients, parameters};
  check_arrays(arena, options, factors);
  step_lanes(arena, lanes, factors, options, stream,
             [](OptimizerRule rule, const OptimizerChunk<double>& chunk, const OptimizerFactors& f) {
               optimizer_reference::update(rule, chunk, f);
             });
}

}  // namespace selfsame
