// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/config/train_config.hpp"
#include "engine/data/image_cache.hpp"
#include "engine/data/image_source.hpp"
#include "models/network.hpp"

namespace selfsame {

/// Opened sources and decoded images that tasks of one study share. For one thread.
class SharedSources {
 public:
  [[nodiscard]] OpenedImages open(const SourceConfig& source, const DataConfig& data, std::int64_t smallest);
  [[nodiscard]] std::shared_ptr<ImageCache> cache(const std::shared_ptr<const ImageSource>& source);

 private:
  std::map<std::string, OpenedImages> opened_;
  std::map<const ImageSource*, std::shared_ptr<ImageCache>> caches_;
};

/// The images of a run and how they are divided: a nested training subset, and a validation set that no
/// training subset of any size touches.
struct RunData {
  std::shared_ptr<const ImageSource> train, validation;
  std::vector<std::uint32_t> train_examples, validation_examples;
  std::vector<std::string> warnings;
};
/// @param shared  if not null, opens each source once
[[nodiscard]] RunData open_run_data(const TrainConfig& config, const Model& model,
                                    SharedSources* shared = nullptr);

/// The members of [0, available), places in a permutation by subset_seed, that a run trains on: the first
/// train_size of them, or of a permutation of theirs by train_seed.
[[nodiscard]] std::vector<std::uint32_t> training_places(const DataConfig& data, std::int64_t available);

}  // namespace selfsame
