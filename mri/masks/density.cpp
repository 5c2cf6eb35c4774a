// SPDX-License-Identifier: Apache-2.0
#include "mri/masks/density.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/base/error.hpp"

namespace selfsame {

double uniform_double(const RandomStream& random, std::uint64_t element) {
  const Philox::Counter words = random.words(element / 2);
  const std::size_t at = element % 2 * 2;
  const std::uint64_t bits = (std::uint64_t{words[at]} << 32 | words[at + 1]) >> 11;
  return static_cast<double>(bits) * 0x1p-53;
}

std::vector<std::int64_t> choose(std::vector<std::int64_t> values, std::int64_t count,
                                 const RandomStream& random, std::uint64_t first) {
  SELFSAME_CHECK(count >= 0 && count <= std::ssize(values), "{} of {}", count, values.size());
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i) {
    std::swap(values[i], values[i + random.below(first + i, values.size() - i)]);
  }
  values.resize(static_cast<std::size_t>(count));
  return values;
}

std::int64_t round_half_even(double value) {
  const double below = std::floor(value), part = value - below;
  const bool up = part > 0.5 || (part == 0.5 && std::fmod(below, 2.0) != 0.0);
  return static_cast<std::int64_t>(below) + (up ? 1 : 0);
}

double density_scale(std::span<const double> shape, std::span<const double> mass, double floor,
                     double total) {
  const auto sum = [&](double c) {
    double s = 0;
    for (std::size_t j = 0; j < shape.size(); ++j) {
      s += mass[j] * std::min(1.0, floor + c * shape[j]);
    }
    return s;
  };
  double high = 1;
  while (sum(high) < total && high < 1e300) {
    high *= 2;
  }
  if (!(sum(0) <= total && sum(high) >= total)) {
    fail(ErrorKind::kUsage,
         "a density with values from {:g} to 1 cannot have the sum {:g}: it lies in [{:g}, {:g}]", floor,
         total, sum(0), sum(high));
  }
  double low = 0;
  while (true) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) {
      return sum(low) >= total ? low : high;
    }
    (sum(middle) < total ? low : high) = middle;
  }
}

std::vector<double> squared_radius(std::int64_t h, std::int64_t w) {
  const auto along = [](std::int64_t i, std::int64_t n) {
    return n == 1 ? 0.0 : static_cast<double>(i - n / 2) / (static_cast<double>(n) / 2);
  };
  std::vector<double> squares;
  squares.reserve(static_cast<std::size_t>(h * w));
  for (std::int64_t y = 0; y < h; ++y) {
    for (std::int64_t x = 0; x < w; ++x) {
      squares.push_back(along(y, h) * along(y, h) + along(x, w) * along(x, w));
    }
  }
  return squares;
}

}  // namespace selfsame
