// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <string>
#include <vector>

#include "engine/verify/pair_maker.hpp"
#include "tests/support/tiny_kspace_run.hpp"
#include "tests/support/tiny_run.hpp"

namespace selfsame {

inline TrainConfig tiny_image_config(const std::vector<std::string>& overrides = {}) {
  return parse_train_config(kTinyRun, "tiny", std::filesystem::current_path(), overrides);
}
inline TrainConfig tiny_kspace_config(const std::vector<std::string>& overrides = {}) {
  return parse_train_config(kTinyKSpaceRun, "tiny", std::filesystem::current_path(), overrides);
}

/// Initial weights.
inline TrainedPoint initial_point(const ParameterTable& table, std::uint64_t seed = 3) {
  Parameters parameters(table, 1, DType::kF32, false);
  parameters.initialise(0, seed);
  return {
      "initial",
      {parameters.host_values<float>(), parameters.host_values<float>() + parameters.lane_size()},
      {parameters.host_buffers<float>(), parameters.host_buffers<float>() + parameters.buffer_lane_size()}};
}

/// Pairs on tiny images (crops of 16x16, a U-Net of 4 channels) at initial weights, and what they need.
struct TinyImagePairs {
  TrainConfig config;
  Stream stream{DeviceKind::kCpu, 1};
  PairMaker maker;
  TrainedPoint point;

  explicit TinyImagePairs(std::int64_t lanes, std::int64_t batch = 1,
                          const std::vector<std::string>& overrides = {})
      : config(tiny_image_config(overrides)),
        maker(config, 0, lanes, batch, stream),
        point(initial_point(maker.scene().model->parameters())) {}
  std::unique_ptr<GradientPairs> make(const std::string& objective, const ObjectiveOptions& options = {}) {
    std::unique_ptr<GradientPairs> pairs = maker.make({objective, objective, options});
    pairs->set_weights(point);
    return pairs;
  }
};

/// The numbers of the network's tensors of one gradient.
inline std::vector<float> numbers_of(const GradientPairs& pairs, const float* gradient) {
  std::vector<float> numbers;
  for (const GradientTensor& t : pairs.tensors()) {
    numbers.insert(numbers.end(), gradient + t.offset, gradient + t.offset + t.count);
  }
  return numbers;
}

inline double norm(const std::vector<float>& v) {
  double sum = 0;
  for (const float x : v) {
    sum += static_cast<double>(x) * static_cast<double>(x);
  }
  return std::sqrt(sum);
}
inline double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += d * d;
  }
  return std::sqrt(sum);
}

}  // namespace selfsame
