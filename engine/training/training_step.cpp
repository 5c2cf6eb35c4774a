// SPDX-License-Identifier: Apache-2.0
#include "engine/training/training_step.hpp"

#include <cmath>
#include <cstring>

#include "kernels/reduction/reduction.hpp"

namespace selfsame {
namespace {

constexpr int kBlock = 16;

class Handle final : public NetworkHandle {
 public:
  explicit Handle(Network& network) : network_(network) {}
  ConstTensorView forward(ConstTensorView input, Stream& stream) override {
    return network_.forward(input, stream);
  }
  void backward(ConstTensorView dprediction, Stream& stream) override {
    network_.backward(dprediction, stream);
  }

 private:
  Network& network_;
};

void note_arena(MemoryPlan& plan, const char* name, const Buffer& arena, const Parameters& p) {
  if (arena.bytes() > 0) {
    plan.note(MemoryPlan::Arena::kParameters, name, fmt::format("({}, {})", p.lanes(), p.lane_size()),
              DType::kF32, arena.bytes());
  }
}

/// "3, 7, 12" of the samples in [first, first + count) for which the predicate holds.
template <typename F>
std::string list_samples(std::int64_t count, F&& bad) {
  std::string text;
  for (std::int64_t i = 0; i < count; ++i) {
    if (bad(i)) {
      text += text.empty() ? fmt::format("{}", i) : fmt::format(", {}", i);
    }
  }
  return text;
}

bool finite_sample(const TensorView& t, std::int64_t n) {
  return first_non_finite(static_cast<const float*>(t.data) + n * t.sample_stride, t.sample_size()) < 0;
}

}  // namespace

TrainingStep::TrainingStep(const Model& model, Objective& objective, std::vector<LaneMeasurement> lanes,
                           const TrainingStepOptions& options, Stream& stream)
    : options_(options),
      objective_(objective),
      measurements_(std::move(lanes)),
      stream_(stream),
      parameters_(model.parameters(), static_cast<std::int64_t>(measurements_.size()), DType::kF32, true) {
  const std::int64_t n = this->lanes() * options.batch;
  const std::size_t arena = static_cast<std::size_t>(this->lanes() * parameters_.lane_size()) * sizeof(float);
  const OptimizerMoments moments = optimizer_moments(options.optimizer);
  moment1_ = Buffer(moments.first ? arena : 0);
  moment2_ = Buffer(moments.second ? arena : 0);
  ema_ = Buffer(options.ema_decay > 0 ? arena : 0);
  plan_.note(MemoryPlan::Arena::kParameters, "values, gradients, buffers",
             fmt::format("({}, {})", parameters_.lanes(), parameters_.lane_size()), DType::kF32,
             parameters_.bytes());
  note_arena(plan_, "moment 1", moment1_, parameters_);
  note_arena(plan_, "moment 2", moment2_, parameters_);
  note_arena(plan_, "average", ema_, parameters_);

  const Shape4 in{n, model.in_channels(), options.h, options.w};
  const Shape4 out{n, model.out_channels(), options.h, options.w};
  images_ = plan_.activation("images", in, DType::kF32, 1, 0);
  noisy_ = options.paired ? images_ : plan_.activation("noisy", in, DType::kF32, 1, 0);
  const bool second_noisy = objective.target_kind() == TargetKind::kSecondNoisy;
  second_ = options.paired ? plan_.activation("second", out, DType::kF32, 1, 0) : nullptr;
  target_ = options.paired ? second_
            : second_noisy ? plan_.activation("target", out, DType::kF32, 1, 0)
                           : images_;
  network_ = model.build(
      {plan_, parameters_, n, options.h, options.w, PassMode::kTraining, kBlock, stream.pool().threads()});
  objective.plan(plan_, out, DType::kF32);
  plan_.need_workspace(sum_of_squares_workspace(parameters_.lane_size(), this->lanes()));
  plan_.allocate();
  stream.reserve_workspace(plan_.bytes(MemoryPlan::Arena::kWorkspace));
  origins_.resize(static_cast<std::size_t>(n));
  sample_losses_.resize(static_cast<std::size_t>(n));
  squares_.resize(static_cast<std::size_t>(this->lanes()));
  lane_steps_.resize(static_cast<std::size_t>(this->lanes()));
}

std::span<float> TrainingStep::images() {
  return {images_->as<float>(), static_cast<std::size_t>(images_->shape.count())};
}

std::span<float> TrainingStep::second_images() {
  return second_ == nullptr
             ? std::span<float>()
             : std::span<float>(second_->as<float>(), static_cast<std::size_t>(second_->shape.count()));
}

float* TrainingStep::lane_of(const Buffer& arena, std::int64_t lane) const {
  return arena.bytes() == 0 ? nullptr : arena.as<float>() + lane * parameters_.lane_size();
}

const float* TrainingStep::best_values(std::int64_t lane) const {
  return ema_.bytes() > 0 ? ema(lane) : parameters_.values<float>() + lane * parameters_.lane_size();
}

void TrainingStep::initialise(std::int64_t lane, std::uint64_t seed) {
  parameters_.initialise(lane, seed);
  const std::size_t bytes = static_cast<std::size_t>(parameters_.lane_size()) * sizeof(float);
  for (float* moment : {moment1(lane), moment2(lane)}) {
    if (moment != nullptr) {
      std::memset(moment, 0, bytes);
    }
  }
  if (float* average = ema(lane)) {
    std::memcpy(average, parameters_.values<float>() + lane * parameters_.lane_size(), bytes);
  }
}

void TrainingStep::measure() {
  if (options_.paired) {
    return;
  }
  const std::int64_t B = options_.batch;
  for (std::int64_t l = 0; l < lanes(); ++l) {
    const auto origins = std::span<const SampleOrigin>(origins_).subspan(static_cast<std::size_t>(l * B),
                                                                         static_cast<std::size_t>(B));
    const LaneMeasurement& lane = measurements_[static_cast<std::size_t>(l)];
    const ConstTensorView clean = images_->samples(l * B, B);
    add_noise(noisy_->samples(l * B, B), clean, origins, RandomPurpose::kInputNoise, lane.input, stream_);
    if (target_ != images_) {
      add_noise(target_->samples(l * B, B), clean, origins, RandomPurpose::kTargetNoise, lane.target,
                stream_);
    }
  }
}

void TrainingStep::run(std::span<const LaneRequest> requests, std::span<LaneOutcome> outcomes) {
  SELFSAME_CHECK(static_cast<std::int64_t>(requests.size()) == lanes() && outcomes.size() == requests.size(),
                 "{} requests, {} outcomes for {} lanes", requests.size(), outcomes.size(), lanes());
  const std::uint64_t allocations = Buffer::usage().allocations;
  measure();
  parameters_.clear_gradients();
  Handle handle(*network_);
  objective_.value_and_gradient(sample_losses_, {*noisy_, *target_}, lanes(), handle, stream_);
  sum_of_squares(squares_, parameters_.gradients<float>(), parameters_.lane_size(), lanes(), stream_);
  for (std::int64_t l = 0; l < lanes(); ++l) {
    const auto i = static_cast<std::size_t>(l);
    LaneOutcome& outcome = outcomes[i];
    outcome.loss = 0;
    for (std::int64_t b = 0; b < options_.batch; ++b) {
      outcome.loss += sample_losses_[static_cast<std::size_t>(l * options_.batch + b)];
    }
    outcome.loss /= static_cast<double>(options_.batch);
    outcome.gradient_norm = std::sqrt(squares_[i]);
    outcome.diverged.clear();
    LaneStep& step = lane_steps_[i];
    step.active = requests[i].active;
    step.lr = requests[i].lr;
    step.step = requests[i].step;
    step.gradient_scale = options_.clip_norm > 0 ? clip_factor(squares_[i], options_.clip_norm) : 1.0;
    if (!std::isfinite(outcome.loss) || !std::isfinite(outcome.gradient_norm)) {
      step.active = false;
      if (requests[i].active) {
        find_divergence(l, outcome);
      }
    }
  }
  optimizer_step(parameters_.values<float>(), moment1_.as<float>(), moment2_.as<float>(), ema_.as<float>(),
                 parameters_.gradients<float>(), parameters_.lane_size(), lane_steps_, options_.optimizer,
                 options_.ema_decay, stream_);
  SELFSAME_CHECK(Buffer::usage().allocations == allocations, "a training step allocated {} buffers",
                 Buffer::usage().allocations - allocations);
}

/// Names the first tensor, in the order in which the network makes them, that is not finite. A tensor whose
/// memory a gradient has taken by now may be named in the gradient's place; the loss and the samples are
/// exact.
void TrainingStep::find_divergence(std::int64_t lane, LaneOutcome& outcome) const {
  const std::int64_t B = options_.batch;
  const std::string samples = list_samples(B, [&](std::int64_t b) {
    return !std::isfinite(sample_losses_[static_cast<std::size_t>(lane * B + b)]);
  });
  std::string tensor = "loss", bad;
  for (int i = 0; i < static_cast<int>(parameters_.table().tensors().size()); ++i) {
    const ParameterInfo& info = parameters_.table().tensors()[static_cast<std::size_t>(i)];
    if (first_non_finite(parameters_.value(i).lane<float>(lane), info.count()) >= 0) {
      tensor = fmt::format("weight {}", info.name);
      outcome.diverged = fmt::format("{} is not finite", tensor);
      return;
    }
  }
  for (const TensorView* view : {images_, noisy_, target_}) {
    bad = list_samples(B, [&](std::int64_t b) { return !finite_sample(*view, lane * B + b); });
    if (!bad.empty()) {
      tensor = view == images_ ? "image" : view == noisy_ ? "noisy input" : "target";
      break;
    }
  }
  if (bad.empty()) {
    for (const MemoryPlan::Entry& entry : plan_.entries()) {
      const bool of_samples = entry.view.data != nullptr && entry.view.shape.n == lanes() * B;
      bad = of_samples
                ? list_samples(B, [&](std::int64_t b) { return !finite_sample(entry.view, lane * B + b); })
                : "";
      if (!bad.empty()) {
        tensor = fmt::format("activation {}", entry.name);
        break;
      }
    }
  }
  if (bad.empty() && samples.empty()) {
    for (int i = 0; i < static_cast<int>(parameters_.table().tensors().size()); ++i) {
      const ParameterInfo& info = parameters_.table().tensors()[static_cast<std::size_t>(i)];
      if (info.trainable && first_non_finite(parameters_.gradient(i).lane<float>(lane), info.count()) >= 0) {
        tensor = fmt::format("gradient of {}", info.name);
        break;
      }
    }
  }
  outcome.diverged = fmt::format("{} is not finite (batch positions {})", tensor,
                                 !samples.empty() ? samples
                                 : !bad.empty()   ? bad
                                                  : "all");
}

}  // namespace selfsame
