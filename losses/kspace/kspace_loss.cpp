// SPDX-License-Identifier: Apache-2.0
#include "losses/kspace/kspace_loss.hpp"

#include "kernels/add/add.hpp"
#include "kernels/mask_kspace/mask_kspace.hpp"
#include "kernels/noise/noise.hpp"
#include "kernels/weighted_error/weighted_error.hpp"

namespace selfsame {

void KSpaceLoss::plan(MemoryPlan& plan, Shape4 kspace, DType dtype, Scale scale) {
  const Shape4 real{kspace.n, kspace.c, kspace.h, 2 * kspace.w};
  // Both for ever: an objective does not see the network's ticks, and a network may read its input again in
  // its backward.
  input_ = plan.activation("objective.input", real, dtype, 1, 0);
  dprediction_ = plan.activation("objective.dprediction", real, dtype, 1, 0);
  if (scale == Scale::kTarget) {
    divisors_ = plan.activation("objective.divisors", {kspace.n, 1, 1, 1}, DType::kF64, 1, 0);
  }
  plan.need_workspace(weighted_error_workspace(kspace));
}

ConstTensorView KSpaceLoss::forward(const KSpaceMeasurement& measurement, ReconstructionHandle& network,
                                    Stream& stream, const ExtraNoise* noise) {
  SELFSAME_CHECK(input_ != nullptr && !input_->empty(), "the objective was not planned");
  const ComplexView input = as_complex(*input_);
  if (noise == nullptr) {
    mask_kspace(input, measurement.kspace, measurement.input, nullptr, stream);
  } else {
    if (measurement.sigma.empty()) {
      fail(ErrorKind::kUsage,
           "this objective adds noise of the measurement's level to its input, but the standard deviation of "
           "the k-space noise is not known");
    }
    // The normals lie where the sum will be.
    add_noise(*input_, {}, measurement.origins, RandomPurpose::kObjective, {NoiseType::kGaussian, 1.0f, 1.0f},
              stream);
    const KSpaceNoise scaled{input, measurement.sigma, noise->alpha};
    mask_kspace(input, measurement.kspace, measurement.input, &scaled, stream);
  }
  return network.forward(input, measurement.input, stream);
}

void KSpaceLoss::run(std::span<double> sample_losses, const KSpaceMeasurement& measurement,
                     std::int64_t lanes, ReconstructionHandle& network, Stream& stream,
                     const ExtraNoise* noise) {
  const ConstComplexView prediction = as_complex(forward(measurement, network, stream, noise));
  std::span<double> divisors;
  if (divisors_ != nullptr) {
    divisors = {divisors_->as<double>(), static_cast<std::size_t>(divisors_->shape.n)};
    weighted_squares(divisors, measurement.kspace, measurement.weight, stream);
  }
  weighted_squared_error(sample_losses, as_complex(*dprediction_), prediction, measurement.kspace,
                         measurement.weight, divisors, lanes, stream);
  network.backward(*dprediction_, stream);
}

void KSpaceLoss::plan_risk(MemoryPlan& plan, Shape4 kspace, DType dtype) {
  const Shape4 real{kspace.n, kspace.c, kspace.h, 2 * kspace.w};
  risk_target_ = plan.activation("risk.target", real, dtype, 1, 0);
  risk_part_ = plan.activation("risk.part", real, dtype, 1, 0);
}

void KSpaceLoss::run_risk(std::span<double> sample_losses, const KSpaceMeasurement& measurement,
                          const KSpaceTruth& truth, std::int64_t lanes, ReconstructionHandle& network,
                          Stream& stream, const ExtraNoise* noise) {
  SELFSAME_CHECK(risk_target_ != nullptr && !risk_target_->empty(), "the risk was not planned");
  const ConstComplexView prediction = as_complex(forward(measurement, network, stream, noise));
  mask_kspace(as_complex(*risk_target_), truth.kspace, truth.keep, nullptr, stream);
  mask_kspace(as_complex(*risk_part_), as_complex(*input_), truth.mix, nullptr, stream);
  add_scaled(*risk_target_, 1.0f, *risk_target_, 1.0f, *risk_part_, stream);
  std::span<double> divisors;
  if (divisors_ != nullptr) {
    divisors = {divisors_->as<double>(), static_cast<std::size_t>(divisors_->shape.n)};
    weighted_squares(divisors, truth.kspace, truth.weight, stream);
  }
  weighted_squared_error(sample_losses, as_complex(*dprediction_), prediction, as_complex(*risk_target_),
                         truth.weight, divisors, lanes, stream);
  network.backward(*dprediction_, stream);
}

void weigh_outside(std::span<float> weight, std::span<const float> input) {
  for (std::size_t j = 0; j < weight.size(); ++j) {
    weight[j] = input[j] != 0 ? 0.0f : 1.0f;
  }
}

void write_split(std::span<float> input, std::span<float> weight, const SamplingMask& input_mask,
                 std::span<const double> weights) {
  const std::size_t size = input_mask.sampled.size();
  SELFSAME_CHECK(input.size() == size && weight.size() == size && weights.size() == size,
                 "{} and {} places for a split of {} frequencies with {} weights", input.size(),
                 weight.size(), size, weights.size());
  for (std::size_t j = 0; j < size; ++j) {
    input[j] = input_mask.sampled[j] != 0 ? 1.0f : 0.0f;
    weight[j] = static_cast<float>(weights[j]);
  }
}

}  // namespace selfsame
