// SPDX-License-Identifier: Apache-2.0
#include "engine/data/batch_loader.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/data/file_source.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {

BatchLoader::BatchLoader(std::shared_ptr<ImageCache> cache, std::vector<LaneExamples> lanes,
                         const BatchLoaderOptions& options)
    : cache_(std::move(cache)), lanes_(std::move(lanes)), options_(options) {
  const CropSpec& crop = options.crop;
  const bool starts =
      std::all_of(lanes_.begin(), lanes_.end(), [](const auto& l) { return l.first_batch >= 0; });
  if (options.batch < 1 || options.depth < 1 || options.threads < 1 || !starts || crop.height < 0 ||
      crop.width < 0 || (crop.height == 0) != (crop.width == 0)) {
    fail(ErrorKind::kUsage,
         "batches of {} samples, {} ahead by {} threads, crops of {}x{}: numbers of at least 1 expected, and "
         "no lane that starts before its first batch",
         options.batch, options.depth, options.threads, crop.width, crop.height);
  }
  if (lanes_.empty() ||
      std::any_of(lanes_.begin(), lanes_.end(), [](const auto& l) { return l.examples.empty(); })) {
    fail(ErrorKind::kUsage, "a loader needs at least one lane with at least one example each");
  }
  check_examples();
  const ImageInfo info = cache_->source().info(lanes_[0].examples[0]);
  shape_ = {static_cast<std::int64_t>(lanes_.size()) * options.batch, info.channels,
            crop.height == 0 ? info.height : crop.height, crop.width == 0 ? info.width : crop.width};
  slots_.resize(static_cast<std::size_t>(options.depth));
  for (Slot& slot : slots_) {
    slot.first.resize(options.pixels ? static_cast<std::size_t>(shape_.count()) : 0);
    slot.second.resize(paired() ? slot.first.size() : 0);
    slot.origins.resize(static_cast<std::size_t>(shape_.n));
  }
  for (int i = 0; i < options.threads; ++i) {
    std::vector<EpochOrder> orders;
    for (const LaneExamples& lane : lanes_) {
      orders.emplace_back(lane.seed, static_cast<std::int64_t>(lane.examples.size()));
    }
    threads_.emplace_back(
        [this, own = std::move(orders)](const std::stop_token& stop) mutable { work(stop, own); });
  }
}

void BatchLoader::check_examples() const {
  const ImageSource& source = cache_->source();
  std::set<std::uint32_t> examples;
  for (const LaneExamples& lane : lanes_) {
    examples.insert(lane.examples.begin(), lane.examples.end());
  }
  SELFSAME_CHECK(*examples.rbegin() < source.count(), "example {} of {}", *examples.rbegin(), source.count());
  const ImageInfo expected = source.info(lanes_[0].examples[0]);
  const CropSpec& crop = options_.crop;
  BadFiles bad;
  for (const std::uint32_t i : examples) {
    const ImageInfo info = source.info(i);
    if (info.channels != expected.channels) {
      bad.add(fmt::format("{}: {} channels, the first example has {}", source.name(i), info.channels,
                          expected.channels));
    } else if (info.height < crop.height || info.width < crop.width) {
      bad.add(fmt::format("{}: {}x{} pixels, smaller than the crop of {}x{}", source.name(i), info.width,
                          info.height, crop.width, crop.height));
    } else if (crop.height == 0 && (info.height != expected.height || info.width != expected.width)) {
      bad.add(fmt::format("{}: {}x{} pixels, the first example has {}x{}, and whole images are asked for",
                          source.name(i), info.width, info.height, expected.width, expected.height));
    }
  }
  std::vector<std::string> none;
  bad.settle(none, BadFilePolicy::kRefuse, "training images");
}

void BatchLoader::work(const std::stop_token& stop, std::vector<EpochOrder>& orders) {
  std::unique_lock lock(mutex_);
  while (used_.wait(lock, stop, [this] { return next_to_make_ < position_ + options_.depth; })) {
    const std::int64_t batch = next_to_make_++;
    Slot& slot = slot_of(batch);
    lock.unlock();
    try {
      make(slot, batch, orders, stop);
    } catch (...) {
      slot.error = std::current_exception();
    }
    lock.lock();
    slot.batch = batch;
    made_.notify_all();
    if (stop.stop_requested()) {
      return;
    }
  }
}

void BatchLoader::make(Slot& slot, std::int64_t batch, std::vector<EpochOrder>& orders,
                       const std::stop_token& stop) {
  const std::int64_t sample_size = shape_.c * shape_.h * shape_.w;
  for (std::int64_t n = 0; n < shape_.n && !stop.stop_requested(); ++n) {
    const std::int64_t l = n / options_.batch;
    const LaneExamples& lane = lanes_[static_cast<std::size_t>(l)];
    const EpochOrder::Place place = orders[static_cast<std::size_t>(l)].at(
        (lane.first_batch + batch) * options_.batch + n % options_.batch);
    const std::uint32_t example = lane.examples[static_cast<std::size_t>(place.index)];
    const ImageInfo info = cache_->source().info(example);
    SampleOrigin origin =
        draw_origin(options_.crop, lane.seed, place.epoch, example, info.height, info.width);
    if (options_.pixels) {
      const std::shared_ptr<const StoredExample> stored = cache_->get(example);
      stored->images[0].copy_crop(slot.first.data() + n * sample_size, origin, shape_.h, shape_.w);
      if (stored->images.size() > 1) {
        stored->images[1].copy_crop(slot.second.data() + n * sample_size, origin, shape_.h, shape_.w);
      }
    }
    origin.draw = place.epoch;
    if (options_.noise == NoiseDraw::kFrozen) {
      origin.epoch = 0;
    }
    slot.origins[static_cast<std::size_t>(n)] = origin;
  }
}

void BatchLoader::next(std::span<float> first, std::span<float> second, std::span<SampleOrigin> origins) {
  const std::size_t pixels = options_.pixels ? static_cast<std::size_t>(shape_.count()) : 0;
  SELFSAME_CHECK(first.size() == pixels && second.size() == (paired() ? pixels : 0) &&
                     origins.size() == static_cast<std::size_t>(shape_.n),
                 "a batch {} into {} and {} floats and {} origins", shape_.text(), first.size(),
                 second.size(), origins.size());
  Slot& slot = slot_of(position_);
  {
    std::unique_lock lock(mutex_);
    made_.wait(lock, [&] { return slot.batch == position_; });
  }
  if (slot.error) {
    std::rethrow_exception(slot.error);
  }
  // The slot is the consumer's own until the position moves on.
  std::copy(slot.first.begin(), slot.first.end(), first.begin());
  std::copy(slot.second.begin(), slot.second.end(), second.begin());
  std::copy(slot.origins.begin(), slot.origins.end(), origins.begin());
  {
    const std::lock_guard lock(mutex_);
    ++position_;
  }
  used_.notify_all();
}

}  // namespace selfsame
