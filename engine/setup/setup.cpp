// SPDX-License-Identifier: Apache-2.0
#include "engine/setup/setup.hpp"

#include <algorithm>
#include <cmath>

#include "engine/data/dead_leaves.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

NoiseType noise_type(NoiseConfig::Type type) {
  switch (type) {
    case NoiseConfig::Type::kNone:
      return NoiseType::kNone;
    case NoiseConfig::Type::kGaussian:
      return NoiseType::kGaussian;
    case NoiseConfig::Type::kPoisson:
      return NoiseType::kPoisson;
    case NoiseConfig::Type::kPoissonGaussian:
      return NoiseType::kPoissonGaussian;
    case NoiseConfig::Type::kGamma:
      return NoiseType::kGamma;
  }
  return NoiseType::kNone;
}

}  // namespace

ObjectiveOptions objective_options(const std::map<std::string, double>& numbers,
                                   const std::map<std::string, int>& words,
                                   std::span<const ObjectiveOption> known, double noise_unit) {
  ObjectiveOptions options;
  for (const ObjectiveOption& option : known) {
    const std::string name(option.name);
    if (const auto given = numbers.find(name); given != numbers.end()) {
      options[name] = option.noise_sigma ? given->second / noise_unit : given->second;
    }
    if (const auto chosen = words.find(name); chosen != words.end()) {
      options[name] = std::string(option.choices[static_cast<std::size_t>(chosen->second)]);
    }
  }
  return options;
}

DeviceKind device_kind(TrainConfig::Device device) {
  switch (device) {
    case TrainConfig::Device::kAuto:
      return device_available(DeviceKind::kCuda) ? DeviceKind::kCuda : DeviceKind::kCpu;
    case TrainConfig::Device::kCpu:
      return DeviceKind::kCpu;
    case TrainConfig::Device::kCuda:
      return DeviceKind::kCuda;
    case TrainConfig::Device::kSimulated:
      return DeviceKind::kSimulated;
  }
  fail(ErrorKind::kInternal, "device {}", static_cast<int>(device));
}

DeviceKind device_kind(const std::string& name) {
  const auto names = choice_names(TrainConfig::Device{});
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (name == names[i]) {
      return device_kind(static_cast<TrainConfig::Device>(i));
    }
  }
  fail(ErrorKind::kUsage, "--device {}: expected auto, cpu, cuda or simulated", name);
}

DType network_type(TrainConfig::Precision precision) {
  return precision == TrainConfig::Precision::kBfloat16 ? DType::kBF16 : DType::kF32;
}

void set_precision(Stream& stream, TrainConfig::Precision precision) {
  if (precision == TrainConfig::Precision::kTf32 && stream.device() != DeviceKind::kCpu) {
    stream.request("conv2d", "tensor_core_tf32");
    stream.request("conv_transpose2d", "tensor_core_tf32");
  }
}

std::unique_ptr<Stream> make_stream(DeviceKind device, TrainConfig::Precision precision, int threads) {
  const bool tf32 = precision == TrainConfig::Precision::kTf32;
  if (tf32 && device == DeviceKind::kCpu) {
    fail(ErrorKind::kUsage,
         "precision tf32 is a GPU's: on the CPU choose float32 or bfloat16, or name another device");
  }
  auto stream = std::make_unique<Stream>(device, threads);
  set_precision(*stream, precision);
  return stream;
}

std::string computing_text(Stream& stream, TrainConfig::Precision precision) {
  const std::string_view precision_name = choice_names(precision)[static_cast<std::size_t>(precision)];
  if (stream.device() == DeviceKind::kCpu) {
    return fmt::format("cpu, {} threads, {}", stream.pool().threads(), precision_name);
  }
  return fmt::format("{}: {}, {}", name_of(stream.device()), device_of(stream.device()).description(),
                     precision_name);
}

ModelOptions model_options(const ModelConfig& config) {
  if (const auto* u = std::get_if<UnetConfig>(&config)) {
    return UNetOptions{static_cast<int>(u->in), static_cast<int>(u->out), static_cast<int>(u->channels),
                       static_cast<int>(u->pools), u->residual};
  }
  SELFSAME_CHECK(std::holds_alternative<DncnnConfig>(config), "model {} is not one of images",
                 config.index());
  const auto& d = std::get<DncnnConfig>(config);
  return DnCnnOptions{static_cast<int>(d.in), static_cast<int>(d.out), static_cast<int>(d.channels),
                      static_cast<int>(d.layers)};
}

