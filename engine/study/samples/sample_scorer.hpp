// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/config/study_config.hpp"
#include "engine/study/samples/sample_results.hpp"
#include "engine/training/training_task.hpp"

namespace selfsame {

/// Measures networks on the test images of a study, which are the same for all of its runs.
class SampleScorer {
 public:
  /// @param study, shared  must outlive the scorer
  SampleScorer(const SampleStudyConfig& study, Stream& stream, SharedSources& shared)
      : study_(study), stream_(stream), shared_(shared) {}

  /// @param values, buffers  of one lane, in the device's memory
  [[nodiscard]] std::vector<SampleScore> score(std::size_t method, const float* values, const float* buffers);
  /// The first test images before and after the network.
  [[nodiscard]] std::vector<ExampleImage> pictures(std::size_t method, const float* values,
                                                   const float* buffers, std::size_t count);
  [[nodiscard]] std::vector<std::string> images();

 private:
  [[nodiscard]] TrainingTask& task(std::size_t method);

  const SampleStudyConfig& study_;
  Stream& stream_;
  SharedSources& shared_;
  std::map<std::string, std::unique_ptr<TrainingTask>> tasks_;  // by configuration
};

}  // namespace selfsame
