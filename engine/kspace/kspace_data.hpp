// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "engine/kspace/kspace_preparation.hpp"
#include "engine/kspace/kspace_sampler.hpp"
#include "engine/kspace/kspace_source.hpp"

namespace selfsame {

/// The slices of an MRI run and how they are divided: by volume, so that slices of one file are never on both
/// sides; the training subset is nested.
struct KSpaceRunData {
  std::shared_ptr<const KSpaceSource> train, validation;
  std::vector<std::uint32_t> train_examples, validation_examples;
  std::vector<std::string> warnings;
};
[[nodiscard]] KSpaceRunData open_kspace_run_data(const TrainConfig& config);

/// Prepared slices of one source, kept in memory up to a budget, least recently used dropped first.
/// Thread-safe.
class PreparedSlices {
 public:
  PreparedSlices(std::shared_ptr<const KSpaceSource> source, const KSpaceSampler& sampler,
                 const PreparationOptions& options, std::size_t budget, int threads)
      : source_(std::move(source)),
        sampler_(sampler),
        options_(options),
        budget_(budget),
        stream_(DeviceKind::kCpu, threads) {}

  [[nodiscard]] const KSpaceSource& source() const { return *source_; }
  [[nodiscard]] std::shared_ptr<const KSpaceExample> get(std::uint32_t i);
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    std::uint32_t index;
    std::shared_ptr<const KSpaceExample> example;
  };
  std::shared_ptr<const KSpaceSource> source_;
  const KSpaceSampler& sampler_;
  PreparationOptions options_;
  std::size_t budget_, bytes_ = 0;
  Stream stream_;  // of its own: a stream serves one thread at a time; used under the mutex
  std::mutex mutex_;
  std::list<Kept> kept_;  // most recently used first
  std::unordered_map<std::uint32_t, std::list<Kept>::iterator> places_;
};

}  // namespace selfsame
