// SPDX-License-Identifier: Apache-2.0
#include "engine/training/training_task.hpp"

#include "engine/kspace/kspace_task.hpp"
#include "engine/training/denoising_task.hpp"
#include "engine/training/run_keys.hpp"

namespace selfsame {

ValidationResult mean_of(std::span<const ValidationResult> images) {
  const auto count = static_cast<double>(images.size());
  ValidationResult mean;
  mean.ssim = 0;
  for (const ValidationResult& image : images) {
    mean.psnr += image.psnr / count;
    mean.loss += image.loss / count;
    mean.ssim += image.ssim / count;
  }
  return mean;
}

double value_of(const ValidationResult& result, ValidationConfig::Metric metric) {
  return metric == ValidationConfig::Metric::kLoss   ? result.loss
         : metric == ValidationConfig::Metric::kSsim ? result.ssim
                                                     : result.psnr;
}

std::unique_ptr<TrainingTask> make_task(std::span<const TrainConfig> lanes, Stream& stream,
                                        SharedSources* shared) {
  SELFSAME_CHECK(!lanes.empty(), "a task of {} lanes", lanes.size());
  for (const TrainConfig& lane : lanes) {
    SELFSAME_CHECK(lane_key(lane) == lane_key(lanes[0]), "lanes of one task differ: {} {}",
                   lane_key(lanes[0]), lane_key(lane));
  }
  if (is_kspace(lanes[0].data.train)) {
    return std::make_unique<KSpaceTask>(lanes, stream, shared);
  }
  return std::make_unique<DenoisingTask>(lanes, stream, shared);
}

}  // namespace selfsame
