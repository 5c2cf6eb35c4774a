// SPDX-License-Identifier: Apache-2.0
#include "engine/kspace/kspace_data.hpp"

#include <algorithm>
#include <set>

#include "engine/data/selection.hpp"
#include "engine/setup/run_data.hpp"

namespace selfsame {
namespace {

/// The slices of each volume, in the order of the source.
std::vector<std::vector<std::uint32_t>> by_volume(const KSpaceSource& source) {
  std::vector<std::vector<std::uint32_t>> volumes;
  for (std::int64_t i = 0; i < source.count(); ++i) {
    const auto v = static_cast<std::size_t>(source.volume(i));
    volumes.resize(std::max(volumes.size(), v + 1));
    volumes[v].push_back(static_cast<std::uint32_t>(i));
  }
  return volumes;
}

std::vector<std::uint32_t> all_of(const KSpaceSource& source) {
  std::vector<std::uint32_t> all(static_cast<std::size_t>(source.count()));
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = static_cast<std::uint32_t>(i);
  }
  return all;
}

}  // namespace

KSpaceRunData open_kspace_run_data(const TrainConfig& config) {
  const DataConfig& data = config.data;
  const bool skip = data.on_error == DataConfig::OnError::kSkip;
  const std::filesystem::path cache = config.kspace->cache.value_or(std::filesystem::path());
  KSpaceRunData run;
  OpenedKSpace train = open_kspace_source(data.train, skip, cache);
  run.train = train.source;
  run.warnings = train.warnings;
  const std::vector<std::vector<std::uint32_t>> volumes = by_volume(*run.train);
  const auto count = static_cast<std::int64_t>(volumes.size());
  // One permutation of the volumes: training takes from its beginning, what is held out comes from its end.
  const std::vector<std::uint32_t> order =
      training_subset(static_cast<std::uint64_t>(data.subset_seed), count, count);
  std::int64_t first_held_out = count;
  if (data.validation) {
    OpenedKSpace validation = open_kspace_source(*data.validation, skip, cache);
    run.validation = validation.source;
    run.warnings.insert(run.warnings.end(), validation.warnings.begin(), validation.warnings.end());
    run.validation_examples = all_of(*run.validation);
  } else {
    const std::int64_t wanted = held_out_count(data, run.train->count());
    while (first_held_out > 1 && static_cast<std::int64_t>(run.validation_examples.size()) < wanted) {
      const std::vector<std::uint32_t>& slices = volumes[order[static_cast<std::size_t>(--first_held_out)]];
      run.validation_examples.insert(run.validation_examples.end(), slices.begin(), slices.end());
    }
    run.validation = run.train;
    if (run.validation_examples.empty()) {
      fail(ErrorKind::kUsage,
           "/data/train: all {} slices belong to one volume; name other files in /data/validation: slices of "
           "one volume are not divided",
           run.train->count());
    }
  }
  const std::int64_t wanted = data.train_size;
  DataConfig all = data;
  all.train_size = 0;  // that many slices, not volumes
  for (const std::uint32_t v : training_places(all, first_held_out)) {
    for (const std::uint32_t slice : volumes[order[v]]) {
      if (wanted == 0 || static_cast<std::int64_t>(run.train_examples.size()) < wanted) {
        run.train_examples.push_back(slice);
      }
    }
  }
  if (wanted > static_cast<std::int64_t>(run.train_examples.size())) {
    fail(ErrorKind::kUsage, "/data/train_size: {} slices asked for, {} available ({} found, {} held out)",
         wanted, run.train_examples.size(), run.train->count(),
         data.validation ? 0 : run.validation_examples.size());
  }
  return run;
}

std::shared_ptr<const KSpaceExample> PreparedSlices::get(std::uint32_t i) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = places_.find(i); found != places_.end()) {
    kept_.splice(kept_.begin(), kept_, found->second);
    return kept_.front().example;
  }
  const RawSlice raw = source_->load(i, stream_);
  auto example = std::make_shared<const KSpaceExample>(
      prepare_slice(raw, source_->name(i), sampler_.law(raw.h, raw.w), options_, stream_));
  bytes_ += example->bytes();
  kept_.push_front({i, example});
  places_[i] = kept_.begin();
  while (bytes_ > budget_ && kept_.size() > 1) {
    bytes_ -= kept_.back().example->bytes();
    places_.erase(kept_.back().index);
    kept_.pop_back();
  }
  return example;
}

}  // namespace selfsame
