// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/pair_maker.hpp"

#include "engine/verify/kspace_pairs.hpp"
#include "losses/kspace/registry.hpp"
#include "losses/registry.hpp"

namespace selfsame {

PairMaker::PairMaker(const TrainConfig& config, std::int64_t crop, std::int64_t lanes, std::int64_t batch,
                     Stream& stream)
    : config_(config), lanes_(lanes), batch_(batch), stream_(stream) {
  if (config.kspace) {
    return;
  }
  if (lacks_truth(config)) {
    fail(ErrorKind::kUsage,
         "/data/train: the targets of these pairs are noisy, and a supervised gradient needs clean ones: "
         "verify with images "
         "and noise like theirs");
  }
  if (crop > 0) {
    config_.data.crop.size = crop;
  }
  model_ = make_model(model_options(config.model));
  data_ = open_run_data(config_, *model_);
  scene_.model = model_.get();
  scene_.cache = std::make_shared<ImageCache>(data_.train, ImageCache::kDefaultBudget);
  scene_.examples = data_.train_examples;
  scene_.crop = crop_spec(config_.data);
  scene_.noise = noise_model(config.noise);
  scene_.dtype = network_type(config.precision);
  scene_.batch = batch;
  scene_.seed = static_cast<std::uint64_t>(config.seed);
}

std::unique_ptr<GradientPairs> PairMaker::make(const Subject& subject) {
  if (config_.kspace) {
    return std::make_unique<KSpacePairs>(with_mask_of(subject, config_),
                                         make_kspace_objective(subject.objective, subject.options), lanes_,
                                         batch_, stream_);
  }
  return std::make_unique<DenoisingPairs>(
      scene_, make_objective(subject.objective, subject.options, scene_.noise), lanes_, stream_);
}

std::string PairMaker::text() const {
  if (config_.kspace) {
    return fmt::format("fully sampled slices, {} masks and splits drawn anew", config_.kspace->mask.type);
  }
  const auto noise = choice_names(config_.noise.type)[static_cast<std::size_t>(config_.noise.type)];
  return fmt::format("{} images, crops of {}x{}, {} noise drawn anew", data_.train_examples.size(),
                     scene_.crop.height, scene_.crop.width, noise);
}

}  // namespace selfsame
