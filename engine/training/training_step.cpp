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

/// The places in [first, first + count) for which the predicate holds.
template <typename F>
std::vector<int> places(std::int64_t first, std::int64_t count, F&& bad) {
  std::vector<int> found;
  for (std::int64_t i = first; i < first + count; ++i) {
    if (bad(i)) {
      found.push_back(static_cast<int>(i));
    }
  }
  return found;
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
    outcome.bad_samples.clear();
    LaneStep& step = lane_steps_[i];
    step.active = requests[i].active;
    step.lr = requests[i].lr;
    step.step = requests[i].step;
    // The average forgets the initial weights in proportion to the steps made: a window of about a ninth of
    // them.
    step.ema_limit = (1.0 + static_cast<double>(step.step)) / (10.0 + static_cast<double>(step.step));
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

/// Names the first tensor, in the order in which the step makes them, that is not finite. A tensor whose
/// memory a gradient has taken by now may be named in the gradient's place; the samples come from the losses
/// and are exact.
void TrainingStep::find_divergence(std::int64_t lane, LaneOutcome& outcome) const {
  const std::int64_t B = options_.batch, first = lane * B;
  const std::vector<ParameterInfo>& tensors = parameters_.table().tensors();
  outcome.diverged = "the loss is not finite";
  outcome.bad_samples = places(
      first, B, [&](std::int64_t n) { return !std::isfinite(sample_losses_[static_cast<std::size_t>(n)]); });
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (first_non_finite(parameters_.value(static_cast<int>(i)).lane<float>(lane), tensors[i].count()) >= 0) {
      outcome.diverged = fmt::format("weight {} is not finite", tensors[i].name);
      return;
    }
  }
  for (const MemoryPlan::Entry& entry : plan_.entries()) {
    if (entry.view.data == nullptr || entry.view.shape.n != lanes() * B) {
      continue;
    }
    const std::vector<int> bad =
        places(first, B, [&](std::int64_t n) { return !finite_sample(entry.view, n); });
    if (!bad.empty()) {
      outcome.diverged = fmt::format("tensor \"{}\" is not finite", entry.name);
      outcome.bad_samples = outcome.bad_samples.empty() ? bad : outcome.bad_samples;
      return;
    }
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].trainable && first_non_finite(parameters_.gradient(static_cast<int>(i)).lane<float>(lane),
                                                 tensors[i].count()) >= 0) {
      outcome.diverged = fmt::format("the gradient of {} is not finite", tensors[i].name);
      return;
    }
  }
}

}  // namespace selfsame
