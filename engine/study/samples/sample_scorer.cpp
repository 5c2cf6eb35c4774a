// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_scorer.hpp"

#include "engine/training/run_keys.hpp"

namespace selfsame {

TrainingTask& SampleScorer::task(std::size_t method) {
  const TrainConfig config = test_config(study_, method);
  std::unique_ptr<TrainingTask>& task = tasks_[lane_key(config)];
  if (task == nullptr) {
    task = make_task({&config, 1}, stream_, &shared_);
  }
  return *task;
}

std::vector<SampleScore> SampleScorer::score(std::size_t method, const float* values, const float* buffers) {
  std::vector<SampleScore> scores;
  for (const ValidationResult& result : task(method).validate(0, values, buffers)) {
    scores.push_back({result.loss, result.psnr, result.ssim});
  }
  return scores;
}

std::vector<ExampleImage> SampleScorer::pictures(std::size_t method, const float* values,
                                                 const float* buffers, std::size_t count) {
  return task(method).pictures(values, buffers, count);
}

std::vector<std::string> SampleScorer::images() {
  std::vector<std::string> names;
  const TrainingTask& first = task(0);
  for (std::int64_t i = 0; i < first.validation_count(); ++i) {
    names.push_back(first.validation_name(i));
  }
  return names;
}

}  // namespace selfsame
