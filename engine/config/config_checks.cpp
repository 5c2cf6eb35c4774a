// SPDX-License-Identifier: Apache-2.0
// Conditions between fields. Each is checked only where the fields it needs were read without a mistake.
#include <fmt/format.h>

#include <algorithm>

#include "engine/config/config_tables.hpp"
#include "engine/config/field_text.hpp"
#include "engine/setup/setup.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

bool is_pairs(const SourceConfig& source) { return std::holds_alternative<PairsSourceConfig>(source); }
bool has_gaussian(const NoiseConfig& noise) {
  return noise.type == NoiseConfig::Type::kGaussian || noise.type == NoiseConfig::Type::kPoissonGaussian;
}

// ---- data and noise
// ----------------------------------------------------------------------------------------------
void check_sources(const DataConfig& data, ConfigReader& reader) {
  if (data.validation && reader.sound({"/data/train/type", "/data/validation/type"}) &&
      is_kspace(data.train) != is_kspace(*data.validation)) {
    reader.error("/data/validation/type", is_kspace(data.train)
                                              ? "expected a source of k-space as in /data/train"
                                              : "expected a source of images as in /data/train");
  }
  if (data.validation && reader.sound({"/data/train/type", "/data/validation/type"}) &&
      is_pairs(data.train) != is_pairs(*data.validation)) {
    reader.error("/data/validation/type", fmt::format("expected {} as in /data/train, got {}",
                                                      is_pairs(data.train) ? "\"pairs\"" : "no \"pairs\"",
                                                      is_pairs(data.train) ? "another type" : "\"pairs\""));
  }
  if (data.validation && reader.sound({"/data/validation", "/data/validation_count"}) &&
      data.validation_count > 0) {
    reader.error("/data/validation_count",
                 fmt::format("expected 0 beside a validation source, got {}", data.validation_count));
  }
  for (const auto& [source, pointer] :
       {std::pair{&data.train, "/data/train/type"},
        {data.validation ? &*data.validation : nullptr, "/data/validation/type"}}) {
    if (source != nullptr && std::holds_alternative<DeadLeavesSourceConfig>(*source) &&
        reader.sound({pointer, "/data/channels"}) && data.channels > 3) {
      reader.error("/data/channels",
                   fmt::format("expected 1 or 3 of generated images, got {}", data.channels));
      break;
    }
  }
  const auto* leaves = std::get_if<DeadLeavesSourceConfig>(&data.train);
  if (leaves == nullptr || !reader.sound({"/data/train/type", "/data/train/count", "/data/train_size"}) ||
      !reader.sound({"/data/validation", "/data/validation_count"})) {
    return;
  }
  const std::int64_t held_out = data.validation ? 0 : held_out_count(data, leaves->count);
  if (held_out >= leaves->count) {
    const bool counted = data.validation_count > 0;
    reader.error(counted ? "/data/validation_count" : "/data/train/count",
                 fmt::format("expected more images than the {} held out for validation, got {}", held_out,
                             leaves->count));
  } else if (data.train_size > leaves->count - held_out) {
    reader.error("/data/train_size",
                 fmt::format("expected at most {} ({} images, {} held out for validation), got {}",
                             leaves->count - held_out, leaves->count, held_out, data.train_size));
  }
}

void check_noise(const TrainConfig& config, ConfigReader& reader) {
  if (!reader.sound({"/noise/type", "/data/train/type"})) {
    return;
  }
  const bool none = config.noise.type == NoiseConfig::Type::kNone;
  if (is_pairs(config.data.train) && !none) {
    reader.error(
        "/noise/type",
        "expected \"none\": /data/train has measured pairs, got " +
            json_quoted(choice_names(config.noise.type)[static_cast<std::size_t>(config.noise.type)]));
  }
  if (!is_pairs(config.data.train) && !is_kspace(config.data.train) && none) {
    reader.error("/noise/type",
                 "expected a noise type other than \"none\": without noise or measured pairs there is "
                 "nothing to learn");
  }
}

/// The image objective of the configuration, or what is wrong with it.
std::unique_ptr<Objective> image_objective(const TrainConfig& config, ConfigReader& reader) {
  try {
    return make_objective(config);
  } catch (const Error& error) {
    reader.error("/objective", error.what());
    return nullptr;
  }
}