NoiseModel noise_model(const NoiseConfig& config) {
  NoiseModel model;
  model.type = noise_type(config.type);
  model.sigma = static_cast<float>(config.sigma_on_unit_scale());
  model.peak = static_cast<float>(config.peak);
  model.looks = static_cast<float>(config.looks);
  return model;
}

NoiseModel target_noise_model(const TrainConfig& config, const Objective& objective) {
  NoiseModel model = noise_model(config.noise);
  if (const std::optional<double> sigma = objective.target_sigma()) {
    model.sigma = static_cast<float>(*sigma);
  }
  return model;
}

std::string objective_name(const ObjectiveConfig& config) {
  return std::visit([](const auto& named) { return named.type; }, config);
}

std::unique_ptr<Objective> make_objective(const TrainConfig& config) {
  const auto* named = std::get_if<ImageObjectiveConfig>(&config.objective);
  SELFSAME_CHECK(named != nullptr, "objective {} asked for images", config.objective.index());
  for (const ObjectiveInfo& info : objectives()) {
    if (info.name == named->type) {
      return make_objective(named->type,
                            objective_options(named->numbers, named->words, info.options, config.noise.unit),
                            noise_model(config.noise));
    }
  }
  fail(ErrorKind::kInternal, "no objective '{}'", named->type);
}

OptimizerOptions optimizer_options(const OptimizerConfig& config) {
  OptimizerOptions o;
  switch (config.type) {
    case OptimizerConfig::Type::kAdam:
      o.type = OptimizerType::kAdam;
      break;
    case OptimizerConfig::Type::kAdamW:
      o.type = OptimizerType::kAdamW;
      break;
    case OptimizerConfig::Type::kRmsprop:
      o.type = OptimizerType::kRmsprop;
      break;
    case OptimizerConfig::Type::kSgd:
      o.type = OptimizerType::kSgd;
      break;
  }
  o.lr = config.lr;
  o.beta1 = config.beta1;
  o.beta2 = config.beta2;
  o.alpha = config.alpha;
  o.eps = config.eps;
  o.weight_decay = config.weight_decay;
  o.momentum = config.momentum;
  return o;
}

ScheduleOptions schedule_options(const TrainConfig& config, std::int64_t total_steps,
                                 double steps_per_epoch) {
  ScheduleOptions o;
  o.lr = config.optimizer.lr;
  const auto absolute = [](ThresholdMode mode) { return mode == ThresholdMode::kAbsolute; };
  std::visit(
      Overloaded{[&](const ConstantScheduleConfig&) { o.type = ScheduleType::kConstant; },
                 [&](const MultiStepScheduleConfig& c) {
                   o.type = ScheduleType::kMultiStep;
                   o.factor = c.factor;
                   o.intervals_without_gain = static_cast<int>(c.stop_after_intervals);
                   o.low_lr = c.low_lr;
                   o.validations_at_low_lr = static_cast<int>(c.stop_at_low_lr);
                   for (const std::int64_t m : c.milestones) {
                     o.milestones.push_back(c.unit == MultiStepScheduleConfig::Unit::kSteps
                                                ? m
                                                : std::llround(static_cast<double>(m) * steps_per_epoch));
                   }
                 },
                 [&](const CosineScheduleConfig& c) {
                   o.type = ScheduleType::kCosine;
                   o.total_steps = total_steps;
                   o.warmup_steps = c.warmup_steps;
                   o.min_lr = c.min_lr;
                 },
                 [&](const PlateauScheduleConfig& c) {
                   o.type = ScheduleType::kPlateau;
                   o.factor = c.factor;
                   o.patience = static_cast<int>(c.patience);
                   o.threshold = c.threshold;
                   o.threshold_is_absolute = absolute(c.threshold_mode);
                   o.min_lr = c.min_lr;
                 },
                 [&](const PaperScheduleConfig& c) {
                   o = paper_schedule_options();
                   o.double_up = c.start_lr > 0;
                   o.lr = o.double_up ? c.start_lr : config.optimizer.lr;
                   o.growth = c.growth;
                   o.back_off = c.back_off;
                   o.factor = c.factor;
                   o.patience = static_cast<int>(c.patience);
                   o.threshold = c.threshold;
                   o.threshold_is_absolute = absolute(c.threshold_mode);
                   o.min_lr = c.min_lr;
                   o.double_patience = static_cast<int>(c.growth_patience);
                   o.intervals_without_gain = static_cast<int>(c.stop_after_intervals);
                   o.validations_at_min_lr = static_cast<int>(c.stop_at_min_lr);
                 }},
      config.schedule);
  return o;
}

