// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace selfsame {

/// The first `size` of a permutation of [0, count) that depends on the seed alone. Nested: for N1 < N2 the
/// subset of N1 is the beginning of that of N2. Errors: Error(kUsage) that states both numbers unless 1 <=
/// size <= count.
[[nodiscard]] std::vector<std::uint32_t> training_subset(std::uint64_t seed, std::int64_t count,
                                                         std::int64_t size);

/// The last `size` of the same permutation, so that it is disjoint from every training subset of at most
/// count - size. Errors: Error(kUsage) unless 1 <= size <= count.
[[nodiscard]] std::vector<std::uint32_t> validation_subset(std::uint64_t seed, std::int64_t count,
                                                           std::int64_t size);

/// The order of N examples in each epoch: a permutation keyed by (seed, epoch), uniform over all N! up to the
/// quality of Philox. Position t of a run is example perm_epoch[t mod N] of epoch t / N: a function, so that
/// any step of a run can be made alone. Memory is taken once; one epoch's order is kept, computing it costs N
/// log N.
class EpochOrder {
 public:
  EpochOrder(std::uint64_t seed, std::int64_t count);

  struct Place {
    std::uint32_t epoch;
    std::int64_t index;  ///< in [0, count)
  };
  [[nodiscard]] Place at(std::int64_t position);

 private:
  std::uint64_t seed_;
  std::int64_t epoch_ = -1;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order_;
};

}  // namespace selfsame
