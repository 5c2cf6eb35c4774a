// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <span>
#include <string>

#include "kernels/device/memory_plan.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

namespace selfsame {

/// All that an objective may do with a network.
class NetworkHandle {
 public:
  virtual ~NetworkHandle() = default;
  /// Runs the network on (N, C, H, W) in block 1 and keeps what backward needs. The prediction, same layout,
  /// stays valid until the next forward.
  virtual ConstTensorView forward(ConstTensorView input, Stream& stream) = 0;
  /// Adds to the parameter gradients those of the last forward, given dL/dprediction.
  virtual void backward(ConstTensorView dprediction, Stream& stream) = 0;
};

/// What the measurement model supplies as `target`.
enum class TargetKind {
  kClean,        ///< ground truth: only supervised objectives may ask for it
  kSecondNoisy,  ///< an independent noisy measurement of the same image
};

/// One batch as a user would really have it: samples of lane l are [l*B, (l+1)*B).
struct Measurement {
  ConstTensorView noisy;   ///< (N, C, H, W), block 1
  ConstTensorView target;  ///< same shape, what Objective::target_kind() asked for; nothing else is visible
};

/// What an objective says of its own gradient; `verify` and the contract tests check exactly this.
struct UnbiasednessClaim {
  bool unbiased;           ///< E[gradient] equals the gradient of a supervised squared error
  std::string risk;        ///< of which risk
  std::string input;       ///< at which input distribution
  std::string conditions;  ///< under which conditions
};

/// How a measurement becomes input, target, loss and gradient. One file per objective in losses/.
///
/// Convention of all values: mean over the elements of a sample; a lane's loss is the mean over its samples,
/// and the gradient given to the network is that of the sum over lanes of the lanes' losses (lanes share
/// nothing).
class Objective {
 public:
  virtual ~Objective() = default;
  [[nodiscard]] virtual TargetKind target_kind() const = 0;
  [[nodiscard]] virtual UnbiasednessClaim claim() const = 0;
  /// Standard deviation of the noise in kSecondNoisy targets on the [0, 1] scale; absent: that of the input.
  [[nodiscard]] virtual std::optional<double> target_sigma() const { return std::nullopt; }

  /// Declares the objective's own tensors for batches of this shape. Called once, before the plan is
  /// allocated.
  virtual void plan(MemoryPlan& plan, Shape4 prediction, DType dtype) = 0;

  /// Runs the network forward (once or several times) and backward. `sample_losses` has N entries,
  /// overwritten. The gradient is passed to the network even if the loss is not finite; the caller looks
  /// before it steps.
  virtual void value_and_gradient(std::span<double> sample_losses, const Measurement& measurement,
                                  std::int64_t lanes, NetworkHandle& network, Stream& stream) = 0;
};

}  // namespace selfsame
