// SPDX-License-Identifier: Apache-2.0
#include "losses/recorruption.hpp"

#include "kernels/add/add.hpp"

namespace selfsame {

Recorruption::Recorruption(std::string_view objective, const ObjectiveOptions& options,
                           const NoiseModel& noise)
    : disturbance_(noise) {
  const double alpha = number(options, "alpha");
  fraction_ = alpha * alpha / (1 + alpha * alpha);
  disturbance_.fraction = static_cast<float>(fraction_);
  switch (noise.type) {
    case NoiseType::kPoisson:
      disturbance_.type = NoiseType::kBinomialThinning;
      break;
    case NoiseType::kGamma:
      disturbance_.type = NoiseType::kBetaThinning;
      break;
    case NoiseType::kPoissonGaussian:
      fail(ErrorKind::kUsage, "objective '{}' is made for Gaussian, Poisson or Gamma noise alone", objective);
    default:
      disturbance_.type = NoiseType::kGaussian;
      disturbance_.sigma = static_cast<float>(alpha * gaussian_sigma(objective, options, noise));
  }
}

void Recorruption::plan(MemoryPlan& plan, Shape4 measurement, DType dtype) {
  disturbed_ = plan.activation("objective.z", measurement, dtype, 1, 0);
  rest_ = plan.activation("objective.t", measurement, dtype, 1, 0);
}

ConstTensorView Recorruption::draw(ConstTensorView y, std::span<const SampleOrigin> origins, Stream& stream) {
  add_noise(*disturbed_, y, origins, RandomPurpose::kObjective, disturbance_, stream);
  return *disturbed_;
}

ConstTensorView Recorruption::rest(ConstTensorView y, ConstTensorView z, Stream& stream) {
  add_scaled(*rest_, static_cast<float>(1 / fraction_), y, static_cast<float>(1 - 1 / fraction_), z, stream);
  return *rest_;
}

const char* Recorruption::input_text() const {
  return disturbance_.type == NoiseType::kGaussian           ? "z, of noise sigma sqrt(1 + alpha^2)"
         : disturbance_.type == NoiseType::kBinomialThinning ? "z, of photons peak / (1 + alpha^2)"
                                                             : "z, of looks / (1 + alpha^2)";
}

const char* Recorruption::condition_text() const {
  return disturbance_.type == NoiseType::kGaussian           ? "white Gaussian noise of known sigma"
         : disturbance_.type == NoiseType::kBinomialThinning ? "Poisson noise of known peak"
                                                             : "Gamma noise of known looks";
}

}  // namespace selfsame
