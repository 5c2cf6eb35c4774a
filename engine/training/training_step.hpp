// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/training/training_pass.hpp"
#include "kernels/device/memory_plan.hpp"
#include "kernels/device/mirrored_buffer.hpp"
#include "kernels/lane_guard/lane_guard.hpp"
#include "kernels/optimizer/optimizer.hpp"

namespace selfsame {

struct TrainingStepOptions {
  OptimizerOptions optimizer;
  double clip_norm = 0;  ///< 0 = off
  double ema_decay = 0;  ///< 0 = no average; in early step t at most (1+t)/(10+t)
};

/// What one lane is asked to do in a step.
struct LaneRequest {
  bool active = true;  ///< false: computed along, but its weights do not change
  double lr = 0;
  std::int64_t step = 1;  ///< 1-based, for the optimiser's bias corrections
};

struct LaneOutcome {
  double loss = 0;
  double gradient_norm = 0;      ///< before clipping
  std::string diverged;          ///< empty, or which tensor is not finite; the weights did not change
  std::vector<int> bad_samples;  ///< places in the batch, of all lanes, where it is not finite
};

/// One training step of L lanes: what the pass computes (measurement, objective, network forward and
/// backward), then clipping and the optimiser. All memory is planned and taken by the constructor; `run`
/// allocates nothing. On a GPU the whole step is recorded once and then repeated as one graph, with no work
/// of the host between its kernels.
///
/// A lane's numbers are bitwise those of the same run alone, for any number of threads.
class TrainingStep {
 public:
  /// @param pass  must outlive the step
  TrainingStep(TrainingPass& pass, const TrainingStepOptions& options, Stream& stream);

  /// One step. Requests and outcomes have L entries.
  void run(std::span<const LaneRequest> requests, std::span<LaneOutcome> outcomes);

  [[nodiscard]] Parameters& parameters() { return parameters_; }
  [[nodiscard]] const Parameters& parameters() const { return parameters_; }
  /// Moments and average of a lane on the host, lane_size() floats each; null where the optimiser keeps none.
  [[nodiscard]] float* moment1(std::int64_t lane) const { return lane_of(moment1_, lane); }
  [[nodiscard]] float* moment2(std::int64_t lane) const { return lane_of(moment2_, lane); }
  [[nodiscard]] float* ema(std::int64_t lane) const { return lane_of(ema_, lane); }
  /// Weights, buffers, moments and average: what the host holds to the device, and back. The step works on
  /// the device's; both wait until it is done.
  void to_device();
  void to_host();
  /// What to evaluate, in the device's memory: the average where there is one, else the weights.
  [[nodiscard]] const float* best_values(std::int64_t lane) const;

  /// Starts a lane afresh: initial weights from the seed, zero moments, the average at the weights.
  void initialise(std::int64_t lane, std::uint64_t seed);

  [[nodiscard]] const MemoryPlan& plan() const { return plan_; }
  [[nodiscard]] std::int64_t lanes() const { return pass_.lanes(); }
  [[nodiscard]] const TrainingStepOptions& options() const { return options_; }

 private:
  [[nodiscard]] float* lane_of(const MirroredBuffer& arena, std::int64_t lane) const;
  void take_memory();
  void enqueue();
  void find_divergence(std::int64_t lane, LaneOutcome& outcome);

  TrainingStepOptions options_;
  TrainingPass& pass_;
  Stream& stream_;
  Parameters parameters_;
  MirroredBuffer moment1_, moment2_, ema_;
  MemoryPlan plan_;
  MirroredBuffer factors_;        // L OptimizerFactors
  MirroredBuffer results_;        // L LaneVerdict
  MirroredBuffer sample_losses_;  // N double
  Buffer squares_;                // L double
  std::unique_ptr<Graph> graph_;  // the recorded step, on a GPU
};

}  // namespace selfsame
