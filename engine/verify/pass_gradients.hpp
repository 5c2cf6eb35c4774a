// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <vector>

#include "engine/training/training_pass.hpp"
#include "engine/verify/gradient_sketch.hpp"
#include "kernels/device/mirrored_buffer.hpp"

namespace selfsame {

/// Weights at which gradients are compared, of one lane.
struct TrainedPoint {
  std::string name;                    ///< "initial", "step 150", ...
  std::vector<float> values, buffers;  ///< as Parameters holds them; a gradient pass may know fewer of them
};

/// The gradients of a pass at given weights: every lane has the same weights, so that one run gives as many
/// gradients, each of the lane's own samples, as there are lanes. No optimiser.
class PassGradients {
 public:
  /// @param pass  must outlive it
  PassGradients(TrainingPass& pass, Stream& stream);

  void set_weights(const TrainedPoint& point);
  /// Runs the pass on the batch that was put into it. Gradient of lane l: gradient(l), until the next run.
  void run();
  [[nodiscard]] const float* gradient(std::int64_t lane) const {
    return host_.data() + lane * parameters_.lane_size();
  }
  /// Loss of a sample of the last run.
  [[nodiscard]] double loss(std::int64_t sample) const { return losses_.host<double>()[sample]; }
  /// Where the gradients of the network's trainable tensors lie, the objective's own parameters left out.
  [[nodiscard]] std::vector<GradientTensor> tensors() const;

 private:
  TrainingPass& pass_;
  Stream& stream_;
  Parameters parameters_;
  MemoryPlan plan_;
  MirroredBuffer losses_;
  std::vector<float> host_;  // (L, P)
};

}  // namespace selfsame
