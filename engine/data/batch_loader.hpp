// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "engine/data/crop.hpp"
#include "engine/data/image_cache.hpp"
#include "engine/data/selection.hpp"
#include "kernels/device/tensor.hpp"

namespace selfsame {

/// What one lane (one independent run) trains on.
struct LaneExamples {
  std::uint64_t seed = 0;
  std::vector<std::uint32_t> examples;  ///< indices of the source, e.g. a training_subset
  std::int64_t first_batch = 0;         ///< where to start: a run that is resumed continues here
};

enum class NoiseDraw {
  kFrozen,  ///< the same noise for an example in every epoch: SampleOrigin::epoch is 0
  kFresh,   ///< SampleOrigin::epoch is the epoch
};

struct BatchLoaderOptions {
  CropSpec crop;
  NoiseDraw noise = NoiseDraw::kFrozen;
  bool pixels = true;  ///< false: origins only, for data that are resident on the device
  int batch = 1;       ///< samples per lane
  int depth = 4;       ///< batches made ahead
  int threads = 1;     ///< that make them
};

/// Makes the batches of a run ahead of the training that uses them.
///
/// Sample b of lane l in batch t is position p = (first_batch + t)*batch + b of the lane's endless sequence:
/// with N examples, place p mod N of the permutation of epoch p / N (EpochOrder), cropped and turned by
/// draw_origin(seed, epoch, example). So a batch is a function of its number alone: the same for any depth,
/// number of threads and starting point, and a lane's samples do not depend on the other lanes. Batches may
/// straddle epochs.
///
/// Memory: depth batches, taken once, and the cache's. `next` does not allocate; the threads allocate only to
/// decode.
class BatchLoader {
 public:
  /// Errors: Error(kUsage) for empty lanes and sizes below 1; Error(kData) that names the images (the first
  /// 20, and the number) that are smaller than the crop, differ in channels, or, without a crop, in size.
  BatchLoader(std::shared_ptr<ImageCache> cache, std::vector<LaneExamples> lanes,
              const BatchLoaderOptions& options);
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  /// (lanes * batch, C, h, w) of every batch; samples of lane l are [l*batch, (l+1)*batch).
  [[nodiscard]] Shape4 shape() const { return shape_; }
  [[nodiscard]] bool paired() const { return cache_->source().paired(); }
  /// The number of the batch that `next` gives, from 0 on.
  [[nodiscard]] std::int64_t position() const { return position_; }

  /// Waits for the next batch and copies it out.
  /// @param first    shape().count() floats, overwritten; empty without pixels
  /// @param second   the same for the second measurement of a paired source, else empty
  /// @param origins  shape().n entries; `example` is the index in the source, whose name() is for messages
  /// Errors: that of the thread that made the batch, naming the file; the position stays, so the next call
  /// repeats it.
  void next(std::span<float> first, std::span<float> second, std::span<SampleOrigin> origins);

 private:
  struct Slot {
    std::vector<float> first, second;
    std::vector<SampleOrigin> origins;
    std::exception_ptr error;
    std::int64_t batch = -1;  // that is ready in this slot
  };

  void check_examples() const;
  void work(const std::stop_token& stop, std::vector<EpochOrder>& orders);
  void make(Slot& slot, std::int64_t batch, std::vector<EpochOrder>& orders, const std::stop_token& stop);
  Slot& slot_of(std::int64_t batch) { return slots_[static_cast<std::size_t>(batch) % slots_.size()]; }

  std::shared_ptr<ImageCache> cache_;
  std::vector<LaneExamples> lanes_;
  BatchLoaderOptions options_;
  Shape4 shape_;
  std::vector<Slot> slots_;
  std::mutex mutex_;
  std::condition_variable_any made_, used_;
  std::int64_t position_ = 0, next_to_make_ = 0;
  std::vector<std::jthread> threads_;  // last: stopped and joined before what they use goes
};

}  // namespace selfsame
