// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/draw_statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::uint16_t kSignBit = 0x8000;

/// Partial sums of a loop over coordinates. Four chains, so that additions do not wait for each other; their
/// order is fixed, and with it the bits of the result.
constexpr int kChains = 4;
struct Chains {
  std::array<double, kChains> sums{};
  [[nodiscard]] double total() const { return (sums[0] + sums[1]) + (sums[2] + sums[3]); }
};

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace

DrawProducts& DrawProducts::operator+=(const DrawProducts& other) {
  difference += other.difference;
  supervised += other.supervised;
  cross += other.cross;
  difference_pilot += other.difference_pilot;
  supervised_pilot += other.supervised_pilot;
  successive += other.successive;
  return *this;
}

DrawStatistics::DrawStatistics(const GradientSketch& sketch)
    : sketch_(&sketch),
      sum_difference_(at(sketch.extent())),
      sum_supervised_(at(sketch.extent())),
      pilot_(at(sketch.extent())),
      previous_(at(sketch.extent())),
      pilot_sketch_(at(sketch.size())),
      scratch_(at(2 * std::int64_t{sketch.buckets()})) {}

void DrawStatistics::add_pilot(const float* supervised) {
  SELFSAME_CHECK(!pilot_done_, "a pilot draw after {} draws", draws());
  double squares = 0;
  for (const GradientTensor& tensor : sketch_->tensors()) {
    for (std::int64_t i = tensor.offset; i < tensor.offset + tensor.count; ++i) {
      sum_supervised_[at(i)] += supervised[i];
      squares += static_cast<double>(supervised[i]) * supervised[i];
    }
    if (!std::isfinite(squares)) {
      fail(ErrorKind::kDiverged, "pilot draw {}: the gradient of {} is not finite", pilot_draws_,
           tensor.name);
    }
  }
  ++pilot_draws_;
}

void DrawStatistics::finish_pilot() {
  SELFSAME_CHECK(pilot_draws_ > 0, "draws need a pilot draw before them");
  double squares = 0;
  for (std::size_t i = 0; i < pilot_.size(); ++i) {
    pilot_[i] = static_cast<float>(sum_supervised_[i] / static_cast<double>(pilot_draws_));
    squares += static_cast<double>(pilot_[i]) * pilot_[i];
  }
  pilot_norm_ = std::sqrt(squares);
  sketch_->add(pilot_.data(), 1.0f, pilot_sketch_.data());
  std::fill(sum_supervised_.begin(), sum_supervised_.end(), 0.0);
  pilot_done_ = true;
}

DrawProducts DrawStatistics::add_layer(int layer, const float* self_supervised, const float* supervised) {
  const GradientTensor& tensor = sketch_->tensors()[at(layer)];
  const std::int64_t count = tensor.count;
  const float *ss = self_supervised + tensor.offset, *sup = supervised + tensor.offset;
  const float* pilot = pilot_.data() + tensor.offset;
  float* previous = previous_.data() + tensor.offset;
  double* sum_d = sum_difference_.data() + tensor.offset;
  double* sum_g = sum_supervised_.data() + tensor.offset;

  Chains dd, gg, dg, dp, gp, de;
  const auto coordinate = [&](std::int64_t i, int chain) {
    const double g = sup[i], d = static_cast<double>(ss[i]) - g, p = pilot[i], e = previous[i];
    const std::size_t c = at(chain);
    dd.sums[c] += d * d;
    gg.sums[c] += g * g;
    dg.sums[c] += d * g;
    dp.sums[c] += d * p;
    gp.sums[c] += g * p;
    de.sums[c] += d * e;
    sum_d[i] += d;
    sum_g[i] += g;
    previous[i] = static_cast<float>(d);
  };
  std::int64_t i = 0;
  for (; i + kChains <= count; i += kChains) {
    for (int chain = 0; chain < kChains; ++chain) {
      coordinate(i + chain, chain);
    }
  }
  for (; i < count; ++i) {
    coordinate(i, 0);
  }

  // Sketches of d and g_sup side by side: one look at the table for both.
  const std::uint16_t* entries = sketch_->table(layer);
  std::fill(scratch_.begin(), scratch_.end(), 0.0);
  for (std::int64_t j = 0; j < count; ++j) {
    const std::uint16_t entry = entries[j];
    const double sign = (entry & kSignBit) != 0 ? -1.0 : 1.0;
    double* bucket = scratch_.data() + 2 * (entry & (kSignBit - 1));
    bucket[0] += sign * previous[j];
    bucket[1] += sign * sup[j];
  }
  return {dd.total(), gg.total(), dg.total(), dp.total(), gp.total(), de.total()};
}

void DrawStatistics::add(const float* self_supervised, const float* supervised) {
  if (!pilot_done_) {
    finish_pilot();
  }
  const std::int64_t draw = draws();
  const int buckets = sketch_->buckets();
  difference_sketches_.resize(difference_sketches_.size() + at(sketch_->size()));
  supervised_sketches_.resize(supervised_sketches_.size() + at(buckets));
  float* d_sketch = difference_sketches_.data() + draw * sketch_->size();
  float* g_sketch = supervised_sketches_.data() + draw * buckets;

  DrawProducts total;
  for (int layer = 0; layer < layers(); ++layer) {
    const GradientTensor& tensor = sketch_->tensors()[at(layer)];
    const DrawProducts products = add_layer(layer, self_supervised, supervised);
    if (!std::isfinite(products.difference) || !std::isfinite(products.supervised)) {
      fail(ErrorKind::kDiverged, "draw {}: the {} gradient of {} is not finite", draw,
           std::isfinite(products.supervised) ? "self-supervised" : "supervised", tensor.name);
    }
    sketch_->fold(layer, scratch_.data(), 2, 1.0f, d_sketch);
    for (int k = 0; k < buckets; ++k) {
      g_sketch[k] += static_cast<float>(scratch_[at(2 * std::int64_t{k} + 1)]);
    }
    if (tensor.count <= sketch_->layer_size(layer)) {
      std::copy_n(previous_.data() + tensor.offset, tensor.count, d_sketch + sketch_->layer_offset(layer));
    }
    layer_products_.push_back(products);
    total += products;
  }
  products_.push_back(total);
}

std::span<const float> DrawStatistics::difference_sketch(std::int64_t draw) const {
  return {difference_sketches_.data() + draw * sketch_->size(), at(sketch_->size())};
}

std::span<const float> DrawStatistics::supervised_sketch(std::int64_t draw) const {
  return {supervised_sketches_.data() + draw * sketch_->buckets(), at(sketch_->buckets())};
}

DrawStatistics::MeanProducts DrawStatistics::mean_products(int layer) const {
  MeanProducts products;
  const int first = std::max(layer, 0), last = layer < 0 ? layers() - 1 : layer;
  for (int l = first; l <= last; ++l) {
    const GradientTensor& tensor = sketch_->tensors()[at(l)];
    for (std::int64_t i = tensor.offset; i < tensor.offset + tensor.count; ++i) {
      const double d = sum_difference_[at(i)], g = sum_supervised_[at(i)];
      products.difference += d * d;
      products.supervised += g * g;
      products.cross += d * g;
    }
  }
  const double scale = 1.0 / (static_cast<double>(draws()) * static_cast<double>(draws()));
  products.difference *= scale;
  products.supervised *= scale;
  products.cross *= scale;
  return products;
}

}  // namespace selfsame
