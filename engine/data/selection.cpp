// SPDX-License-Identifier: Apache-2.0
#include "engine/data/selection.hpp"

#include <algorithm>
#include <limits>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

using KeyedIndex = std::pair<std::uint64_t, std::uint32_t>;

// Sorting by random keys of 64 bits; equal keys fall back on the index, so the result is always defined.
void shuffle(std::span<KeyedIndex> order, const RandomStream& random) {
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint64_t high = random.word(2 * i), low = random.word(2 * i + 1);
    order[i] = {high << 32 | low, static_cast<std::uint32_t>(i)};
  }
  std::sort(order.begin(), order.end());
}

std::vector<std::uint32_t> permutation(std::uint64_t seed, std::int64_t count, std::int64_t size,
                                       const char* what) {
  if (size < 1 || size > count || count > std::numeric_limits<std::uint32_t>::max()) {
    fail(ErrorKind::kUsage, "{} of {} images asked for, {} are there", what, size, count);
  }
  std::vector<KeyedIndex> order(static_cast<std::size_t>(count));
  shuffle(order, RandomStream(seed, RandomPurpose::kSubset, 0, 0));
  std::vector<std::uint32_t> indices;
  indices.reserve(order.size());
  for (const KeyedIndex& entry : order) {
    indices.push_back(entry.second);
  }
  return indices;
}

}  // namespace

std::vector<std::uint32_t> training_subset(std::uint64_t seed, std::int64_t count, std::int64_t size) {
  std::vector<std::uint32_t> indices = permutation(seed, count, size, "a training subset");
  indices.resize(static_cast<std::size_t>(size));
  return indices;
}

std::vector<std::uint32_t> validation_subset(std::uint64_t seed, std::int64_t count, std::int64_t size) {
  std::vector<std::uint32_t> indices = permutation(seed, count, size, "a validation subset");
  indices.erase(indices.begin(), indices.end() - size);
  return indices;
}

EpochOrder::EpochOrder(std::uint64_t seed, std::int64_t count) : seed_(seed) {
  SELFSAME_CHECK(count >= 1 && count <= std::numeric_limits<std::uint32_t>::max(), "an order of {} examples",
                 count);
  order_.resize(static_cast<std::size_t>(count));
}

EpochOrder::Place EpochOrder::at(std::int64_t position) {
  const auto count = static_cast<std::int64_t>(order_.size());
  SELFSAME_CHECK(position >= 0 && position / count <= std::numeric_limits<std::uint32_t>::max(),
                 "position {}", position);
  const std::int64_t epoch = position / count;
  if (epoch != epoch_) {
    shuffle(order_, RandomStream(seed_, RandomPurpose::kShuffle, static_cast<std::uint32_t>(epoch), 0));
    epoch_ = epoch;
  }
  return {static_cast<std::uint32_t>(epoch), order_[static_cast<std::size_t>(position % count)].second};
}

}  // namespace selfsame
