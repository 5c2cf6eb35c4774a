// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/synthetic_gradients.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

constexpr std::array<std::int64_t, 4> kCounts{96, 5, 160, 24};  // of the tensors, in turn
constexpr std::int64_t kPadding = 3;
constexpr double kLargestScale = 100;
constexpr float kIsotropic = 0.3f;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

void normalise(float* v, std::int64_t count) {
  double squares = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    squares += static_cast<double>(v[i]) * v[i];
  }
  for (std::int64_t i = 0; i < count; ++i) {
    v[i] = static_cast<float>(v[i] / std::sqrt(squares));
  }
}

/// Mean 0, variance 1.
float factor(const RandomStream& random, std::uint64_t element, bool skewed) {
  return skewed ? -std::log(random.uniform(element)) - 1.0f : random.normal(element);
}

/// Mean 0, variance 1, from a word each: normal, or sqrt(3) with probability 1/4 and -1/sqrt(3) else
/// (skewness 1.15).
void small_noise(float* out, std::int64_t count, const RandomStream& random, bool skewed) {
  const float rare = std::sqrt(3.0f), common = -1.0f / rare;
  for (std::int64_t i = 0; i < count; i += skewed ? 64 : 4) {
    const Philox::Counter words = random.words(static_cast<std::uint64_t>(skewed ? i / 64 : i / 4));
    if (skewed) {
      for (std::int64_t j = 0; j < std::min<std::int64_t>(64, count - i); ++j) {
        out[i + j] = ((words[at(j / 16)] >> (2 * (j % 16))) & 3u) == 0 ? rare : common;
      }
      continue;
    }
    const NormalPair first = normals_from(words[0], words[1]), second = normals_from(words[2], words[3]);
    const float four[4] = {first.first, first.second, second.first, second.second};
    std::copy_n(four, std::min<std::int64_t>(4, count - i), out + i);
  }
}

}  // namespace

SyntheticGradients::SyntheticGradients(const Options& options) : options_(options) {
  SELFSAME_CHECK(options.layers > 0 && options.rank > 0, "{} layers, rank {}", options.layers, options.rank);
  for (int layer = 0; layer < options.layers; ++layer) {
    const std::int64_t count = kCounts[at(layer) % kCounts.size()];
    tensors_.push_back({"layer" + std::to_string(layer), extent_, count});
    // Neighbouring tensors differ most: scales 1, 1/100, 1/10, ... in the order of bits.
    const double place = layer % 2 == 0 ? 0.5 * layer / options.layers : 1.0 - 0.5 * layer / options.layers;
    scale_.resize(at(extent_ + count + kPadding));
    std::fill_n(scale_.begin() + extent_, count, static_cast<float>(std::pow(kLargestScale, -place)));
    extent_ += count + kPadding;
  }
  extent_ -= kPadding;  // none behind the last
  normalise(scale_.data(), extent_);
  const auto direction = [&](std::uint32_t number, float* out) {
    const RandomStream random(options_.seed, RandomPurpose::kTest, 0, number);
    for (std::int64_t i = 0; i < extent_; ++i) {
      out[i] = scale_[at(i)] * random.normal(static_cast<std::uint64_t>(i));
    }
    normalise(out, extent_);
  };
  mean_.resize(at(extent_));
  direction(0, mean_.data());
  supervised_directions_.resize(at(extent_ * options.rank));
  noise_directions_.resize(at(extent_ * options.rank));
  for (int r = 0; r < options.rank; ++r) {
    direction(static_cast<std::uint32_t>(1 + 2 * r), supervised_directions_.data() + r * extent_);
    direction(static_cast<std::uint32_t>(2 + 2 * r), noise_directions_.data() + r * extent_);
  }
  bias_ = bias_vector(0);
}

std::vector<float> SyntheticGradients::bias_vector(std::uint64_t repeat) const {
  std::vector<float> bias = mean_;
  if (!options_.bias_along_gradient) {
    const RandomStream random(options_.seed, RandomPurpose::kTest, 1, static_cast<std::uint32_t>(repeat));
    for (std::int64_t i = 0; i < extent_; ++i) {
      bias[at(i)] = scale_[at(i)] * random.normal(static_cast<std::uint64_t>(i));
    }
    normalise(bias.data(), extent_);
  }
  for (float& value : bias) {
    value *= static_cast<float>(options_.bias);
  }
  return bias;
}

void SyntheticGradients::draw(std::uint64_t repeat, std::int64_t draw, float* self_supervised,
                              float* supervised) {
  if (options_.redraw_bias && repeat != bias_repeat_) {
    bias_ = bias_vector(repeat);
    bias_repeat_ = repeat;
  }
  // Draws of different repeats never share a stream: the repeat is part of the seed.
  const std::uint64_t seed = options_.seed + (repeat + 1) * 0x9E3779B97F4A7C15u;
  const auto number = static_cast<std::uint32_t>(draw);
  const RandomStream factors(seed, RandomPurpose::kTest, 2, number);
  const bool skewed = options_.skewed;
  const auto rank = static_cast<std::uint64_t>(options_.rank);
  const float amplitude = skewed ? 0.5f - 0.5f * std::log(factors.uniform(2 * rank)) : 1.0f;
  const auto noise = static_cast<float>(options_.noise) * std::sqrt(amplitude);

  const auto fill = [&](float* out, const float* directions, std::uint64_t first, std::uint32_t stream) {
    small_noise(out, extent_, RandomStream(seed, RandomPurpose::kTest, stream, number), skewed);
    for (std::int64_t i = 0; i < extent_; ++i) {
      out[i] *= kIsotropic * scale_[at(i)];
    }
    for (int r = 0; r < options_.rank; ++r) {
      const float z =
          factor(factors, first + static_cast<std::uint64_t>(r), skewed) / static_cast<float>(r + 1);
      const float* v = directions + r * extent_;
      for (std::int64_t i = 0; i < extent_; ++i) {
        out[i] += z * v[i];
      }
    }
  };
  fill(supervised, supervised_directions_.data(), 0, 3);
  fill(self_supervised, noise_directions_.data(), rank, 4);
  for (std::int64_t i = 0; i < extent_; ++i) {
    supervised[i] = amplitude * (mean_[at(i)] + supervised[i]);
    self_supervised[i] = supervised[i] + bias_[at(i)] + noise * self_supervised[i];
  }
}

}  // namespace selfsame
