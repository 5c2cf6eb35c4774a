// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/verify/pass_gradients.hpp"
#include "losses/objective.hpp"

namespace selfsame {

/// Pairs of gradients, each of the mean loss of a few examples, of an objective and of the supervised risk of
/// one of its claims, at the same weights and with everything that is random drawn equally. Draw m is a
/// function of the seed and m: examples, crops, noise or masks, and what the objective draws itself, all
/// independent of other draws.
class GradientPairs {
 public:
  virtual ~GradientPairs() = default;
  [[nodiscard]] virtual std::vector<UnbiasednessClaim> claims() const = 0;
  [[nodiscard]] virtual std::vector<GradientTensor> tensors() const = 0;
  /// How many pairs `run` makes.
  [[nodiscard]] virtual std::int64_t lanes() const = 0;
  virtual void set_weights(const TrainedPoint& point) = 0;
  /// Draws [first, first + lanes). @param objective  false: only the supervised gradients
  virtual void run(std::int64_t first, std::size_t claim, bool objective = true) = 0;
  /// Of pair i, until the next run.
  [[nodiscard]] virtual const float* self_supervised(std::int64_t i) const = 0;
  [[nodiscard]] virtual const float* supervised(std::int64_t i) const = 0;

  /// Groups of which a number per draw is kept besides (columns of k-space); 0: there are none.
  [[nodiscard]] virtual std::int64_t groups() const { return 0; }
  [[nodiscard]] virtual std::span<const double> group_difference(std::int64_t /*i*/) const { return {}; }
  [[nodiscard]] virtual std::span<const double> group_supervised(std::int64_t /*i*/) const { return {}; }
};

}  // namespace selfsame