bool lacks_truth(const TrainConfig& config) {
  return std::holds_alternative<PairsSourceConfig>(config.data.train) &&
         make_objective(config)->target_kind() == TargetKind::kSecondNoisy;
}

ChannelMode channel_mode(const DataConfig& data) {
  return data.channels == 4   ? ChannelMode::kPacked
         : data.channels == 3 ? ChannelMode::kColor
                              : ChannelMode::kGray;
}

OpenedImages open_source(const SourceConfig& source, const DataConfig& data, std::int64_t smallest) {
  OpenOptions options;
  options.channels = channel_mode(data);
  options.bad_files =
      data.on_error == DataConfig::OnError::kSkip ? BadFilePolicy::kSkip : BadFilePolicy::kRefuse;
  options.min_height = options.min_width = static_cast<int>(smallest);
  return std::visit(
      Overloaded{[&](const FolderSourceConfig& c) {
                   OpenOptions o = options;
                   o.recursive = c.recursive;
                   return open_folder(c.path.string(), o);
                 },
                 [&](const ListSourceConfig& c) { return open_list(c.path.string(), options); },
                 [&](const NpySourceConfig& c) { return open_files({c.path.string()}, options); },
                 [&](const PairsSourceConfig& c) {
                   PairOptions pairs;
                   pairs.open = options;
                   return open_pairs(c.inputs.string(), c.targets.string(), pairs);
                 },
                 [&](const DeadLeavesSourceConfig& c) {
                   DeadLeavesOptions leaves;
                   leaves.seed = static_cast<std::uint64_t>(c.seed);
                   leaves.count = c.count;
                   leaves.channels = data.channels == 3 ? 3 : 1;
                   leaves.height = static_cast<int>(c.height);
                   leaves.width = static_cast<int>(c.width);
                   return OpenedImages{dead_leaves_source(leaves), {}};
                 },
                 [](const auto&) -> OpenedImages {
                   fail(ErrorKind::kInternal, "a source of k-space was opened as images");
                 }},
      source);
}

CropSpec crop_spec(const DataConfig& data) {
  CropSpec crop;
  crop.mode = data.crop.position == CropConfig::Position::kCentre ? CropMode::kCenter : CropMode::kRandom;
  crop.height = crop.width = static_cast<int>(data.crop.size);
  crop.augment = data.augment == DataConfig::Augment::kNone    ? Augment::kNone
                 : data.augment == DataConfig::Augment::kFlips ? Augment::kFlips
                                                               : Augment::kDihedral;
  return crop;
}

bool RunLength::validates_after(std::int64_t step, std::int64_t batch, std::int64_t examples) const {
  if (step == total_steps) {
    return true;
  }
  if (validate_steps > 0) {
    return step % validate_steps == 0;
  }
  const std::int64_t interval = validate_epochs * examples;
  return step * batch / interval > (step - 1) * batch / interval;
}

RunLength run_length(const TrainConfig& config, std::int64_t examples) {
  RunLength length;
  const std::int64_t batch = config.training.batch;
  length.steps_per_epoch = static_cast<double>(examples) / static_cast<double>(batch);
  length.total_steps = config.training.epochs > 0 ? (config.training.epochs * examples + batch - 1) / batch
                                                  : config.training.steps;
  length.validate_steps = config.validation.every_steps;
  length.validate_epochs = config.validation.every_epochs;
  if (length.validate_steps == 0 && length.validate_epochs == 0) {
    if (config.training.epochs > 0) {
      length.validate_epochs = 1;
    } else {
      length.validate_steps = std::max<std::int64_t>(1, length.total_steps / 20);
    }
  }
  return length;
}

}  // namespace selfsame
