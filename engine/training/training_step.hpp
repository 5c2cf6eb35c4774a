// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/data/resident_data.hpp"
#include "kernels/device/memory_plan.hpp"
#include "kernels/device/mirrored_buffer.hpp"
#include "kernels/lane_guard/lane_guard.hpp"
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
  double clip_norm = 0;                    ///< 0 = off
  double ema_decay = 0;                    ///< 0 = no average; in early step t at most (1+t)/(10+t)
  const ResidentData* resident = nullptr;  ///< the images, if they are on the device; must outlive the step
  bool paired = false;  ///< the data come as two measurements: no noise is added, `second` is the target
  DType dtype = DType::kF32;  ///< of the network's activations: float or bf16
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
/// All memory is planned and taken by the constructor; `run` allocates nothing. On a GPU the whole step is
/// recorded once and then repeated as one graph, with no work of the host between its kernels.
///
/// A lane's numbers are bitwise those of the same run alone, for any number of threads.
class TrainingStep {
 public:
  /// @param objective, model  must outlive the step
  TrainingStep(const Model& model, Objective& objective, std::vector<LaneMeasurement> lanes,
               const TrainingStepOptions& options, Stream& stream);

  /// Where the caller puts the batch, on the host: (L*B, C, h, w) planes, and the second measurement of
  /// paired data. With resident data only the origins are read.
  [[nodiscard]] std::span<float> images() { return host_images(images_, image_staging_); }
  [[nodiscard]] std::span<float> second_images() { return host_images(second_, second_staging_); }
  [[nodiscard]] std::span<SampleOrigin> origins();
  [[nodiscard]] std::span<const SampleOrigin> origins() const;

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
  [[nodiscard]] std::int64_t lanes() const { return static_cast<std::int64_t>(measurements_.size()); }
  [[nodiscard]] const TrainingStepOptions& options() const { return options_; }

 private:
  [[nodiscard]] float* lane_of(const MirroredBuffer& arena, std::int64_t lane) const;
  [[nodiscard]] std::span<float> host_images(const TensorView* view, const Buffer& staging) const;
  void plan_batch(const Model& model);
  void take_memory();
  void upload_batch();
  void measure();
  void enqueue();
  void find_divergence(std::int64_t lane, LaneOutcome& outcome);

  TrainingStepOptions options_;
  Objective& objective_;
  std::vector<LaneMeasurement> measurements_;
  Stream& stream_;
  Parameters parameters_;
  MirroredBuffer moment1_, moment2_, ema_;
  MemoryPlan plan_;
  TensorView *images_ = nullptr, *second_ = nullptr, *noisy_ = nullptr, *target_ = nullptr;
  std::unique_ptr<Network> network_;
  Buffer image_staging_, second_staging_;  // empty where the host writes into the tensors themselves
  MirroredBuffer origins_;                 // N SampleOrigin
  MirroredBuffer factors_;                 // L OptimizerFactors
  MirroredBuffer results_;                 // L LaneVerdict
  MirroredBuffer sample_losses_;           // N double
  Buffer squares_;                         // L double
  std::unique_ptr<Graph> graph_;           // the recorded step, on a GPU
};

}  // namespace selfsame
