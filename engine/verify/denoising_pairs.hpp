// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "engine/data/crop.hpp"
#include "engine/data/image_cache.hpp"
#include "engine/training/denoising_pass.hpp"
#include "engine/verify/gradient_pairs.hpp"

namespace selfsame {

/// What gradients of denoising are compared on. Model and cache must outlive the pairs.
struct DenoisingScene {
  const Model* model = nullptr;
  std::shared_ptr<ImageCache> cache;
  std::vector<std::uint32_t> examples;
  CropSpec crop;
  NoiseModel noise;
  DType dtype = DType::kF32;
  std::uint64_t seed = 0;
  std::int64_t batch = 1;  ///< examples of a draw
};

class DenoisingPairs final : public GradientPairs {
 public:
  DenoisingPairs(const DenoisingScene& scene, std::unique_ptr<Objective> objective, std::int64_t lanes,
                 Stream& stream);

  [[nodiscard]] std::vector<UnbiasednessClaim> claims() const override { return objective_->claims(); }
  [[nodiscard]] std::vector<GradientTensor> tensors() const override { return gradients_->tensors(); }
  [[nodiscard]] std::int64_t lanes() const override { return pass_->lanes(); }
  void set_weights(const TrainedPoint& point) override { gradients_->set_weights(point); }
  void run(std::int64_t first, std::size_t claim, bool objective) override;
  [[nodiscard]] const float* self_supervised(std::int64_t i) const override {
    return kept_.data() + i * extent_;
  }
  [[nodiscard]] const float* supervised(std::int64_t i) const override { return gradients_->gradient(i); }
  /// The objective's loss of sample i in the last run with one.
  [[nodiscard]] double loss(std::int64_t i) const { return losses_[static_cast<std::size_t>(i)]; }

 private:
  void fill(std::int64_t first);

  DenoisingScene scene_;
  std::unique_ptr<Objective> objective_;
  std::unique_ptr<DenoisingPass> pass_;
  std::unique_ptr<PassGradients> gradients_;
  std::int64_t extent_ = 0;
  std::vector<float> kept_;     // (L, P), of the objective
  std::vector<double> losses_;  // of every sample
};

}  // namespace selfsame
