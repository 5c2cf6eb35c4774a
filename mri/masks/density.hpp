// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/device/philox.hpp"

namespace selfsame {

/// Uniform in [0, 1) with 53 bits, from words 2 * element and 2 * element + 1 of the stream. u < p then has
/// probability p to 2^-53.
[[nodiscard]] double uniform_double(const RandomStream& random, std::uint64_t element);

/// `count` of the values, uniformly without replacement and in random order (the first half of a Fisher-Yates
/// shuffle). Uses elements first ... first + count - 1.
[[nodiscard]] std::vector<std::int64_t> choose(std::vector<std::int64_t> values, std::int64_t count,
                                               const RandomStream& random, std::uint64_t first);

/// To the nearest integer, halves to the even one: Python's round and numpy's around.
[[nodiscard]] std::int64_t round_half_even(double value);

/// The c with sum_j mass_j min(1, floor + c shape_j) = total, by bisection down to neighbouring doubles;
/// values of `shape` and `mass` are >= 0. Where a range of c gives the same sum, the smallest. Errors:
/// Error(kUsage) if no c >= 0 does.
[[nodiscard]] double density_scale(std::span<const double> shape, std::span<const double> mass, double floor,
                                   double total);

/// Squared distance of every frequency of (h, w) from DC at (h / 2, w / 2), in units of half the axis; axes
/// of length 1 do not count.
[[nodiscard]] std::vector<double> squared_radius(std::int64_t h, std::int64_t w);

}  // namespace selfsame
