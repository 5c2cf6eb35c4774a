// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <vector>

#include "kernels/device/complex_view.hpp"
#include "kernels/device/philox.hpp"
#include "kernels/noise/sample_origin.hpp"
#include "losses/objective.hpp"
#include "mri/masks/sampling.hpp"

namespace selfsame {

/// In which form an objective reads the prediction of a reconstruction network.
enum class PredictionDomain {
  kKSpace,     ///< coil k-space (N, C, H, W) complex, over all frequencies
  kMagnitude,  ///< real image (N, 1, H, W): |image|, or the root sum of squares of coil images
};

/// All that a k-space objective may do with a network.
class ReconstructionHandle {
 public:
  virtual ~ReconstructionHandle() = default;
  /// Runs the network on k-space that is zero outside `mask` and keeps what backward needs. The prediction,
  /// in the domain that the objective asked for, stays valid until the next forward: a complex view seen as a
  /// real tensor (N, C, H, 2W) for kKSpace (as_complex), (N, 1, H, W) for kMagnitude.
  virtual ConstTensorView forward(ConstComplexView kspace, ConstTensorView mask, Stream& stream) = 0;
  /// Adds to the parameter gradients those of the last forward, given dL/dprediction in the same form.
  virtual void backward(ConstTensorView dprediction, Stream& stream) = 0;
};

/// One batch of undersampled multi-coil data, in memory of the stream's device. Samples of lane l are
/// [l*B, (l+1)*B). Masks and weights are real, (N, 1, h, W) with h = 1 (columns) or H.
struct KSpaceMeasurement {
  ConstComplexView kspace;    ///< (N, C, H, W); zero outside `sampled`, unless the objective needs the truth
  ConstTensorView sampled;    ///< Omega, what was measured
  ConstTensorView input;      ///< what the network sees: made by Objective::split
  ConstTensorView weight;     ///< of every frequency in the loss: made by Objective::split
  ConstTensorView magnitude;  ///< (N, 1, H, W) ground truth image, for objectives that need it; else empty
  std::span<const float> peak;  ///< N largest values of the magnitude's volumes (SSIM's range); else empty
  std::span<const float>
      sigma;  ///< N standard deviations of the k-space noise (of each part), if known; else empty
  /// N: seed, epoch and example key the objective's own noise. The image is a coil's plane of numbers seen as
  /// reals, (H, 2W), the window all of it, not turned; empty for objectives that add no noise.
  std::span<const SampleOrigin> origins;
};

/// What a supervised risk is made of, in memory of the stream's device: see KSpaceObjective::risk.
struct KSpaceTruth {
  ConstComplexView kspace;            ///< k, (N, C, H, W), fully sampled
  ConstTensorView weight, keep, mix;  ///< real, (N, 1, h, W)
};

/// How undersampled k-space becomes input, target, weights, loss and gradient. One file per objective in
/// losses/kspace/.
///
/// A loss of a sample is its weighted sum of squares over all frequencies and coils (magnitudes: mean over
/// pixels) divided by the number of complex numbers C*H*W: a scale that does not depend on what was drawn. A
/// lane's loss is the mean over its samples; the gradient given to the network is that of the sum over lanes.
class KSpaceObjective {
 public:
  virtual ~KSpaceObjective() = default;
  [[nodiscard]] virtual UnbiasednessClaim claim() const = 0;
  [[nodiscard]] virtual PredictionDomain domain() const = 0;
  /// True for supervised objectives: they see fully sampled k-space and the reference magnitude.
  [[nodiscard]] virtual bool needs_truth() const { return false; }
  /// True if the network is meant to see the input set at test time too, because it was trained for that (the
  /// paper's split); otherwise it is given all that was sampled.
  [[nodiscard]] virtual bool predicts_from_split() const { return false; }
  /// True if `correct` does something.
  [[nodiscard]] virtual bool corrects() const { return false; }
  /// True if `split` is to be called again in every epoch, with the epoch in its stream.
  [[nodiscard]] virtual bool resamples() const { return false; }

  /// Makes the input mask and the weights of one example from what was sampled, on the host. `random` is
  /// keyed by the run's seed, the example and (resampled splits) the epoch: the same call gives the same
  /// split. Errors: Error(kUsage) with an explanation if the law makes the method impossible here (a
  /// frequency that is never sampled).
  virtual void split(std::span<float> input, std::span<float> weight, const SamplingMask& sampled,
                     const SamplingLaw& law, const RandomStream& random) const = 0;

  /// P(in the loss | not in the input) and the weight of every frequency, in closed form: for the preflight.
  struct Preflight {
    std::vector<double> in_loss, weight;
  };
  [[nodiscard]] virtual Preflight preflight(const SamplingLaw& law) const = 0;

  /// The supervised risk that the claim names, of one example, over its frequencies:
  ///
  ///   1/n sum_j weight_j |f_j - (keep_j k_j + mix_j z_j)|^2,   z the network's input
  ///
  /// where keep = 1 and mix = 0 unless the prediction is corrected at test time: with g = s f + (1 - s) z,
  /// s^2 |f - (k / s + (1 - 1 / s) z)|^2 = |g - k|^2.
  /// @param input  the mask that `split` made
  virtual void risk(std::span<float> weight, std::span<float> keep, std::span<float> mix,
                    std::span<const float> input, const SamplingLaw& law) const;

  /// Declares the objective's own tensors for batches of this shape. Called once, before the plan is
  /// allocated.
  virtual void plan(MemoryPlan& plan, Shape4 kspace, std::int64_t weight_h, Stream& stream,
                    DType dtype = DType::kF32) = 0;
  /// Runs the network forward and backward. `sample_losses` is device memory of N entries, overwritten.
  virtual void value_and_gradient(std::span<double> sample_losses, const KSpaceMeasurement& measurement,
                                  std::int64_t lanes, ReconstructionHandle& network, Stream& stream) = 0;

  /// Declares what risk_value_and_gradient needs besides. Only verification asks for it.
  virtual void plan_risk(MemoryPlan& plan, Shape4 kspace, DType dtype = DType::kF32) = 0;
  /// The same as value_and_gradient for the risk, at the same input: whatever the objective draws itself is
  /// drawn equally, so that the two gradients may be subtracted sample by sample.
  virtual void risk_value_and_gradient(std::span<double> sample_losses, const KSpaceMeasurement& measurement,
                                       const KSpaceTruth& truth, std::int64_t lanes,
                                       ReconstructionHandle& network, Stream& stream) = 0;

  /// How the trained network is used at test time, where prediction and network output differ (Noisier2Noise,
  /// robust SSDU): corrects k-space (coils, h, w) in place, on the host. `measured` and `sampled` are what
  /// the network was given, `law` the one that it was trained with. The default does nothing.
  virtual void correct(std::span<float> kspace, const SamplingLaw& law, std::span<const float> measured,
                       const SamplingMask& sampled, std::int64_t coils, std::int64_t h, std::int64_t w) const;
};

}  // namespace selfsame
