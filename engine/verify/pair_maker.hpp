// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "engine/setup/setup.hpp"
#include "engine/verify/denoising_pairs.hpp"
#include "engine/verify/subjects.hpp"

namespace selfsame {

/// Makes the pairs of subjects on the data, noise or masks, and network of one configuration. Data are opened
/// once. Must outlive the pairs.
class PairMaker {
 public:
  /// @param crop   side of the training crops in pixels; 0: as the configuration says
  /// @param lanes  pairs that are made at once
  /// @param batch  examples of a draw
  PairMaker(const TrainConfig& config, std::int64_t crop, std::int64_t lanes, std::int64_t batch,
            Stream& stream);

  [[nodiscard]] std::unique_ptr<GradientPairs> make(const Subject& subject);
  /// Of images.
  [[nodiscard]] const DenoisingScene& scene() const { return scene_; }
  /// What is compared on, for a person: "388 images, crops of 32x32, gaussian noise".
  [[nodiscard]] std::string text() const;

 private:
  TrainConfig config_;
  std::int64_t lanes_, batch_;
  Stream& stream_;
  std::unique_ptr<Model> model_;  // of images
  RunData data_;
  DenoisingScene scene_;
};

}  // namespace selfsame
