// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/device/memory_plan.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"
#include "kernels/noise/sample_origin.hpp"

namespace selfsame {

/// All that an objective may do with a network.
class NetworkHandle {
 public:
  virtual ~NetworkHandle() = default;
  /// Runs the network on (N, C, h, w) of Objective::network_shape in block 1 and keeps what backward needs.
  /// The prediction, same layout, stays valid until the next forward.
  virtual ConstTensorView forward(ConstTensorView input, Stream& stream) = 0;
  /// Adds to the parameter gradients those of the last forward, given dL/dprediction.
  virtual void backward(ConstTensorView dprediction, Stream& stream) = 0;
  /// The prediction for a whole measurement (N, C, H, W), of which there is no gradient. Only for objectives
  /// whose needs_predictions() says so. Valid until the next predict.
  virtual ConstTensorView predict(ConstTensorView input, Stream& stream);
  /// The objective's own parameter, one number per lane, and its gradient: Objective::parameters.
  virtual ParameterView parameter(int index);
  virtual ParameterView parameter_gradient(int index);
};

/// What the measurement model supplies as `target`.
enum class TargetKind {
  kNone,         ///< nothing: one noisy measurement of every image is all there is
  kClean,        ///< ground truth: only supervised objectives may ask for it
  kSecondNoisy,  ///< an independent noisy measurement of the same image
};

/// One batch as a user would really have it: samples of lane l are [l*B, (l+1)*B).
struct Measurement {
  ConstTensorView noisy;   ///< y, (N, C, H, W), block 1
  ConstTensorView target;  ///< same shape, what Objective::target_kind() asked for; nothing else is visible
  /// N, memory of the stream's device: where the samples come from, for what an objective draws itself
  /// (RandomPurpose::kObjective)
  std::span<const SampleOrigin> origins;
};

/// What an objective says of its own gradient; `verify` and the contract tests check exactly this.
struct UnbiasednessClaim {
  bool unbiased;           ///< E[gradient] equals the gradient of this risk
  std::string risk;        ///< a supervised risk, made of ground truth: Objective::risk_value_and_gradient
  std::string input;       ///< at which input distribution
  std::string conditions;  ///< under which conditions; of a biased one: why, or how it can be used
};

/// A number of every lane that is trained with the weights: its gradient goes to the optimiser.
struct ObjectiveParameter {
  std::string name;  ///< "objective.eta" in checkpoints
  double initial;
};

/// How a measurement becomes input, target, loss and gradient, and how the trained network is used. One file
/// per objective in losses/.
///
/// Convention of all values: mean over the elements of a sample; a lane's loss is the mean over its samples,
/// and the gradient given to the network is that of the sum over lanes of the lanes' losses (lanes share
/// nothing).
class Objective {
 public:
  virtual ~Objective() = default;
  [[nodiscard]] virtual TargetKind target_kind() const = 0;
  /// Of which supervised risks the mean gradient is that of the objective (the first is the risk that it is
  /// made for), and of which it is not, though one might think so.
  [[nodiscard]] virtual std::vector<UnbiasednessClaim> claims() const = 0;
  [[nodiscard]] UnbiasednessClaim claim() const { return claims().front(); }
  /// Standard deviation of the noise in kSecondNoisy targets on the [0, 1] scale; absent: that of the input.
  [[nodiscard]] virtual std::optional<double> target_sigma() const { return std::nullopt; }

  // ---- what it needs of a network
  /// The shape on which the network is trained, for measurements of this shape.
  [[nodiscard]] virtual Shape4 network_shape(Shape4 measurement) const { return measurement; }
  [[nodiscard]] virtual bool needs_predictions() const { return false; }
  [[nodiscard]] virtual std::vector<ObjectiveParameter> parameters() const { return {}; }

  /// Declares the objective's own tensors for measurements of this shape. Called once, before the plan is
  /// allocated.
  virtual void plan(MemoryPlan& plan, Shape4 measurement, DType dtype) = 0;

  /// Runs the network forward (once or several times) and backward. `sample_losses` has N entries,
  /// overwritten. The gradient is passed to the network even if the loss is not finite; the caller looks
  /// before it steps.
  virtual void value_and_gradient(std::span<double> sample_losses, const Measurement& measurement,
                                  std::int64_t lanes, NetworkHandle& network, Stream& stream) = 0;

  /// The same for the supervised risk of claims()[claim], with the clean images and whatever the objective
  /// draws itself drawn equally: the two gradients may be subtracted sample by sample. What the statement of
  /// a claim means is this code.
  /// @param clean  x, (N, C, H, W)
  virtual void risk_value_and_gradient(std::size_t claim, std::span<double> sample_losses,
                                       const Measurement& measurement, ConstTensorView clean,
                                       std::int64_t lanes, NetworkHandle& network, Stream& stream) = 0;

  // ---- test time
  /// Whether the prediction is more than the network's output for the measurement.
  [[nodiscard]] virtual bool corrects() const { return false; }
  /// Declares what `predict` needs, in a plan of its own.
  virtual void plan_prediction(MemoryPlan& /*plan*/, Shape4 /*measurement*/, DType /*dtype*/) {}
  /// Draws that `predict` averages, each with an origin of its own.
  [[nodiscard]] virtual int prediction_draws() const { return 1; }
  /// How the trained network is used on measurements: by default its output. `network` runs forward only, on
  /// the measurement's shape; the result stays valid until its next forward.
  /// @param origins  N * prediction_draws(): those of draw k are [k*N, (k+1)*N)
  virtual ConstTensorView predict(ConstTensorView noisy, std::span<const SampleOrigin> origins,
                                  NetworkHandle& network, Stream& stream);
};

}  // namespace selfsame
