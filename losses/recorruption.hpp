// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/noise/noise.hpp"
#include "losses/known_noise.hpp"
#include "losses/target_objective.hpp"

namespace selfsame {

/// What objectives share that disturb the measurement once more (R2R, Noisier2Noise). With the fraction
/// a = alpha^2 / (1 + alpha^2) in (0, 1), z is drawn from y afresh in every step so that, given the image x,
///
///   z   and   t = (y - (1 - a) z) / a
///
/// both have the mean x and share no noise:
///   Gaussian  z = y + alpha w, w ~ N(0, sigma^2 I); then t = y - w / alpha, Cov(z - x, t - x) = sigma^2 -
///             sigma^2 = 0, and Gaussian numbers without covariance are independent
///   Poisson   y = k / peak; z = (y - w / peak) / (1 - a), w ~ Binomial(k, a); then t = w / (peak a): the two
///             parts of a thinned Poisson number are independent
///   Gamma     y = x g / looks; z = y (1 - w) / (1 - a), w ~ Beta(looks a, looks (1 - a)); then t = y w / a:
///             a Gamma number times a Beta number and its complement are independent
/// Source: Pang et al., "Recorrupted-to-Recorrupted", CVPR 2021; generalised by Monroy, Bacca and Tachella,
/// "Generalized Recorrupted-to-Recorrupted", CVPR 2025.
class Recorruption {
 public:
  /// Errors: Error(kUsage) for noise of another kind, and if no standard deviation is known.
  /// @param options  with "alpha" and, for Gaussian noise, "sigma" unless the noise says it
  Recorruption(std::string_view objective, const ObjectiveOptions& options, const NoiseModel& noise);

  void plan(MemoryPlan& plan, Shape4 measurement, DType dtype);
  /// z, by the origins' seed, example and draw.
  ConstTensorView draw(ConstTensorView y, std::span<const SampleOrigin> origins, Stream& stream);
  /// t, of the z that was drawn from y.
  ConstTensorView rest(ConstTensorView y, ConstTensorView z, Stream& stream);
  /// For a tensor like y: overwritten by draw and rest.
  [[nodiscard]] const TensorView& spare() const { return *rest_; }
  [[nodiscard]] double fraction() const { return fraction_; }
  /// "noise of standard deviation sigma sqrt(1 + alpha^2)" and the like.
  [[nodiscard]] const char* input_text() const;
  [[nodiscard]] const char* condition_text() const;

 private:
  double fraction_;
  NoiseModel disturbance_;
  const TensorView *disturbed_ = nullptr, *rest_ = nullptr;
};

inline constexpr ObjectiveOption kRecorruptionAlpha = {
    "alpha",
    "how much noise is added, relative to the measurement's: small alpha disturbs the input little and makes "
    "the gradient noisy",
    0.5,
    1e-3,
    1e3,
    {}};
}  // namespace selfsame
