// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/gradient_sketch.hpp"

#include <algorithm>
#include <bit>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

constexpr std::uint16_t kSignBit = 0x8000;
constexpr int kMostBuckets = 32768;

bool power_of_two(int n) { return n > 0 && std::has_single_bit(static_cast<unsigned>(n)); }

}  // namespace

GradientSketch::GradientSketch(std::vector<GradientTensor> tensors, const Options& options)
    : tensors_(std::move(tensors)), buckets_(options.buckets), layer_buckets_(options.layer_buckets) {
  SELFSAME_CHECK(power_of_two(buckets_) && buckets_ <= kMostBuckets, "{} buckets: a power of two up to {}",
                 buckets_, kMostBuckets);
  SELFSAME_CHECK(power_of_two(layer_buckets_) && layer_buckets_ <= buckets_,
                 "{} layer buckets: a power of two up to {} buckets", layer_buckets_, buckets_);
  SELFSAME_CHECK(!tensors_.empty(), "a sketch of no tensors");
  size_ = buckets_;
  for (const GradientTensor& tensor : tensors_) {
    SELFSAME_CHECK(tensor.count > 0 && tensor.offset >= extent_, "tensor {}: {} values at {}, behind {}",
                   tensor.name, tensor.count, tensor.offset, extent_);
    layer_offset_.push_back(size_);
    table_offset_.push_back(parameters_);
    parameters_ += tensor.count;
    extent_ = tensor.offset + tensor.count;
    size_ += layer_size(static_cast<int>(layer_offset_.size()) - 1);
  }

  // Addressed by the place among all parameters, so that padding does not change the projections.
  const RandomStream random(options.seed, RandomPurpose::kSketch, 0, 0);
  table_.resize(static_cast<std::size_t>(parameters_));
  for (std::int64_t group = 0; group * 4 < parameters_; ++group) {
    const Philox::Counter words = random.words(static_cast<std::uint64_t>(group));
    for (std::int64_t i = group * 4; i < std::min(parameters_, group * 4 + 4); ++i) {
      const std::uint32_t word = words[static_cast<std::size_t>(i % 4)];
      table_[static_cast<std::size_t>(i)] = static_cast<std::uint16_t>(
          (word & static_cast<std::uint32_t>(buckets_ - 1)) | ((word >> 31) != 0 ? kSignBit : 0));
    }
  }
}

int GradientSketch::layer_size(int layer) const {
  return static_cast<int>(
      std::min<std::int64_t>(layer_buckets_, tensors_[static_cast<std::size_t>(layer)].count));
}

void GradientSketch::add(const float* gradient, float scale, float* out) const {
  std::vector<double> in_buckets(static_cast<std::size_t>(buckets_));
  for (int layer = 0; layer < static_cast<int>(tensors_.size()); ++layer) {
    const GradientTensor& tensor = tensors_[static_cast<std::size_t>(layer)];
    const float* g = gradient + tensor.offset;
    const std::uint16_t* entries = table(layer);
    std::fill(in_buckets.begin(), in_buckets.end(), 0.0);
    for (std::int64_t j = 0; j < tensor.count; ++j) {
      const std::uint16_t entry = entries[j];
      in_buckets[entry & (kSignBit - 1)] += (entry & kSignBit) != 0 ? -g[j] : g[j];
    }
    fold(layer, in_buckets.data(), 1, scale, out);
    if (tensor.count <= layer_buckets_) {
      for (std::int64_t j = 0; j < tensor.count; ++j) {
        out[layer_offset(layer) + j] += scale * g[j];
      }
    }
  }
}

void GradientSketch::fold(int layer, const double* in_buckets, int stride, float scale, float* out) const {
  for (int k = 0; k < buckets_; ++k) {
    out[k] += scale * static_cast<float>(in_buckets[std::int64_t{k} * stride]);
  }
  if (tensors_[static_cast<std::size_t>(layer)].count <= layer_buckets_) {
    return;
  }
  // The high bits of the bucket, where the projections of the whole gradient use the low ones.
  float* of_layer = out + layer_offset(layer);
  const int width = buckets_ / layer_buckets_;
  for (int k = 0; k < layer_buckets_; ++k) {
    double sum = 0;
    for (int j = 0; j < width; ++j) {
      sum += in_buckets[std::int64_t{k * width + j} * stride];
    }
    of_layer[k] += scale * static_cast<float>(sum);
  }
}

}  // namespace selfsame
