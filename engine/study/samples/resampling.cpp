// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/resampling.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

constexpr double kTail = 0.025;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

enum NormalKind : std::uint32_t { kSeeds = 16, kSeedScale, kImages, kImageScale };

class Normals {
 public:
  Normals(std::uint64_t seed, std::size_t resample, NormalKind kind)
      : random_(seed, RandomPurpose::kDirection, static_cast<std::uint32_t>(resample), kind) {}
  std::vector<double> take(std::size_t count) const {
    std::vector<double> values(count);
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = random_.normal(i);
    }
    return values;
  }

 private:
  RandomStream random_;
};

/// 1 / sqrt(n (n - 1)) / sqrt(chi_{n-1} / (n - 1)) = 1 / sqrt(n chi_{n-1})
double scale_of(std::size_t n, double chi) { return 1 / std::sqrt(static_cast<double>(n) * chi); }

double quantile(std::vector<double> sorted, double probability) {
  std::ranges::sort(sorted);
  const double place = probability * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double part = place - static_cast<double>(below);
  const double low = sorted[below], high = sorted[std::min(below + 1, sorted.size() - 1)];
  return low == high || part == 0 ? low : (1 - part) * low + part * high;
}

}  // namespace

Resampling::Resampling(std::size_t seeds, std::size_t images, std::int64_t resamples, std::uint64_t seed) {
  SELFSAME_CHECK(resamples >= 40, "{} resamples: at least 40 have a 2.5 % quantile", resamples);
  draws_.resize(static_cast<std::size_t>(resamples));
  for (std::size_t i = 0; i < draws_.size(); ++i) {
    Draw& draw = draws_[i];
    draw.seeds = Normals(seed, i, kSeeds).take(seeds);
    draw.images = Normals(seed, i, kImages).take(images);
    // Cells of fewer seeds use the first terms of the same sum, so that cells of all sizes move together.
    draw.seed_scale.assign(std::max<std::size_t>(seeds + 1, 2), 0.0);
    double chi = 0;
    const std::vector<double> scale = Normals(seed, i, kSeedScale).take(seeds);
    for (std::size_t n = 2; n <= seeds; ++n) {
      chi += scale[n - 2] * scale[n - 2];
      draw.seed_scale[n] = scale_of(n, chi);
    }
    if (images >= 2) {
      chi = 0;
      for (const double normal : Normals(seed, i, kImageScale).take(images - 1)) {
        chi += normal * normal;
      }
      draw.image_scale = scale_of(images, chi);
    }
  }
}

double Resampling::shift(const ScoreCell& cell, std::size_t resample) const {
  const Draw& draw = draws_[resample];
  double seeds = 0, images = 0;
  for (std::size_t s = 0; s < draw.seeds.size(); ++s) {
    seeds += draw.seeds[s] * cell.seed_deviations[s];
  }
  for (std::size_t i = 0; i < draw.images.size(); ++i) {
    images += draw.images[i] * cell.image_deviations[i];
  }
  return seeds * draw.seed_scale[cell.seeds] + images * draw.image_scale;
}

SampleInterval interval_of(double value, std::vector<double> resampled) {
  SampleInterval interval;
  interval.value = value;
  if (resampled.empty()) {
    return interval;
  }
  const auto unknown = std::ranges::partition(resampled, [](double v) { return !std::isnan(v); });
  std::ranges::fill(unknown, -kInfinity);
  std::vector<double> other(resampled);
  std::fill(other.end() - static_cast<std::ptrdiff_t>(unknown.size()), other.end(), kInfinity);
  const double low = quantile(std::move(resampled), kTail), high = quantile(std::move(other), 1 - kTail);
  interval.low = std::isfinite(low) ? low : kNaN;
  interval.high = std::isfinite(high) ? high : kNaN;
  return interval;
}

}  // namespace selfsame
