// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/device/memory_plan.hpp"
#include "kernels/noise/noise.hpp"
#include "kernels/optimizer/optimizer.hpp"
#include "losses/objective.hpp"
#include "models/network.hpp"

namespace selfsame {

/// What differs between the lanes of a step for as long as they train.
struct LaneMeasurement {
  NoiseModel input;
  NoiseModel target;  ///< of the second noisy measurement, if the objective asks for one
};

struct TrainingStepOptions {
  std::int64_t batch = 1;  ///< B, samples per lane
  std::int64_t h = 0, w = 0;
  OptimizerOptions optimizer;
  double clip_norm = 0;  ///< 0 = off
  double ema_decay = 0;  ///< 0 = no average; in early step t at most (1+t)/(10+t)
  bool paired = false;   ///< the data come as two measurements: no noise is added, `second` is the target
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

/// One training step of L lanes: measurement, objective (network forward and backward), clipping, optimiser.
/// All memory is planned and taken by the constructor; `run` allocates nothing.
///
/// A lane's numbers are bitwise those of the same run alone, for any number of threads.
class TrainingStep {
 public:
  /// @param objective, model  must outlive the step
  TrainingStep(const Model& model, Objective& objective, std::vector<LaneMeasurement> lanes,
               const TrainingStepOptions& options, Stream& stream);

  /// Where the caller puts the batch: (L*B, C, h, w) planes, and the second measurement of paired data.
  [[nodiscard]] std::span<float> images();
  [[nodiscard]] std::span<float> second_images();
  [[nodiscard]] std::span<SampleOrigin> origins() { return origins_; }

  /// One step. Requests and outcomes have L entries.
  void run(std::span<const LaneRequest> requests, std::span<LaneOutcome> outcomes);

  [[nodiscard]] Parameters& parameters() { return parameters_; }
  [[nodiscard]] const Parameters& parameters() const { return parameters_; }
  /// Moments and average of a lane, lane_size() floats each; null where the optimiser keeps none.
  [[nodiscard]] float* moment1(std::int64_t lane) const { return lane_of(moment1_, lane); }
  [[nodiscard]] float* moment2(std::int64_t lane) const { return lane_of(moment2_, lane); }
  [[nodiscard]] float* ema(std::int64_t lane) const { return lane_of(ema_, lane); }
  /// What to evaluate: the average where there is one, else the weights.
  [[nodiscard]] const float* best_values(std::int64_t lane) const;

  /// Starts a lane afresh: initial weights from the seed, zero moments, the average at the weights.
  void initialise(std::int64_t lane, std::uint64_t seed);

  [[nodiscard]] const MemoryPlan& plan() const { return plan_; }
  [[nodiscard]] std::int64_t lanes() const { return static_cast<std::int64_t>(measurements_.size()); }
  [[nodiscard]] const TrainingStepOptions& options() const { return options_; }

 private:
  [[nodiscard]] float* lane_of(const Buffer& arena, std::int64_t lane) const;
  void measure();
  void find_divergence(std::int64_t lane, LaneOutcome& outcome) const;

  TrainingStepOptions options_;
  Objective& objective_;
  std::vector<LaneMeasurement> measurements_;
  Stream& stream_;
  Parameters parameters_;
  Buffer moment1_, moment2_, ema_;
  MemoryPlan plan_;
  TensorView *images_ = nullptr, *second_ = nullptr, *noisy_ = nullptr, *target_ = nullptr;
  std::unique_ptr<Network> network_;
  std::vector<SampleOrigin> origins_;
  std::vector<double> sample_losses_, squares_;
  std::vector<LaneStep> lane_steps_;
};

}  // namespace selfsame
