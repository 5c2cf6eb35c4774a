// SPDX-License-Identifier: Apache-2.0
#include "engine/training/training_step.hpp"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "kernels/device/nvtx.hpp"
#include "kernels/reduction/reduction.hpp"

namespace selfsame {
namespace {

void note_arena(MemoryPlan& plan, const char* name, const MirroredBuffer& arena, const Parameters& p) {
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

/// SELFSAME_GRAPHS=0: every step is given to the GPU op by op, so that profilers see which op a kernel
/// belongs to. The bits are the same.
bool graphs_wanted() {
  static const bool wanted = [] {
    const char* value = std::getenv("SELFSAME_GRAPHS");
    return value == nullptr || std::string_view(value) != "0";
  }();
  return wanted;
}

/// Host copies of what a device holds, for looking at it after a step that failed.
class Inspector {
 public:
  explicit Inspector(Stream& stream) : stream_(stream) {}
  /// True if all of `count` values at `data`, of this type, are finite.
  bool finite(const void* data, DType dtype, std::int64_t count) {
    bytes_.resize(static_cast<std::size_t>(count) * size_of(dtype));
    stream_.download(bytes_.data(), data, bytes_.size());
    stream_.synchronize();
    floats_.resize(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < floats_.size(); ++i) {
      if (dtype == DType::kBF16) {
        bf16 value;
        std::memcpy(&value, bytes_.data() + 2 * i, 2);
        floats_[i] = to_float(value);
      } else {
        std::memcpy(&floats_[i], bytes_.data() + 4 * i, 4);
      }
    }
    return first_non_finite(floats_.data(), count) < 0;
  }
  bool finite_sample(const TensorView& t, std::int64_t n) {
    return finite(t.samples(n, 1).data, t.dtype, t.sample_size());
  }

 private:
  Stream& stream_;
  std::vector<std::byte> bytes_;
  std::vector<float> floats_;
};

}  // namespace

TrainingStep::TrainingStep(TrainingPass& pass, const TrainingStepOptions& options, Stream& stream)
    : options_(options),
      pass_(pass),
      stream_(stream),
      parameters_(pass.parameters(), pass.lanes(), DType::kF32, true, stream.device()) {
  const std::size_t arena = static_cast<std::size_t>(this->lanes() * parameters_.lane_size()) * sizeof(float);
  const OptimizerMoments moments = optimizer_moments(options.optimizer);
  moment1_ = MirroredBuffer(moments.first ? arena : 0, stream.device());
  moment2_ = MirroredBuffer(moments.second ? arena : 0, stream.device());
  ema_ = MirroredBuffer(options.ema_decay > 0 ? arena : 0, stream.device());
  plan_.note(MemoryPlan::Arena::kParameters, "values, gradients, buffers",
             fmt::format("({}, {})", parameters_.lanes(), parameters_.lane_size()), DType::kF32,
             parameters_.bytes());
  note_arena(plan_, "moment 1", moment1_, parameters_);
  note_arena(plan_, "moment 2", moment2_, parameters_);
  note_arena(plan_, "average", ema_, parameters_);
  pass.plan(plan_, parameters_, stream);
  plan_.need_workspace(sum_of_squares_workspace(parameters_.lane_size(), this->lanes()));
  take_memory();
}

void TrainingStep::take_memory() {
  const DeviceKind device = stream_.device();
  const auto l = static_cast<std::size_t>(lanes()), n = l * static_cast<std::size_t>(pass_.batch());
  plan_.allocate(device);
  stream_.reserve_workspace(plan_.bytes(MemoryPlan::Arena::kWorkspace));
  pass_.take_memory(stream_);
  factors_ = MirroredBuffer(l * sizeof(OptimizerFactors), device);
  results_ = MirroredBuffer(l * sizeof(LaneVerdict), device);
  sample_losses_ = MirroredBuffer(n * sizeof(double), device);
  squares_ = Buffer(l * sizeof(double), device);
}

float* TrainingStep::lane_of(const MirroredBuffer& arena, std::int64_t lane) const {
  return arena.bytes() == 0 ? nullptr : arena.host<float>() + lane * parameters_.lane_size();
}

const float* TrainingStep::best_values(std::int64_t lane) const {
  const float* arena = ema_.bytes() > 0 ? ema_.device<float>() : parameters_.values<float>();
  return arena + lane * parameters_.lane_size();
}

void TrainingStep::initialise(std::int64_t lane, std::uint64_t seed) {
  to_host();  // the other lanes stay as they are
  parameters_.initialise(lane, seed);
  const std::size_t bytes = static_cast<std::size_t>(parameters_.lane_size()) * sizeof(float);
  for (float* moment : {moment1(lane), moment2(lane)}) {
    if (moment != nullptr) {
      std::memset(moment, 0, bytes);
    }
  }
  if (float* average = ema(lane)) {
    std::memcpy(average, parameters_.host_values<float>() + lane * parameters_.lane_size(), bytes);
  }
  to_device();
}

void TrainingStep::to_device() {
  parameters_.to_device(stream_);
  for (const MirroredBuffer* arena : {&moment1_, &moment2_, &ema_}) {
    arena->to_device(stream_);
  }
  stream_.synchronize();
}

void TrainingStep::to_host() {
  parameters_.to_host(stream_);
  for (const MirroredBuffer* arena : {&moment1_, &moment2_, &ema_}) {
    arena->to_host(stream_);
  }
  stream_.synchronize();
}

/// Everything that a step does, in the order of the stream: what a GPU records.
void TrainingStep::enqueue() {
  const ProfilerRange range("step");
  factors_.to_device(stream_);
  parameters_.clear_gradients(stream_);
  const std::span<double> losses(sample_losses_.device<double>(),
                                 static_cast<std::size_t>(lanes() * pass_.batch()));
  pass_.enqueue(losses, stream_);
  const ProfilerRange update("update");
  sum_of_squares({squares_.as<double>(), static_cast<std::size_t>(lanes())}, parameters_.gradients<float>(),
                 parameters_.lane_size(), lanes(), stream_);
  judge_lanes(results_.device<LaneVerdict>(), factors_.device<OptimizerFactors>(), losses.data(),
              squares_.as<double>(), pass_.batch(), lanes(), options_.clip_norm, stream_);
  optimizer_step(parameters_.values<float>(), moment1_.device<float>(), moment2_.device<float>(),
                 ema_.device<float>(), parameters_.gradients<float>(), parameters_.lane_size(), lanes(),
                 factors_.device<OptimizerFactors>(), options_.optimizer, stream_);
  results_.to_host(stream_);
  sample_losses_.to_host(stream_);
}

void TrainingStep::run(std::span<const LaneRequest> requests, std::span<LaneOutcome> outcomes) {
  SELFSAME_CHECK(static_cast<std::int64_t>(requests.size()) == lanes() && outcomes.size() == requests.size(),
                 "{} requests, {} outcomes for {} lanes", requests.size(), outcomes.size(), lanes());
  const std::uint64_t allocations = Buffer::usage().allocations;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    LaneStep step;
    step.active = requests[i].active;
    step.lr = requests[i].lr;
    step.step = requests[i].step;
    // The average forgets the initial weights in proportion to the steps made: a window of about a ninth of
    // them.
    step.ema_limit = (1.0 + static_cast<double>(step.step)) / (10.0 + static_cast<double>(step.step));
    factors_.host<OptimizerFactors>()[i] = optimizer_factors(options_.optimizer, step, options_.ema_decay);
  }
  if (stream_.device() == DeviceKind::kCpu || stream_.profile() != nullptr || !graphs_wanted()) {
    enqueue();
    stream_.synchronize();
  } else {
    if (graph_ == nullptr) {
      stream_.queue().begin_capture();
      enqueue();
      graph_ = stream_.queue().end_capture();
    }
    graph_->launch();
    stream_.synchronize();
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const LaneVerdict& result = results_.host<LaneVerdict>()[i];
    outcomes[i].loss = result.loss;
    outcomes[i].gradient_norm = result.gradient_norm;
    outcomes[i].diverged.clear();
    outcomes[i].bad_samples.clear();
    if (result.finite == 0.0 && requests[i].active) {
      find_divergence(static_cast<std::int64_t>(i), outcomes[i]);
    }
  }
  SELFSAME_CHECK(Buffer::usage().allocations == allocations, "a training step allocated {} buffers",
                 Buffer::usage().allocations - allocations);
}

/// Names the first tensor, in the order in which the step makes them, that is not finite. A tensor whose
/// memory a gradient has taken by now may be named in the gradient's place; the samples come from the losses
/// and are exact.
void TrainingStep::find_divergence(std::int64_t lane, LaneOutcome& outcome) {
  const std::int64_t B = pass_.batch(), first = lane * B;
  const std::vector<ParameterInfo>& tensors = parameters_.table().tensors();
  Inspector inspector(stream_);
  const auto finite = [&](const ParameterView& p) {
    return inspector.finite(p.lane<float>(lane), DType::kF32, p.count());
  };
  outcome.diverged = "the loss is not finite";
  outcome.bad_samples =
      places(first, B, [&](std::int64_t n) { return !std::isfinite(sample_losses_.host<double>()[n]); });
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!finite(parameters_.value(static_cast<int>(i)))) {
      outcome.diverged = fmt::format("weight {} is not finite", tensors[i].name);
      return;
    }
  }
  for (const MemoryPlan::Entry& entry : plan_.entries()) {
    if (entry.view.data == nullptr || entry.view.shape.n != lanes() * B) {
      continue;
    }
    const std::vector<int> bad =
        places(first, B, [&](std::int64_t n) { return !inspector.finite_sample(entry.view, n); });
    if (!bad.empty()) {
      outcome.diverged = fmt::format("tensor \"{}\" is not finite", entry.name);
      outcome.bad_samples = outcome.bad_samples.empty() ? bad : outcome.bad_samples;
      return;
    }
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].trainable && !finite(parameters_.gradient(static_cast<int>(i)))) {
      outcome.diverged = fmt::format("the gradient of {} is not finite", tensors[i].name);
      return;
    }
  }
}

}  // namespace selfsame
