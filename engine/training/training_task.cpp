// SPDX-License-Identifier: Apache-2.0
#include "engine/training/training_task.hpp"

#include "engine/kspace/kspace_task.hpp"
#include "engine/training/denoising_task.hpp"

namespace selfsame {

std::unique_ptr<TrainingTask> make_task(const TrainConfig& config, Stream& stream) {
  if (is_kspace(config.data.train)) {
    return std::make_unique<KSpaceTask>(config, stream);
  }
  return std::make_unique<DenoisingTask>(config, stream);
}

}  // namespace selfsame
