// SPDX-License-Identifier: Apache-2.0
// Field tables: optimiser, schedule, loop, and the document as a whole.
#include "engine/config/config_tables.hpp"

namespace selfsame {
namespace {

constexpr double kMaxSeed = 9007199254740991;  // 2^53 - 1: survives every JSON tool
constexpr double kMaxCount = 1e12;             // steps, epochs: far beyond use, far below overflow
constexpr double kMaxLr = 1e6;

constexpr std::string_view kOptimizers[] = {"adam", "adamw", "rmsprop", "sgd"};
constexpr std::string_view kThresholdModes[] = {"absolute", "relative"};
constexpr std::string_view kUnits[] = {"steps", "epochs"};
constexpr std::string_view kTargets[] = {"auto", "clean", "noisy", "measured"};
constexpr std::string_view kMetrics[] = {"auto", "psnr", "ssim", "loss"};
constexpr std::string_view kDevices[] = {"auto", "cpu", "cuda", "simulated"};
constexpr std::string_view kPrecisions[] = {"float32", "tf32", "bfloat16"};

Field count(Field field) { return std::move(field).at_least(0).at_most(kMaxCount); }

// The fields that both falling schedules share.
template <typename S>
std::vector<Field> plateau_fields() {
  return {field("factor", &S::factor, "what the rate is multiplied by").above(0).below(1),
          count(field("patience", &S::patience, "validations without gain before that")),
          field("threshold", &S::threshold, "the smallest change of the metric that is a gain").at_least(0),
          field("threshold_mode", &S::threshold_mode,
                "threshold in the metric's unit, or a share of the best value"),
          field("min_lr", &S::min_lr, "the rate never falls below").at_least(0).at_most(kMaxLr)};
}

}  // namespace

std::span<const std::string_view> choice_names(OptimizerConfig::Type) { return kOptimizers; }
std::span<const std::string_view> choice_names(ThresholdMode) { return kThresholdModes; }
std::span<const std::string_view> choice_names(MultiStepScheduleConfig::Unit) { return kUnits; }
std::span<const std::string_view> choice_names(ValidationConfig::Target) { return kTargets; }
std::span<const std::string_view> choice_names(ValidationConfig::Metric) { return kMetrics; }
std::span<const std::string_view> choice_names(TrainConfig::Device) { return kDevices; }
std::span<const std::string_view> choice_names(TrainConfig::Precision) { return kPrecisions; }

const TaggedTable& table_of(const OptimizerConfig*) {
  using O = OptimizerConfig;
  const auto with_shared = [](std::vector<Field> own) {
    std::vector<Field> fields{field("lr", &O::lr, "learning rate").above(0).at_most(kMaxLr)};
    std::move(own.begin(), own.end(), std::back_inserter(fields));
    fields.push_back(field("weight_decay", &O::weight_decay, "L2 penalty; with adamw decoupled").at_least(0));
    fields.push_back(
        field("clip_norm", &O::clip_norm, "largest norm of the whole gradient; 0: off").at_least(0));
    fields.push_back(
        field("ema", &O::ema,
              "decay of the running mean of the weights, per step t at most (1+t)/(10+t); 0: off")
            .at_least(0)
            .below(1));
    return fields;
  };
  const auto eps = [] { return field("eps", &O::eps, "added to the denominator").above(0); };
  const auto momentum = [] { return field("momentum", &O::momentum, "0: off").at_least(0).below(1); };
  const auto adam = [&] {
    return with_shared(
        {field("beta1", &O::beta1, "decay of the gradient's mean").at_least(0).below(1),
         field("beta2", &O::beta2, "decay of the squared gradient's mean").at_least(0).below(1), eps()});
  };
  using Type = OptimizerConfig::Type;
  static const TaggedTable kTable{
      "how gradients change weights",
      {alternative<O>(Type::kAdam, "Adam", adam()), alternative<O>(Type::kAdamW, "AdamW", adam()),
       alternative<O>(
           Type::kRmsprop, "RMSprop",
           with_shared(
               {field("alpha", &O::alpha, "decay of the squared gradient's mean").at_least(0).below(1), eps(),
                momentum()})),
       alternative<O>(Type::kSgd, "gradient descent", with_shared({momentum()}))}};
  return kTable;
}

const TaggedTable& table_of(const ScheduleConfig*) {
  using S = ScheduleConfig;
  using Paper = PaperScheduleConfig;
  std::vector<Field> paper{
      field("start_lr", &Paper::start_lr, "first rate; 0: no doubling, start at optimizer.lr")
          .at_least(0)
          .at_most(kMaxLr),
      field("growth", &Paper::growth, "factor of the rate after each new best value").above(1).at_most(1e3),
      field("growth_patience", &Paper::growth_patience, "validations without a new best before it falls")
          .at_least(1)
          .at_most(kMaxCount),
      field("back_off", &Paper::back_off, "then the best weights return and the rate is divided by this")
          .at_least(1)
          .at_most(1e6)};
  for (Field& shared : plateau_fields<Paper>()) {
    paper.push_back(std::move(shared));
  }
  paper.push_back(count(field("stop_after_intervals", &Paper::stop_after_intervals,
                              "stop after this many rates in a row without gain; 0: never")));
  paper.push_back(count(field("stop_at_min_lr", &Paper::stop_at_min_lr,
                              "stop after this many validations at min_lr; 0: never")));
  static const TaggedTable kTable{
      "the learning rate over time",
      {alternative<S, ConstantScheduleConfig>("constant", "optimizer.lr throughout", {}),
       alternative<S, MultiStepScheduleConfig>(
           "multi_step", "multiplied by factor at each milestone",
           {field("milestones", &MultiStepScheduleConfig::milestones, "when, in units of unit")
                .must_be_given()
                .at_least(1)
                .at_most(kMaxCount),
            field("unit", &MultiStepScheduleConfig::unit, "what milestones count"),
            field("factor", &MultiStepScheduleConfig::factor, "what the rate is multiplied by")
                .above(0)
                .below(1),
            count(field("stop_after_intervals", &MultiStepScheduleConfig::stop_after_intervals,
                        "stop after this many rates in a row without gain; 0: never")),
            field("low_lr", &MultiStepScheduleConfig::low_lr, "rates below this are low; 0: none is")
                .at_least(0)
                .at_most(kMaxLr),
            count(field("stop_at_low_lr", &MultiStepScheduleConfig::stop_at_low_lr,
                        "stop after this many validations at low rates; 0: never"))}),
       alternative<S, CosineScheduleConfig>(
           "cosine", "half a cosine from optimizer.lr to min_lr at the end of the run",
           {count(field("warmup_steps", &CosineScheduleConfig::warmup_steps, "linear rise from 0 before it")),
            field("min_lr", &CosineScheduleConfig::min_lr, "the last rate").at_least(0).at_most(kMaxLr)}),
       alternative<S, PlateauScheduleConfig>("plateau",
                                             "multiplied by factor when validation stops improving",
                                             plateau_fields<PlateauScheduleConfig>()),
       alternative<S, Paper>("paper", "doubled while validation improves, then plateau with an early stop",
                             std::move(paper))}};
  return kTable;
}

const ObjectTable& table_of(const EarlyStoppingConfig*) {
  using E = EarlyStoppingConfig;
  static const ObjectTable kTable{
      "stop when validation no longer improves",
      {count(field("patience", &E::patience, "validations without gain; 0: off")),
       field("min_delta", &E::min_delta, "the smallest change of the metric that is a gain").at_least(0)}};
  return kTable;
}

const ObjectTable& table_of(const TrainingConfig*) {
  using T = TrainingConfig;
  static const ObjectTable kTable{
      "the loop",
      {field("batch", &T::batch, "examples per step").at_least(1).at_most(65536),
       count(field("steps", &T::steps,
                   "length of the run in steps; 1000 if neither steps nor epochs is given")),
       count(field("epochs", &T::epochs, "length of the run in passes over the training images")),
       field("max_time", &T::max_time, "stop with a checkpoint after this time; empty: no limit"),
       field("early_stopping", &T::early_stopping, "stop when validation no longer improves")}};
  return kTable;
}

const ObjectTable& table_of(const ValidationConfig*) {
  using V = ValidationConfig;
  static const ObjectTable kTable{
      "validation",
      {field("target", &V::target,
             "what predictions are compared with; auto: clean for supervised, noisy (images) or measured "
             "(held-out k-space) for self-supervised objectives"),
       field("metric", &V::metric,
             "what best, plateau and early stopping go by; auto: psnr, or loss against measured k-space; "
             "ssim: of k-space data"),
       count(field("every_steps", &V::every_steps,
                   "0: off; if every_epochs is 0 as well: once an epoch, or 20 times in a run whose length "
                   "is given in steps")),
       count(field("every_epochs", &V::every_epochs, "0: off"))}};
  return kTable;
}

const ObjectTable& table_of(const CheckpointConfig*) {
  using C = CheckpointConfig;
  static const ObjectTable kTable{"when checkpoints are written, besides the end",
                                  {count(field("every_steps", &C::every_steps, "0: off")),
                                   count(field("every_seconds", &C::every_seconds, "0: off"))}};
  return kTable;
}

const ObjectTable& table_of(const LoggingConfig*) {
  using L = LoggingConfig;
  static const ObjectTable kTable{
      "what is recorded",
      {field("every_steps", &L::every_steps, "steps between lines of metrics.jsonl")
           .at_least(1)
           .at_most(kMaxCount),
       field("tensorboard", &L::tensorboard, "write TensorBoard events as well")}};
  return kTable;
}

const ObjectTable& table_of(const TrainConfig*) {
  using T = TrainConfig;
  static const ObjectTable kTable{
      "configuration of a training run",
      {field("name", &T::name, "part of the run folder's name"),
       field("seed", &T::seed, "of weights, noise, crops and order").at_least(0).at_most(kMaxSeed),
       field("device", &T::device,
             "where to compute; auto: a GPU if one answers, else the CPU; simulated: the GPU's kernels "
             "thread by "
             "thread on the CPU, for tests"),
       field("threads", &T::threads, "CPU threads; 0: all cores; results do not depend on it")
           .at_least(0)
           .at_most(4096),
       field(
           "precision", &T::precision,
           "of activations; weights, statistics and sums are float32. tf32: convolutions round their inputs "
           "to 10 bits, GPU only"),
       field("data", &T::data, "images").must_be_given(),
       field("noise", &T::noise, "noise added to clean images"),
       field("kspace", &T::kspace, "accelerated MRI: how k-space is undersampled and prepared"),
       field("objective", &T::objective, "what is minimised"), field("model", &T::model, "the network"),
       field("optimizer", &T::optimizer, "how gradients change weights"),
       field("schedule", &T::schedule, "the learning rate over time"),
       field("training", &T::training, "the loop"), field("validation", &T::validation, "validation"),
       field("checkpoint", &T::checkpoint, "when checkpoints are written, besides the end"),
       field("logging", &T::logging, "what is recorded")}};
  return kTable;
}

}  // namespace selfsame
