// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/philox.hpp"

namespace selfsame {

/// The numbers of one example, drawn one after the other from the stream of (seed, purpose, 0, example): how
/// many an example takes never moves those of another.
class Draws {
 public:
  Draws(std::uint64_t seed, RandomPurpose purpose, std::uint32_t example)
      : random_(seed, purpose, 0, example) {}

  double unit() { return static_cast<double>(random_.uniform(next_++)); }  ///< (0, 1]
  double between(double low, double high) { return low + (high - low) * unit(); }
  double symmetric(double size) { return size * (2.0 * unit() - 1.0); }  ///< (-size, size]
  /// Standard normal. Takes the next pair of elements that begins at an even number, so that draws of both
  /// kinds may be mixed.
  double normal() {
    next_ += next_ % 2;
    const double value = static_cast<double>(random_.normal(next_));
    next_ += 2;
    return value;
  }

 private:
  RandomStream random_;
  std::uint64_t next_ = 0;
};

}  // namespace selfsame
