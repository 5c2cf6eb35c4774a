// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/sign_flip.hpp"

#include <algorithm>
#include <vector>

#include "engine/verify/hotelling.hpp"
#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

constexpr int kExceedances = 100, kMostFlips = 19999;

double squared_sum(const std::vector<float>& z, std::size_t draws, std::size_t r,
                   const std::vector<float>& signs) {
  std::vector<float> sum(r);
  for (std::size_t m = 0; m < draws; ++m) {
    for (std::size_t k = 0; k < r; ++k) {
      sum[k] += signs[m] * z[m * r + k];
    }
  }
  double square = 0;
  for (const float s : sum) {
    square += static_cast<double>(s) * static_cast<double>(s);
  }
  return square;
}

}  // namespace

double sign_flip_p_value(std::span<const double> rows, int dimensions) {
  SELFSAME_CHECK(dimensions > 0 && rows.size() % static_cast<std::size_t>(dimensions) == 0,
                 "{} values in rows of {}", rows.size(), dimensions);
  const auto p = static_cast<std::size_t>(dimensions), draws = rows.size() / p;
  std::vector<double> second(p * p);
  for (std::size_t m = 0; m < draws; ++m) {
    for (std::size_t i = 0; i < p; ++i) {
      for (std::size_t j = 0; j < p; ++j) {
        second[i * p + j] += rows[m * p + i] * rows[m * p + j] / static_cast<double>(draws);
      }
    }
  }
  const PivotedCholesky cholesky(second, dimensions);
  const auto r = static_cast<std::size_t>(cholesky.rank());
  if (r == 0) {
    return 1;
  }
  std::vector<float> z;
  for (std::size_t m = 0; m < draws; ++m) {
    for (const double value : cholesky.whiten(rows.subspan(m * p, p))) {
      z.push_back(static_cast<float>(value));
    }
  }
  std::vector<float> signs(draws, 1.0f);
  const double seen = squared_sum(z, draws, r, signs);
  int exceedances = 0;
  for (int flip = 1; flip <= kMostFlips; ++flip) {
    const RandomStream random(0, RandomPurpose::kDirection, static_cast<std::uint32_t>(flip), 1);
    for (std::size_t m = 0; m < draws; ++m) {
      if (m % 32 == 0) {
        const std::uint32_t word = random.word(m / 32);
        for (std::size_t i = m; i < std::min(draws, m + 32); ++i) {
          signs[i] = (word >> (i - m) & 1u) != 0 ? -1.0f : 1.0f;
        }
      }
    }
    exceedances += squared_sum(z, draws, r, signs) >= seen;
    if (exceedances == kExceedances) {
      return static_cast<double>(kExceedances) / flip;
    }
  }
  return static_cast<double>(exceedances + 1) / (kMostFlips + 1);
}

}  // namespace selfsame
