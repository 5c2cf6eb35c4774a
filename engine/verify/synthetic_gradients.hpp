// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "engine/verify/gradient_sketch.hpp"

namespace selfsame {

/// Pairs of gradients of known bias, as nasty as those of networks: a few directions carry most of the
/// variance, tensors differ in scale by up to 100, draws are skewed and share a random amplitude.
///
///   g_sup = a_m (mean + sum_r z_r v_r / (r + 1) + 0.3 e),    g_ss = g_sup + b + s sqrt(a_m) (sum_r y_r u_r /
///   (r + 1) + 0.3 e')
///
/// z, y, e, e' are standard normal, or centred exponential of variance 1 (`skewed`); a_m is 1, or exponential
/// with mean 1 mixed half and half with 1 (`skewed`). b is `bias` |mean| times a unit vector.
class SyntheticGradients {
 public:
  struct Options {
    int layers = 6;
    int rank = 6;  ///< directions of large variance
    bool skewed = true;
    double noise = 1.0;                ///< s, relative to |mean|
    double bias = 0.0;                 ///< relative to |E g_sup|
    bool bias_along_gradient = false;  ///< else a random direction, weighted as the tensors' scales are
    bool redraw_bias = false;          ///< another random direction for each repeat
    std::uint64_t seed = 1;
  };
  explicit SyntheticGradients(const Options& options);

  [[nodiscard]] const std::vector<GradientTensor>& tensors() const { return tensors_; }
  void draw(std::uint64_t repeat, std::int64_t draw, float* self_supervised, float* supervised);
  [[nodiscard]] const std::vector<float>& mean() const { return mean_; }  ///< E g_sup

 private:
  [[nodiscard]] std::vector<float> bias_vector(std::uint64_t repeat) const;

  Options options_;
  std::vector<GradientTensor> tensors_;
  std::int64_t extent_ = 0;
  std::vector<float> mean_, scale_, bias_, supervised_directions_, noise_directions_;
  std::uint64_t bias_repeat_ = 0;
};

}  // namespace selfsame
