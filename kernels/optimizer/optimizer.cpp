// SPDX-License-Identifier: Apache-2.0
#include "kernels/optimizer/optimizer.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"

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

constexpr OptimizerImplementation kImplementations[] = {
    {"avx512", runs_here<Isa::kAvx512>, update_with<avx512::optimizer_table>},
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

OptimizerFactors factors_of(const OptimizerOptions& o, const LaneStep& lane, double ema_decay) {
  const bool adam = is_adam(o.type), decoupled = o.type == OptimizerType::kAdamW;
  const double t = static_cast<double>(lane.step);
  const double second = adam ? o.beta2 : o.alpha;
  OptimizerFactors f{};
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

bool is_fraction(double value) { return value >= 0.0 && value < 1.0; }

void check(const OptimizerOptions& o, std::span<const LaneStep> lanes, std::int64_t parameters, bool first,
           bool second, bool ema, double ema_decay) {
  const OptimizerMoments need = optimizer_moments(o);
  SELFSAME_CHECK(parameters >= 0 && parameters % 16 == 0, "{} parameters per lane, not a multiple of 16",
                 parameters);
  SELFSAME_CHECK((first || !need.first) && (second || !need.second),
                 "moment arrays needed: first {} second {}", need.first, need.second);
  SELFSAME_CHECK(is_fraction(o.beta1) && is_fraction(o.beta2) && is_fraction(o.alpha),
                 "beta1 {} beta2 {} alpha {} outside [0, 1)", o.beta1, o.beta2, o.alpha);
  SELFSAME_CHECK(o.eps >= 0.0 && o.weight_decay >= 0.0 && o.momentum >= 0.0,
                 "eps {} weight_decay {} momentum {}", o.eps, o.weight_decay, o.momentum);
  SELFSAME_CHECK(!ema || (ema_decay >= 0.0 && ema_decay <= 1.0), "ema_decay {} outside [0, 1]", ema_decay);
  for (const LaneStep& lane : lanes) {
    SELFSAME_CHECK(!lane.active || lane.step >= 1, "step {}: the first is 1", lane.step);
  }
}

template <typename Real, typename Update>
void step_lanes(const OptimizerChunk<Real>& arena, std::span<const LaneStep> lanes,
                const OptimizerOptions& options, double ema_decay, Stream& stream, Update update) {
  const std::int64_t parameters = arena.count, chunks = (parameters + kChunk - 1) / kChunk;
  check(options, lanes, parameters, arena.moment1 != nullptr, arena.moment2 != nullptr, arena.ema != nullptr,
        ema_decay);
  const OptimizerRule rule = rule_of(options);
  stream.pool().run(static_cast<std::int64_t>(lanes.size()) * chunks, [&](std::int64_t unit, int) {
    const std::int64_t lane = unit / chunks, begin = unit % chunks * kChunk;
    const LaneStep& step = lanes[static_cast<std::size_t>(lane)];
    if (!step.active) {
      return;
    }
    const std::int64_t at = lane * parameters + begin;
    const auto from = [at](auto* p) { return p == nullptr ? p : p + at; };
    update(rule,
           OptimizerChunk<Real>{from(arena.values), from(arena.moment1), from(arena.moment2), from(arena.ema),
                                from(arena.gradients), std::min(kChunk, parameters - begin)},
           factors_of(options, step, ema_decay));
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

void optimizer_step(float* values, float* moment1, float* moment2, float* ema, const float* gradients,
                    std::int64_t parameters, std::span<const LaneStep> lanes, const OptimizerOptions& options,
                    double ema_decay, Stream& stream) {
  const OpRange range(stream, "optimizer_step");
  const auto& version =
      select_implementation("optimizer", optimizer_implementations(), rule_of(options), stream);
  step_lanes<float>({values, moment1, moment2, ema, gradients, parameters}, lanes, options, ema_decay, stream,
                    version.update);
}

void optimizer_step(double* values, double* moment1, double* moment2, double* ema, const double* gradients,
                    std::int64_t parameters, std::span<const LaneStep> lanes, const OptimizerOptions& options,
                    double ema_decay, Stream& stream) {
  const OpRange range(stream, "optimizer_step");
  step_lanes<double>(
      {values, moment1, moment2, ema, gradients, parameters}, lanes, options, ema_decay, stream,
      [](OptimizerRule rule, const OptimizerChunk<double>& chunk, const OptimizerFactors& factors) {
        optimizer_reference::update(rule, chunk, factors);
      });
}

}  // namespace selfsame
