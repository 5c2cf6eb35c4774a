// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// Eight chains of additions in a fixed order.
double dot(const float* a, const float* b, int count) {
  constexpr int kChains = 8;
  float sums[kChains] = {};
  int i = 0;
  for (; i + kChains <= count; i += kChains) {
    for (int c = 0; c < kChains; ++c) {
      sums[c] += a[i + c] * b[i + c];
    }
  }
  double total = 0;
  for (const float sum : sums) {
    total += sum;
  }
  for (; i < count; ++i) {
    total += static_cast<double>(a[i]) * b[i];
  }
  return total;
}

}  // namespace

double trace_of_squared_covariance(const SketchRows& rows) {
  SELFSAME_CHECK(rows.draws >= 4, "{} draws", rows.draws);
  const std::int64_t pairs = std::min(rows.draws, kMostSpectrumRows) / 2, width = rows.dimensions;
  std::vector<float> differences(at(pairs * width));
  for (std::int64_t i = 0; i < pairs; ++i) {
    const float *a = rows.values + 2 * i * rows.stride, *b = a + rows.stride;
    for (std::int64_t k = 0; k < width; ++k) {
      differences[at(i * width + k)] = (a[k] - b[k]) * std::sqrt(0.5f);
    }
  }
  double sum = 0;
  for (std::int64_t i = 0; i < pairs; ++i) {
    for (std::int64_t j = 0; j < i; ++j) {
      const double product =
          dot(differences.data() + i * width, differences.data() + j * width, rows.dimensions);
      sum += product * product;
    }
  }
  return sum / (0.5 * static_cast<double>(pairs) * static_cast<double>(pairs - 1));
}

double largest_eigenvalue_of_covariance(const SketchRows& rows) {
  SELFSAME_CHECK(rows.draws >= 2, "{} draws", rows.draws);
  const std::int64_t draws = std::min(rows.draws, kMostSpectrumRows), width = rows.dimensions;
  std::vector<double> mean(at(width));
  for (std::int64_t m = 0; m < draws; ++m) {
    for (std::int64_t k = 0; k < width; ++k) {
      mean[at(k)] += rows.values[m * rows.stride + k];
    }
  }
  for (double& value : mean) {
    value /= static_cast<double>(draws);
  }
  std::vector<float> centred(at(draws * width));
  for (std::int64_t m = 0; m < draws; ++m) {
    for (std::int64_t k = 0; k < width; ++k) {
      centred[at(m * width + k)] = static_cast<float>(rows.values[m * rows.stride + k] - mean[at(k)]);
    }
  }
  std::vector<float> v(at(width));
  const RandomStream random(0, RandomPurpose::kDirection, 0, 0);
  for (std::int64_t k = 0; k < width; ++k) {
    v[at(k)] = random.normal(static_cast<std::uint64_t>(k));
  }
  double eigenvalue = 0;
  constexpr int kMostIterations = 200;
  for (int iteration = 0; iteration < kMostIterations; ++iteration) {
    double norm = 0;
    for (const float value : v) {
      norm += static_cast<double>(value) * value;
    }
    if (norm == 0) {
      return 0.0;
    }
    const auto scale = static_cast<float>(1 / std::sqrt(norm));
    for (float& value : v) {
      value *= scale;
    }
    std::vector<double> next(at(width));
    double squares = 0;
    for (std::int64_t m = 0; m < draws; ++m) {
      const float* row = centred.data() + m * width;
      const double product = dot(row, v.data(), rows.dimensions);
      squares += product * product;
      for (std::int64_t k = 0; k < width; ++k) {
        next[at(k)] += product * row[k];
      }
    }
    const double before = eigenvalue;
    eigenvalue = squares / static_cast<double>(draws - 1);
    // The quotient rises towards the eigenvalue; the rest of a geometric approach is of the size of a step.
    if (iteration >= 10 && eigenvalue - before <= 1e-4 * eigenvalue) {
      break;
    }
    for (std::int64_t k = 0; k < width; ++k) {
      v[at(k)] = static_cast<float>(next[at(k)] / static_cast<double>(draws - 1));
    }
  }
  return eigenvalue;
}

}  // namespace selfsame
