// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/denoising_pairs.hpp"

#include <algorithm>

namespace selfsame {

DenoisingPairs::DenoisingPairs(const DenoisingScene& scene, std::unique_ptr<Objective> objective,
                               std::int64_t lanes, Stream& stream)
    : scene_(scene), objective_(std::move(objective)) {
  SELFSAME_CHECK(!scene.examples.empty() && lanes >= 1, "{} examples, {} lanes", scene.examples.size(),
                 lanes);
  const ImageInfo first = scene.cache->source().info(scene.examples.front());
  DenoisingPassOptions options;
  options.batch = scene.batch;
  options.h = scene.crop.height > 0 ? scene.crop.height : first.height;
  options.w = scene.crop.width > 0 ? scene.crop.width : first.width;
  options.paired = scene.cache->source().paired();
  options.dtype = scene.dtype;
  LaneMeasurement measurement{scene.noise, scene.noise};
  measurement.target.sigma =
      static_cast<float>(objective_->target_sigma().value_or(static_cast<double>(scene.noise.sigma)));
  pass_ = std::make_unique<DenoisingPass>(
      *scene.model, *objective_, std::vector<LaneMeasurement>(static_cast<std::size_t>(lanes), measurement),
      options);
  gradients_ = std::make_unique<PassGradients>(*pass_, stream);
  extent_ = gradients_->gradient(1) - gradients_->gradient(0);
  kept_.resize(static_cast<std::size_t>(lanes * extent_));
  losses_.resize(static_cast<std::size_t>(lanes * scene.batch));
}

void DenoisingPairs::fill(std::int64_t first) {
  const RandomStream random(scene_.seed, RandomPurpose::kVerify, 0, 0);
  const std::int64_t h = pass_->options().h, w = pass_->options().w;
  const std::span<float> images = pass_->images(), seconds = pass_->second_images();
  const std::int64_t samples = lanes() * scene_.batch;
  const std::int64_t size = static_cast<std::int64_t>(images.size()) / samples;
  for (std::int64_t l = 0; l < samples; ++l) {
    const auto draw = static_cast<std::uint64_t>(first * scene_.batch + l);
    const std::uint32_t example = scene_.examples[random.below(draw, scene_.examples.size())];
    const ImageInfo info = scene_.cache->source().info(example);
    const auto number = static_cast<std::uint32_t>(draw + 1);
    SampleOrigin origin = draw_origin(scene_.crop, scene_.seed, number, example, info.height, info.width);
    origin.epoch = origin.draw = number;
    const std::shared_ptr<const StoredExample> stored = scene_.cache->get(example);
    stored->images[0].copy_crop(images.data() + l * size, origin, h, w);
    if (stored->images.size() > 1) {
      stored->images[1].copy_crop(seconds.data() + l * size, origin, h, w);
    }
    pass_->origins()[static_cast<std::size_t>(l)] = origin;
  }
}

void DenoisingPairs::run(std::int64_t first, std::size_t claim, bool objective) {
  fill(first);
  if (objective) {
    pass_->choose({});
    gradients_->run();
    for (std::int64_t l = 0; l < lanes(); ++l) {
      std::copy_n(gradients_->gradient(l), extent_, kept_.data() + l * extent_);
    }
    for (std::size_t n = 0; n < losses_.size(); ++n) {
      losses_[n] = gradients_->loss(static_cast<std::int64_t>(n));
    }
  }
  pass_->choose(claim);
  gradients_->run();
}

}  // namespace selfsame
