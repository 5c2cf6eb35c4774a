// SPDX-License-Identifier: Apache-2.0
#include "engine/training/denoising_pass.hpp"

#include "kernels/device/nvtx.hpp"

namespace selfsame {
namespace {

class Handle final : public NetworkHandle {
 public:
  /// @param own  index of the objective's first parameter
  Handle(Network& network, Network* predictor, Parameters& parameters, int own)
      : network_(network), predictor_(predictor), parameters_(parameters), own_(own) {}
  ConstTensorView forward(ConstTensorView input, Stream& stream) override {
    const ProfilerRange range("forward");
    return network_.forward(input, stream);
  }
  void backward(ConstTensorView dprediction, Stream& stream) override {
    const ProfilerRange range("backward");
    network_.backward(dprediction, stream);
  }
  ConstTensorView predict(ConstTensorView input, Stream& stream) override {
    const ProfilerRange range("predict");
    return predictor_ != nullptr ? predictor_->forward(input, stream) : NetworkHandle::predict(input, stream);
  }
  ParameterView parameter(int index) override { return parameters_.value(own_ + index); }
  ParameterView parameter_gradient(int index) override { return parameters_.gradient(own_ + index); }

 private:
  Network& network_;
  Network* predictor_;
  Parameters& parameters_;
  int own_;
};

}  // namespace

ParameterTable parameters_of(const Model& model, const Objective& objective) {
  ParameterTable table = model.parameters();
  for (const ObjectiveParameter& own : objective.parameters()) {
    table.add(own.name, {1}, {0.0f, static_cast<float>(own.initial)});
  }
  return table;
}

DenoisingPass::DenoisingPass(const Model& model, Objective& objective, std::vector<LaneMeasurement> lanes,
                             const DenoisingPassOptions& options)
    : model_(model), objective_(objective), measurements_(std::move(lanes)), options_(options) {}

void DenoisingPass::plan(MemoryPlan& plan, Parameters& parameters, Stream& stream) {
  const std::int64_t n = lanes() * options_.batch;
  const Shape4 in{n, model_.in_channels(), options_.h, options_.w};
  const Shape4 out{n, model_.out_channels(), options_.h, options_.w};
  images_ = plan.activation("images", in, DType::kF32, 1, 0);
  noisy_ = options_.paired ? images_ : plan.activation("noisy", in, DType::kF32, 1, 0);
  const TargetKind kind = objective_.target_kind();
  second_ = options_.paired ? plan.activation("second", out, DType::kF32, 1, 0) : nullptr;
  target_ = options_.paired                    ? second_
            : kind == TargetKind::kSecondNoisy ? plan.activation("target", out, DType::kF32, 1, 0)
            : kind == TargetKind::kClean       ? images_
                                               : nullptr;
  parameters_ = &parameters;
  first_own_ = static_cast<int>(model_.parameters().tensors().size());
  const auto build = [&](PassMode mode, Shape4 shape) {
    return model_.build({plan, parameters, n, shape.h, shape.w, mode,
                         activation_block(stream.device(), options_.dtype), stream.pool().threads(),
                         options_.dtype, stream.device()});
  };
  predictor_ = objective_.needs_predictions() ? build(PassMode::kInference, out) : nullptr;
  plan.next_tick();
  network_ = build(PassMode::kTraining, objective_.network_shape(out));
  objective_.plan(plan, out, DType::kF32);
}

void DenoisingPass::take_memory(Stream& stream) {
  const DeviceKind device = stream.device();
  if (device != DeviceKind::kCpu && options_.resident == nullptr) {
    const auto staging = [&](const TensorView* view) {
      return Buffer::staging(
          view == nullptr ? 0 : static_cast<std::size_t>(view->shape.count()) * sizeof(float), device);
    };
    image_staging_ = staging(images_);
    second_staging_ = staging(second_);
  }
  origins_ =
      MirroredBuffer(static_cast<std::size_t>(lanes() * options_.batch) * sizeof(SampleOrigin), device);
}

std::span<float> DenoisingPass::host_images(const TensorView* view, const Buffer& staging) const {
  if (view == nullptr || options_.resident != nullptr) {
    return {};
  }
  float* data = staging.data() != nullptr ? staging.as<float>() : view->as<float>();
  return {data, static_cast<std::size_t>(view->shape.count())};
}

std::span<SampleOrigin> DenoisingPass::origins() {
  return {origins_.host<SampleOrigin>(), static_cast<std::size_t>(lanes() * options_.batch)};
}

std::span<const SampleOrigin> DenoisingPass::origins() const {
  return {origins_.host<SampleOrigin>(), static_cast<std::size_t>(lanes() * options_.batch)};
}

void DenoisingPass::upload_batch(Stream& stream) {
  origins_.to_device(stream);
  if (options_.resident != nullptr) {
    const std::span<const SampleOrigin> origins(origins_.device<SampleOrigin>(), this->origins().size());
    gather_crops(*images_, options_.resident->images(0), options_.resident->pixels(), origins, stream);
    if (second_ != nullptr) {
      gather_crops(*second_, options_.resident->images(1), options_.resident->pixels(), origins, stream);
    }
    return;
  }
  if (image_staging_.data() != nullptr) {
    stream.upload(images_->data, image_staging_.data(), image_staging_.bytes());
  }
  if (second_staging_.data() != nullptr) {
    stream.upload(second_->data, second_staging_.data(), second_staging_.bytes());
  }
}

void DenoisingPass::measure(Stream& stream) {
  if (options_.paired) {
    return;
  }
  const std::int64_t B = options_.batch;
  for (std::int64_t l = 0; l < lanes(); ++l) {
    const std::span<const SampleOrigin> origins(origins_.device<SampleOrigin>() + l * B,
                                                static_cast<std::size_t>(B));
    const LaneMeasurement& lane = measurements_[static_cast<std::size_t>(l)];
    const ConstTensorView clean = images_->samples(l * B, B);
    add_noise(noisy_->samples(l * B, B), clean, origins, RandomPurpose::kInputNoise, lane.input, stream);
    if (target_ != nullptr && target_ != images_) {
      add_noise(target_->samples(l * B, B), clean, origins, RandomPurpose::kTargetNoise, lane.target, stream);
    }
  }
}

void DenoisingPass::enqueue(std::span<double> sample_losses, Stream& stream) {
  {
    const ProfilerRange range("batch and noise");
    upload_batch(stream);
    measure(stream);
  }
  Handle handle(*network_, predictor_.get(), *parameters_, first_own_);
  Measurement measurement;
  measurement.noisy = *noisy_;
  measurement.target = target_ != nullptr ? ConstTensorView(*target_) : ConstTensorView();
  measurement.origins = {origins_.device<SampleOrigin>(), origins().size()};
  if (risk_) {
    objective_.risk_value_and_gradient(*risk_, sample_losses, measurement,
                                       options_.paired ? *second_ : *images_, lanes(), handle, stream);
  } else {
    objective_.value_and_gradient(sample_losses, measurement, lanes(), handle, stream);
  }
}

}  // namespace selfsame
