// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>

#include "kernels/device/philox.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"
#include "kernels/noise/noise_versions.hpp"
#include "kernels/noise/sample_origin.hpp"

namespace selfsame {

enum class NoiseType {
  kNone,
  kGaussian,
  kPoisson,
  kPoissonGaussian,
  kGamma,
  kRademacher,
  kBinomialThinning,
  kBetaThinning
};

/// Units: intensities on the [0, 1] scale.
struct NoiseModel {
  NoiseType type = NoiseType::kNone;
  float sigma = 0.0f;     ///< standard deviation of the Gaussian part, or of probes
  float peak = 1.0f;      ///< expected photons at intensity 1
  float looks = 1.0f;     ///< of speckle: its variance is x^2 / looks
  float fraction = 0.5f;  ///< of a measurement that thinning takes away
};

/// A noisy measurement of each sample.
///
///   gaussian          y = x + sigma * e,                     e ~ N(0, 1)
///   poisson           y = k / peak,                          k ~ Poisson(peak * max(x, 0))
///   poisson_gaussian  y = k / peak + sigma * e
///   gamma             y = x * g / looks,                     g ~ Gamma(looks, scale 1): speckle
///   rademacher        y = x + sigma * s,                     s = -1 or 1: probes of a divergence
///
/// or a thinner measurement of the same image, `clean` being a measurement y = x + noise itself:
///
///   binomial_thinning z = (y - w / peak) / (1 - a),          w ~ Binomial(round(peak * max(y, 0)), a)
///   beta_thinning     z = y * (1 - w) / (1 - a),             w ~ Beta(looks * a, looks * (1 - a))
///
/// with a = fraction. With poisson y, respectively gamma y of the same looks, z and t = (y - (1 - a) * z) / a
/// are independent given x, and both have mean x: generalised Recorrupted2Recorrupted (Monroy, Bacca,
/// Tachella, CVPR 2025). Epoch or purpose must not be those which y was drawn with.
///
/// The noise of a pixel is a function of (seed, purpose, epoch or draw, example) and of the pixel's place
/// c*image_h*image_w + y*image_w + x in the whole image: crops, flips and transposes of an image with frozen
/// noise see the same noise at the same pixel, and nothing depends on batch, lane, order or threads.
///
/// @param noisy    (N, C, h, w), block 1, float or double, overwritten; may be `clean` itself
/// @param clean    same shape and type; empty = zeros: the noise alone
/// @param origins  N entries in memory of the stream's device
/// Errors: Error(kInternal) for shapes, sigma < 0, peak or looks <= 0, a fraction not between 0 and 1, and on
///         the CPU for windows outside their image and for Poisson means and trials of 2^52 and more, which
///         on a GPU give NaN. GPUs take float only.
/// Exact:  e is RandomStream::normal(place) with an absolute difference of at most 4e-7 * max(1, |e|)
/// (tested) and the
///         same bits for every instruction set and on GPUs. Poisson counts follow the exact distribution:
///         inversion below a mean of 10, Hörmann's PTRS above ("The transformed rejection method for
///         generating Poisson random variables", 1993), from a substream of the pixel; on a GPU a count
///         differs where its last bit of exp or log decides. A NaN stays NaN.
void add_noise(TensorView noisy, ConstTensorView clean, std::span<const SampleOrigin> origins,
               RandomPurpose purpose, const NoiseModel& model, Stream& stream);

/// One way of adding it. The list is in noise.cpp, best first; its name for Stream::request is "noise".
struct NoiseImplementation {
  const char* name;
  bool (*supports)(const DType&);
  void (*add_noise)(TensorView, ConstTensorView, std::span<const SampleOrigin>, RandomPurpose,
                    const NoiseModel&, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const NoiseImplementation> noise_implementations();

/// One draw from Poisson(mean) with the numbers of this stream's groups 2^63 + pixel*2^12 + 0, 1, ...
/// 0 for a mean of 0 or less, NaN for NaN.
[[nodiscard]] double poisson_draw(double mean, const RandomStream& random, std::uint64_t pixel);

/// One draw from Binomial(trials, probability), from the same groups. 0 for 0 trials or less, NaN for NaN.
/// Errors: Error(kInternal) if trials are not whole or 2^52 and more, or the probability is not in [0, 1].
[[nodiscard]] double binomial_draw(double trials, double probability, const RandomStream& random,
                                   std::uint64_t pixel);
/// One draw from Gamma(shape, scale 1), and 1 - w with w ~ Beta(a, b), from the same groups. Errors:
/// Error(kInternal) for shapes that are not positive and finite.
[[nodiscard]] double gamma_draw(double shape, const RandomStream& random, std::uint64_t pixel);
[[nodiscard]] double one_minus_beta_draw(double a, double b, const RandomStream& random, std::uint64_t pixel);

/// Standard normals on the CPU, of groups of four elements; "noise" again. out[4*k + r] =
/// normal(4*(first_group + k) + r).
struct NormalImplementation {
  const char* name;
  bool (*supports)(const std::int64_t& groups);
  void (*normals)(float* out, std::uint64_t first_group, std::int64_t groups, const PhiloxStreamKey& key);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const NormalImplementation> normal_implementations();

}  // namespace selfsame
