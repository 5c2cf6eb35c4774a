// SPDX-License-Identifier: Apache-2.0
#include "engine/kspace/kspace_pass.hpp"

#include "kernels/device/nvtx.hpp"

namespace selfsame {
namespace {

class Handle final : public ReconstructionHandle {
 public:
  Handle(ReconstructionNetwork& network, const ReconstructionInput& input,
         const KSpacePass::Observer& observer)
      : network_(network), input_(input), observer_(observer) {}
  ConstTensorView forward(ConstComplexView kspace, ConstTensorView mask, Stream& stream) override {
    const ProfilerRange range("forward");
    input_.kspace = kspace;
    input_.mask = mask;
    prediction_ = network_.forward(input_, stream);
    return prediction_;
  }
  void backward(ConstTensorView dprediction, Stream& stream) override {
    const ProfilerRange range("backward");
    if (observer_) {
      observer_(prediction_, dprediction, stream);
    }
    network_.backward(dprediction, stream);
  }

 private:
  ReconstructionNetwork& network_;
  ReconstructionInput input_;
  const KSpacePass::Observer& observer_;
  ConstTensorView prediction_;
};

}  // namespace

void BatchArray::plan(MemoryPlan& plan, const char* name, Shape4 reals) {
  view_ = plan.activation(name, reals, DType::kF32, 1, 0);
}

void BatchArray::take_memory(DeviceKind device) {
  if (used() && device != DeviceKind::kCpu) {
    staging_ = Buffer::staging(static_cast<std::size_t>(view_->shape.count()) * sizeof(float), device);
  }
}

void BatchArray::upload(Stream& stream) const {
  if (staging_.data() != nullptr) {
    stream.upload(view_->data, staging_.data(), staging_.bytes());
  }
}

std::span<float> BatchArray::sample(std::int64_t n) const {
  if (!used()) {
    return {};
  }
  float* data = staging_.data() != nullptr ? staging_.as<float>() : view_->as<float>();
  const auto size = static_cast<std::size_t>(view_->sample_size());
  return {data + static_cast<std::size_t>(n) * size, size};
}

std::span<std::complex<float>> BatchArray::complex_sample(std::int64_t n) const {
  const std::span<float> reals = sample(n);
  return {reinterpret_cast<std::complex<float>*>(reals.data()), reals.size() / 2};
}

KSpacePass::KSpacePass(const ReconstructionModel& model, KSpaceObjective& objective,
                       const KSpacePassOptions& options)
    : model_(model), objective_(objective), options_(options) {
  SELFSAME_CHECK(options.mask_h == 1 || options.mask_h == options.h, "masks of {} rows, images of {}",
                 options.mask_h, options.h);
}

void KSpacePass::plan(MemoryPlan& plan, Parameters& parameters, Stream& stream) {
  const KSpacePassOptions& o = options_;
  const ReconstructionDomain domain = reconstruction_domain(objective_.domain());
  const Shape4 stack{samples(), o.coils, o.h, 2 * o.w}, mask{samples(), 1, o.mask_h, o.w};
  kspace_.plan(plan, "k-space", stack);
  if (model_.needs_maps(domain)) {
    maps_.plan(plan, "coil maps", stack);
  }
  sampled_.plan(plan, "sampled", mask);
  input_.plan(plan, "input mask", mask);
  weight_.plan(plan, "loss weights", mask);
  if (domain == ReconstructionDomain::kMagnitude) {
    magnitude_.plan(plan, "reference", {samples(), 1, o.h, o.w});
  }
  if (o.risk) {
    truth_.plan(plan, "true k-space", stack);
    risk_weight_.plan(plan, "risk weights", mask);
    risk_keep_.plan(plan, "risk keep", mask);
    risk_mix_.plan(plan, "risk mix", mask);
  }
  const NetworkSite site{plan,
                         parameters,
                         samples(),
                         o.h,
                         o.w,
                         PassMode::kTraining,
                         activation_block(stream.device(), o.dtype),
                         stream.pool().threads(),
                         o.dtype,
                         stream.device()};
  network_ = model_.build({site, o.coils, o.mask_h, domain, stream});
  const Shape4 kspace{samples(), o.coils, o.h, o.w};
  objective_.plan(plan, kspace, o.mask_h, stream);
  if (o.risk) {
    objective_.plan_risk(plan, kspace);
  }
}

void KSpacePass::take_memory(Stream& stream) {
  for (BatchArray* array : arrays()) {
    array->take_memory(stream.device());
  }
  const auto n = static_cast<std::size_t>(samples());
  peaks_ = MirroredBuffer(n * sizeof(float), stream.device());
  sigmas_ = MirroredBuffer(n * sizeof(float), stream.device());
  origins_ = MirroredBuffer(n * sizeof(SampleOrigin), stream.device());
}

KSpacePass::Sample KSpacePass::sample(std::int64_t n) {
  return {kspace_.complex_sample(n),
          maps_.complex_sample(n),
          sampled_.sample(n),
          input_.sample(n),
          weight_.sample(n),
          magnitude_.sample(n),
          truth_.complex_sample(n),
          risk_weight_.sample(n),
          risk_keep_.sample(n),
          risk_mix_.sample(n),
          peaks_.host<float>()[n],
          sigmas_.host<float>()[n],
          origins_.host<SampleOrigin>()[n]};
}

void KSpacePass::enqueue(std::span<double> sample_losses, Stream& stream) {
  {
    const ProfilerRange range("batch");
    for (const BatchArray* array : arrays()) {
      array->upload(stream);
    }
    for (const MirroredBuffer* buffer : {&peaks_, &sigmas_, &origins_}) {
      buffer->to_device(stream);
    }
  }
  const auto n = static_cast<std::size_t>(samples());
  KSpaceMeasurement measurement;
  measurement.kspace = kspace_.complex();
  measurement.sampled = sampled_.tensor();
  measurement.input = input_.tensor();
  measurement.weight = weight_.tensor();
  measurement.magnitude = magnitude_.tensor();
  measurement.peak = {peaks_.device<float>(), n};
  measurement.sigma = {sigmas_.device<float>(), n};
  measurement.origins = {origins_.device<SampleOrigin>(), n};
  ReconstructionInput input;
  input.maps = maps_.complex();
  input.centre_first = options_.centre_first;
  input.centre_count = options_.centre_count;
  Handle handle(*network_, input, observer_);
  if (chosen_risk_) {
    const KSpaceTruth truth{truth_.complex(), risk_weight_.tensor(), risk_keep_.tensor(), risk_mix_.tensor()};
    objective_.risk_value_and_gradient(sample_losses, measurement, truth, options_.lanes, handle, stream);
  } else {
    objective_.value_and_gradient(sample_losses, measurement, options_.lanes, handle, stream);
  }
}

}  // namespace selfsame
