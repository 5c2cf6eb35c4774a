// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engine/verify/gradient_sketch.hpp"

namespace selfsame {

/// Exact scalar products of one draw, over all parameters or over one tensor. With d = g_ss - g_sup, and p
/// the mean supervised gradient of the pilot draws.
struct DrawProducts {
  double difference = 0;        ///< |d|^2
  double supervised = 0;        ///< |g_sup|^2
  double cross = 0;             ///< <d, g_sup>
  double difference_pilot = 0;  ///< <d, p>
  double supervised_pilot = 0;  ///< <g_sup, p>
  double successive = 0;        ///< <d, d of the draw before>; 0 for the first draw

  DrawProducts& operator+=(const DrawProducts& other);
};

/// What is kept of M pairs of gradients (g_ss, g_sup) with common random numbers: sums over draws in double,
/// scalar products of every draw, and float sketches of every draw. All estimates and tests of the verdict
/// are functions of it.
///
/// A few pilot draws come first. They only fix the vector p, a direction in which bias is likely (a wrong
/// scale of the gradient) and a centre that makes variances well conditioned; being independent of the draws,
/// p makes no test liberal.
///
/// Draws are added in a fixed order, so all results are the same bits in every run.
/// Cost:    about 20 flops per parameter and draw; 2 doubles and 2 floats per parameter; per draw
///          4 * (2 * buckets + layers * layer_buckets) + 48 * layers bytes.
/// Errors:  Error(kDiverged) for a gradient with NaN or infinity, with the draw and the tensor;
/// Error(kInternal) for
///          draws before a pilot, and pilots after a draw.
class DrawStatistics {
 public:
  /// Keeps a reference to the sketch.
  explicit DrawStatistics(const GradientSketch& sketch);

  void add_pilot(const float* supervised);
  /// @param self_supervised, supervised  extent() floats each, at the same parameters, same randomness
  void add(const float* self_supervised, const float* supervised);

  [[nodiscard]] const GradientSketch& sketch() const { return *sketch_; }
  [[nodiscard]] std::int64_t draws() const { return static_cast<std::int64_t>(products_.size()); }
  [[nodiscard]] std::int64_t pilot_draws() const { return pilot_draws_; }
  [[nodiscard]] int layers() const { return static_cast<int>(sketch_->tensors().size()); }

  /// Sums over draws, extent() entries; 0 in the padding.
  [[nodiscard]] std::span<const double> sum_difference() const { return sum_difference_; }
  [[nodiscard]] std::span<const double> sum_supervised() const { return sum_supervised_; }
  /// Mean supervised gradient of the pilot draws.
  [[nodiscard]] std::span<const float> pilot() const { return pilot_; }
  [[nodiscard]] double pilot_norm() const { return pilot_norm_; }
  [[nodiscard]] std::span<const float> pilot_sketch() const { return pilot_sketch_; }  ///< sketch().size()

  [[nodiscard]] const DrawProducts& products(std::int64_t draw) const {
    return products_[static_cast<std::size_t>(draw)];
  }
  [[nodiscard]] const DrawProducts& layer_products(std::int64_t draw, int layer) const {
    return layer_products_[static_cast<std::size_t>(draw * layers() + layer)];
  }
  /// Sketch of d, layers included: sketch().size() floats.
  [[nodiscard]] std::span<const float> difference_sketch(std::int64_t draw) const;
  /// Sketch of g_sup: sketch().buckets() floats.
  [[nodiscard]] std::span<const float> supervised_sketch(std::int64_t draw) const;

  /// |mean d|^2, |mean g_sup|^2 and <mean d, mean g_sup> of one tensor (layer >= 0) or all (-1).
  struct MeanProducts {
    double difference = 0, supervised = 0, cross = 0;
  };
  [[nodiscard]] MeanProducts mean_products(int layer = -1) const;

 private:
  void finish_pilot();
  DrawProducts add_layer(int layer, const float* self_supervised, const float* supervised);

  const GradientSketch* sketch_;
  std::int64_t pilot_draws_ = 0;
  bool pilot_done_ = false;
  std::vector<double> sum_difference_, sum_supervised_;
  std::vector<float> pilot_, previous_;  // previous_: d of the draw before
  double pilot_norm_ = 0;
  std::vector<float> pilot_sketch_;
  std::vector<DrawProducts> products_, layer_products_;
  std::vector<float> difference_sketches_, supervised_sketches_;
  std::vector<double> scratch_;  // (buckets, 2)
};

}  // namespace selfsame
