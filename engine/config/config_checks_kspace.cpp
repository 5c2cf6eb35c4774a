// SPDX-License-Identifier: Apache-2.0
// Conditions between the fields of accelerated MRI. Data decide: k-space wants a k-space objective and a
// reconstruction network, images want neither.
#include <fmt/format.h>

#include "engine/config/config_tables.hpp"
#include "losses/kspace/registry.hpp"

namespace selfsame {
namespace {

void check_unused(const TrainConfig& config, bool kspace, ConfigReader& reader) {
  if (kspace) {
    // A resolved configuration names every key with its default, which says nothing.
    const DataConfig &data = config.data, defaults;
    const bool cropped = data.crop.size != defaults.crop.size || data.crop.position != defaults.crop.position;
    for (const auto& [pointer, set] :
         {std::pair{"/data/channels", data.channels != defaults.channels}, std::pair{"/data/crop", cropped},
          std::pair{"/data/augment", data.augment != defaults.augment}}) {
      if (set && reader.sound({pointer})) {
        reader.error(pointer,
                     "expected no value: /data/train is k-space, which is neither cropped nor turned");
      }
    }
    if (reader.sound({"/noise/type"}) && config.noise.type != NoiseConfig::Type::kNone) {
      reader.error("/noise/type",
                   "expected \"none\": k-space has its own noise (a simulated source: "
                   "/data/train/noise)");
    }
  } else if (config.kspace) {
    reader.error("/kspace", "expected no value: /data/train is a source of images");
  }
}

void check_validation_target(const TrainConfig& config, bool kspace, ConfigReader& reader) {
  using Target = ValidationConfig::Target;
  using Metric = ValidationConfig::Metric;
  if (!reader.sound({"/validation/target", "/validation/metric", "/objective/type"})) {
    return;
  }
  const ValidationConfig& v = config.validation;
  if (kspace && v.target == Target::kNoisy) {
    reader.error("/validation/target",
                 "expected \"auto\", \"clean\" or \"measured\" for k-space, got \"noisy\"");
  } else if (!kspace && v.target == Target::kMeasured) {
    reader.error("/validation/target",
                 "expected \"auto\", \"clean\" or \"noisy\" for images, got \"measured\"");
  }
  if (!kspace && v.metric == Metric::kSsim) {
    reader.error("/validation/metric", "expected \"auto\", \"psnr\" or \"loss\" for images, got \"ssim\"");
  }
  const bool measured =
      kspace && (v.target == Target::kMeasured ||
                 (v.target == Target::kAuto && self_supervised_in_kspace(config.objective)));
  if (measured && (v.metric == Metric::kPsnr || v.metric == Metric::kSsim)) {
    reader.error("/validation/metric",
                 "expected \"auto\" or \"loss\": against measured k-space there is no reference image (set "
                 "/validation/target to \"clean\" to look at one)");
  }
}

}  // namespace

bool is_kspace(const SourceConfig& source) {
  return std::holds_alternative<KSpaceSourceConfig>(source) ||
         std::holds_alternative<SimulatedSourceConfig>(source) ||
         std::holds_alternative<PhantomSourceConfig>(source);
}

bool is_reconstruction(const ModelConfig& model) {
  return !std::holds_alternative<UnetConfig>(model) && !std::holds_alternative<DncnnConfig>(model);
}

bool self_supervised_in_kspace(const ObjectiveConfig& objective) {
  const auto* named = std::get_if<KSpaceObjectiveConfig>(&objective);
  return named != nullptr && !make_kspace_objective(named->type, {})->needs_truth();
}

void check_kspace(const TrainConfig& config, ConfigReader& reader) {
  if (!reader.sound({"/data/train/type"})) {
    return;
  }
  const bool kspace = is_kspace(config.data.train);
  check_unused(config, kspace, reader);
  if (reader.sound({"/objective/type"}) &&
      std::holds_alternative<KSpaceObjectiveConfig>(config.objective) != kspace) {
    reader.error("/objective/type", kspace
                                        ? "expected an objective of k-space, e.g. \"supervised_kspace\" or "
                                          "\"weighted_ssdu\": /data/train is k-space"
                                        : "expected an objective of images: /data/train has images");
  } else {
    check_validation_target(config, kspace, reader);
  }
  if (reader.sound({"/model/type"}) && is_reconstruction(config.model) != kspace) {
    reader.error("/model/type",
                 kspace ? "expected \"recon_unet\", \"magnitude_unet\" or \"varnet\": /data/train "
                          "is k-space"
                        : "expected \"unet\" or \"dncnn\": /data/train has images");
  }
  for (const SourceConfig* source :
       {&config.data.train, config.data.validation ? &*config.data.validation : nullptr}) {
    const auto* simulated = source == nullptr ? nullptr : std::get_if<SimulatedSourceConfig>(source);
    const std::string at = source == &config.data.train ? "/data/train" : "/data/validation";
    if (simulated == nullptr || !reader.sound({at + "/maps", at + "/maps_file"})) {
      continue;
    }
    if ((simulated->maps == SimulatedSourceConfig::Maps::kFile) == !simulated->maps_file) {
      reader.error(at + "/maps_file", "expected a path if, and only if, maps is \"file\"");
    }
  }
}

}  // namespace selfsame
