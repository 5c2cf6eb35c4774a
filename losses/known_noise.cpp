// SPDX-License-Identifier: Apache-2.0
#include "losses/known_noise.hpp"

#include "kernels/base/error.hpp"

namespace selfsame {

double gaussian_sigma(std::string_view objective, const ObjectiveOptions& options, const NoiseModel& noise) {
  if (noise.type != NoiseType::kGaussian && noise.type != NoiseType::kNone) {
    fail(ErrorKind::kUsage, "objective '{}' is made for Gaussian noise alone", objective);
  }
  const double sigma = optional_number(options, "sigma").value_or(static_cast<double>(noise.sigma));
  if (sigma <= 0) {
    fail(ErrorKind::kUsage, "objective '{}' must know the noise: give its standard deviation as sigma",
         objective);
  }
  return sigma;
}

double poisson_peak(std::string_view objective, const NoiseModel& noise) {
  if (noise.type != NoiseType::kPoisson && noise.type != NoiseType::kPoissonGaussian) {
    fail(ErrorKind::kUsage, "objective '{}' is made for Poisson noise", objective);
  }
  return static_cast<double>(noise.peak);
}

}  // namespace selfsame
