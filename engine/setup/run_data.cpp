// SPDX-License-Identifier: Apache-2.0
#include "engine/setup/run_data.hpp"

#include <algorithm>
#include <numeric>

#include "engine/config/config_tables.hpp"
#include "engine/config/field_text.hpp"
#include "engine/data/selection.hpp"
#include "engine/setup/setup.hpp"

namespace selfsame {
namespace {

/// The images to draw from: all of them, or, where bad files are skipped, those whose pixels can be decoded.
/// Headers were read when the source was opened; here every image is decoded once, before a subset is chosen.
std::vector<std::uint32_t> usable_images(const ImageSource& source, const DataConfig& data,
                                         std::vector<std::string>& warnings) {
  std::vector<std::uint32_t> usable;
  for (std::int64_t i = 0; i < source.count(); ++i) {
    if (data.on_error == DataConfig::OnError::kSkip) {
      try {
        source.paired() ? (void)source.load_pair(i) : (void)source.load(i);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::kData) {
          throw;
        }
        warnings.push_back(fmt::format("skipped: {}", error.what()));
        continue;
      }
    }
    usable.push_back(static_cast<std::uint32_t>(i));
  }
  if (usable.empty()) {
    fail(ErrorKind::kData, "none of {} images can be decoded; the first: {}", source.count(),
         warnings.back());
  }
  return usable;
}

/// The members of `images` at these places.
std::vector<std::uint32_t> pick(const std::vector<std::uint32_t>& images,
                                const std::vector<std::uint32_t>& places) {
  std::vector<std::uint32_t> picked;
  for (const std::uint32_t place : places) {
    picked.push_back(images[place]);
  }
  return picked;
}

}  // namespace

OpenedImages SharedSources::open(const SourceConfig& source, const DataConfig& data, std::int64_t smallest) {
  const std::string key = fmt::format("{} {} {} {}", json_text(to_json(table_of(&source), &source)),
                                      data.channels, static_cast<int>(data.on_error), smallest);
  const auto found = opened_.find(key);
  return found != opened_.end() ? found->second
                                : opened_.emplace(key, open_source(source, data, smallest)).first->second;
}

std::shared_ptr<ImageCache> SharedSources::cache(const std::shared_ptr<const ImageSource>& source) {
  std::shared_ptr<ImageCache>& cache = caches_[source.get()];
  if (cache == nullptr) {
    cache = std::make_shared<ImageCache>(source, ImageCache::kDefaultBudget);
  }
  return cache;
}

std::vector<std::uint32_t> training_places(const DataConfig& data, std::int64_t available) {
  const std::int64_t size = data.train_size > 0 ? data.train_size : available;
  if (data.train_seed >= 0) {
    return training_subset(static_cast<std::uint64_t>(data.train_seed), available, size);
  }
  std::vector<std::uint32_t> places(static_cast<std::size_t>(size));
  std::iota(places.begin(), places.end(), 0u);
  return places;
}

RunData open_run_data(const TrainConfig& config, const Model& model, SharedSources* shared) {
  const DataConfig& data = config.data;
  const auto open = [&](const SourceConfig& source, std::int64_t smallest) {
    return shared != nullptr ? shared->open(source, data, smallest) : open_source(source, data, smallest);
  };
  const std::int64_t least = model.minimum_size();
  RunData run;
  OpenedImages train = open(data.train, std::max<std::int64_t>(least, data.crop.size));
  run.train = train.source;
  run.warnings = train.warnings;
  const auto seed = static_cast<std::uint64_t>(data.subset_seed);
  const std::vector<std::uint32_t> images = usable_images(*run.train, data, run.warnings);
  const auto count = static_cast<std::int64_t>(images.size());
  std::int64_t held_out = 0;
  if (data.validation) {
    OpenedImages validation = open(*data.validation, least);
    run.validation = validation.source;
    run.warnings.insert(run.warnings.end(), validation.warnings.begin(), validation.warnings.end());
    run.validation_examples = usable_images(*run.validation, data, run.warnings);
  } else {
    held_out = held_out_count(data, count);
    if (held_out >= count) {
      fail(ErrorKind::kUsage, "data: {} of {} images held out for validation leave none to train on",
           held_out, count);
    }
    run.validation = run.train;
    run.validation_examples = pick(images, validation_subset(seed, count, held_out));
  }
  const std::int64_t available = count - held_out;
  if (data.train_size > available) {
    fail(ErrorKind::kUsage, "/data/train_size: {} images asked for, {} available ({} found, {} held out)",
         data.train_size, available, count, held_out);
  }
  const std::vector<std::uint32_t> order = training_subset(seed, count, count);
  run.train_examples = pick(images, pick(order, training_places(data, available)));
  return run;
}

}  // namespace selfsame