void check_objective(const TrainConfig& config, ConfigReader& reader) {
  const auto* named = std::get_if<ImageObjectiveConfig>(&config.objective);
  if (named == nullptr || is_kspace(config.data.train) ||
      !reader.sound({"/objective", "/noise", "/data/train/type"})) {
    return;
  }
  const std::unique_ptr<Objective> objective = image_objective(config, reader);
  if (objective == nullptr) {
    return;
  }
  const bool pairs = is_pairs(config.data.train);
  const TargetKind kind = objective->target_kind();
  if (kind == TargetKind::kSecondNoisy && named->numbers.contains("sigma") &&
      (pairs || !has_gaussian(config.noise))) {
    reader.error("/objective/sigma", pairs ? "expected no value: measured pairs have their own noise"
                                           : "expected no value: /noise has no Gaussian part");
  }
  using Target = ValidationConfig::Target;
  if (pairs && kind != TargetKind::kNone && reader.sound({"/validation/target"})) {
    const bool noisy = kind == TargetKind::kSecondNoisy;
    // Pairs that are for validation alone may have other targets than those that are trained on.
    const bool own = config.data.validation.has_value();
    if (config.validation.target == (noisy ? Target::kClean : Target::kNoisy) && !(noisy && own)) {
      reader.error(
          "/validation/target",
          noisy ? "expected \"auto\" or \"noisy\": the targets of these pairs are noisy and there is no "
                  "/data/validation, got \"clean\""
                : "expected \"auto\" or \"clean\": the targets of these pairs are clean, got \"noisy\"");
    }
  }
}

// ---- sizes
// ------------------------------------------------------------------------------------------------------- The
// smallest image side that the network takes.
std::int64_t smallest_side(const ModelConfig& model) {
  const auto* unet = std::get_if<UnetConfig>(&model);
  return unet == nullptr ? 1 : std::int64_t{1} << unet->pools;
}

void check_side(std::int64_t side, const TrainConfig& config, const char* pointer, ConfigReader& reader) {
  const std::int64_t smallest = smallest_side(config.model);
  if (side < smallest) {
    reader.error(
        reader.given(pointer) ? pointer : "/model/pools",
        fmt::format("expected an image side of at least {} pixels, 2 to the power of /model/pools, got {}",
                    smallest, side));
  }
}

void check_sizes(const TrainConfig& config, ConfigReader& reader) {
  if (!reader.sound({"/model/type", "/model/pools", "/data/crop/size"})) {
    return;
  }
  const std::int64_t crop = config.data.crop.size;
  if (crop > 0) {
    check_side(crop, config, "/data/crop/size", reader);
  }
  const auto check_source = [&](const SourceConfig& source, const std::string& at, bool cropped) {
    const auto* leaves = std::get_if<DeadLeavesSourceConfig>(&source);
    const std::string height = at + "/height";
    const std::string width = at + "/width";
    if (leaves == nullptr || !reader.sound({at + "/type", height, width, "/data/crop/size"})) {
      return;
    }
    const bool flat = leaves->height <= leaves->width;
    const std::int64_t side = std::min(leaves->height, leaves->width);
    if (cropped && crop > side) {
      reader.error("/data/crop/size",
                   fmt::format("expected at most {}, the smaller side of {}, got {}", side, at, crop));
    } else {
      check_side(side, config, (flat ? height : width).c_str(), reader);
    }
  };
  check_source(config.data.train, "/data/train", true);
  if (config.data.validation) {
    check_source(*config.data.validation, "/data/validation", false);
  }
}

void check_channels(const ModelConfig& model, std::int64_t channels, ConfigReader& reader) {
  const auto check = [&](const auto& m) {
    if constexpr (requires { m.in; }) {
      for (const auto& [pointer, value] : {std::pair{"/model/in", m.in}, std::pair{"/model/out", m.out}}) {
        if (reader.sound({pointer, "/data/channels"}) && value > 0 && value != channels) {
          reader.error(pointer, fmt::format("expected {}, as /data/channels, got {}", channels, value));
        }
      }
    }
  };
  std::visit(check, model);
}

// ---- training
// ----------------------------------------------------------------------------------------------------
void check_training(const TrainConfig& config, ConfigReader& reader) {
  const TrainingConfig& training = config.training;
  if (!reader.sound({"/training/steps", "/training/epochs"})) {
    return;
  }
  if (training.steps > 0 && training.epochs > 0) {
    reader.error("/training/epochs",
                 fmt::format("expected only one of steps and epochs above 0, got {} steps and {} epochs",
                             training.steps, training.epochs));
  } else if (training.steps == 0 && training.epochs == 0 &&
             (reader.given("/training/steps") || reader.given("/training/epochs"))) {
    reader.error(reader.given("/training/steps") ? "/training/steps" : "/training/epochs",
                 "expected one of steps and epochs above 0, got 0");
  }
}

void check_schedule(const TrainConfig& config, ConfigReader& reader) {
  if (!reader.sound({"/schedule/type"})) {
    return;
  }
  const auto* cosine = std::get_if<CosineScheduleConfig>(&config.schedule);
  if (cosine != nullptr && reader.sound({"/schedule/warmup_steps", "/training/steps", "/training/epochs"})) {
    const bool by_default = config.training.steps == 0 && config.training.epochs == 0;
    const std::int64_t steps = by_default ? kDefaultSteps : config.training.steps;
    if (steps > 0 && cosine->warmup_steps > steps) {
      reader.error("/schedule/warmup_steps", fmt::format("expected at most {}, the steps of the run, got {}",
                                                         steps, cosine->warmup_steps));
    }
  }
  const auto* multi_step = std::get_if<MultiStepScheduleConfig>(&config.schedule);
  if (multi_step != nullptr && reader.given("/schedule/milestones") &&
      reader.sound({"/schedule/milestones"}) && multi_step->milestones.empty()) {
    reader.error("/schedule/milestones", "expected at least one milestone, got an empty array");
  }
  if (multi_step != nullptr && reader.sound({"/schedule/low_lr", "/schedule/stop_at_low_lr"}) &&
      multi_step->stop_at_low_lr > 0 && multi_step->low_lr == 0) {
    reader.error("/schedule/stop_at_low_lr",
                 fmt::format("expected 0 without /schedule/low_lr, got {}", multi_step->stop_at_low_lr));
  }
  if (!reader.sound({"/schedule/min_lr", "/schedule/start_lr", "/optimizer/lr", "/optimizer/type"})) {
    return;
  }
  const auto* plateau = std::get_if<PlateauScheduleConfig>(&config.schedule);
  const auto* paper = std::get_if<PaperScheduleConfig>(&config.schedule);
  const double min_lr = cosine != nullptr    ? cosine->min_lr
                        : plateau != nullptr ? plateau->min_lr
                        : paper != nullptr   ? paper->min_lr
                                             : 0;
  const bool own_start = paper != nullptr && paper->start_lr > 0;
  const double first = own_start ? paper->start_lr : config.optimizer.lr;
  if (min_lr > first) {
    const char* named = own_start ? "/schedule/start_lr" : "/optimizer/lr";
    reader.error(reader.given("/schedule/min_lr") ? "/schedule/min_lr" : named,
                 fmt::format("expected min_lr <= {}, which is {}, got {}", named, first, min_lr));
  }
}

void check_validation(const ValidationConfig& validation, ConfigReader& reader) {
  if (reader.sound({"/validation/every_steps", "/validation/every_epochs"}) && validation.every_steps > 0 &&
      validation.every_epochs > 0) {
    reader.error("/validation/every_epochs",
                 fmt::format("expected only one of every_steps and every_epochs above 0, got {} and {}",
                             validation.every_steps, validation.every_epochs));
  }
}

/// Standard deviations that the objective asks for and that are absent are those of the noise.
void take_sigma_of_noise(TrainConfig& config) {
  auto* named = std::get_if<ImageObjectiveConfig>(&config.objective);
  if (named == nullptr || !has_gaussian(config.noise)) {
    return;
  }
  for (const ObjectiveInfo& info : objectives()) {
    for (const ObjectiveOption& option : info.options) {
      if (info.name == named->type && option.noise_sigma) {
        named->numbers.try_emplace(std::string(option.name), config.noise.sigma);
      }
    }
  }
}

void set_channels(ModelConfig& model, std::int64_t channels) {
  std::visit(
      [channels](auto& m) {
        if constexpr (requires { m.in; }) {
          m.in = m.in == 0 ? channels : m.in;
          m.out = m.out == 0 ? m.in : m.out;
        }
      },
      model);
}

}  // namespace

void check_and_resolve(TrainConfig& config, ConfigReader& reader) {
  check_sources(config.data, reader);
  check_kspace(config, reader);
  check_noise(config, reader);
  check_objective(config, reader);
  check_sizes(config, reader);
  check_channels(config.model, config.data.channels, reader);
  check_training(config, reader);
  check_schedule(config, reader);
  check_validation(config.validation, reader);

  take_sigma_of_noise(config);
  if (config.training.steps == 0 && config.training.epochs == 0) {
    config.training.steps = kDefaultSteps;
  }
  if (config.validation.target == ValidationConfig::Target::kAuto) {
    config.validation.target =
        self_supervised_in_kspace(config.objective)                  ? ValidationConfig::Target::kMeasured
        : objective_name(config.objective).starts_with("supervised") ? ValidationConfig::Target::kClean
                                                                     : ValidationConfig::Target::kNoisy;
  }
  if (config.validation.metric == ValidationConfig::Metric::kAuto) {
    config.validation.metric = config.validation.target == ValidationConfig::Target::kMeasured
                                   ? ValidationConfig::Metric::kLoss
                                   : ValidationConfig::Metric::kPsnr;
  }
  if (is_kspace(config.data.train) && !config.kspace) {
    config.kspace.emplace();
  }
  set_channels(config.model, config.data.channels);
}

void check_and_resolve(ModelConfig& model, ConfigReader& reader) {
  set_channels(model, 1);
  if (is_reconstruction(model)) {
    return;
  }
  const auto [in, out] = std::visit(
      [](const auto& m) {
        if constexpr (requires { m.in; }) {
          return std::pair{m.in, m.out};
        } else {
          return std::pair{std::int64_t{0}, std::int64_t{0}};
        }
      },
      model);
  const auto* unet = std::get_if<UnetConfig>(&model);
  if ((unet == nullptr || unet->residual) && in != out &&
      reader.sound({"/type", "/in", "/out", "/residual"})) {
    reader.error("/out",
                 fmt::format("expected {}, as /in, because the network is residual, got {}", in, out));
  }
}

}  // namespace selfsame
