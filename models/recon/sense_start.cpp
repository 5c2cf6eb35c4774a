// SPDX-License-Identifier: Apache-2.0
#include "models/recon/sense_start.hpp"

#include "kernels/add/add.hpp"
#include "mri/sense/sense.hpp"

namespace selfsame::recon {

SenseStart::SenseStart(const ReconPlan& plan, SenseStartOptions options) : plan_(plan), options_(options) {
  SELFSAME_CHECK(options.iterations >= 0 && options.lambda > 0, "a start of {} iterations with lambda {}",
                 options.iterations, options.lambda);
  plan_.need_workspace(prepare_sense(plan_.coils(), plan_.dtype(), FourierAxes::kBoth, plan_.site().stream));
}

TensorView* SenseStart::plan_forward() {
  plan_.step();
  image_ = plan_.complex("start", plan_.image());
  if (options_.iterations > 0) {
    residual_ = plan_.complex("start.residual", plan_.image());
    direction_ = plan_.complex("start.direction", plan_.image());
    normal_ = plan_.complex("start.normal", plan_.image());
  }
  return image_;
}

ConstComplexView SenseStart::forward(const ReconstructionInput& input, Stream& stream) {
  const auto both = FourierAxes::kBoth;
  if (options_.iterations == 0) {
    sense_adjoint(as_complex(*image_), input.kspace, input.maps, {}, both, stream);
    return as_complex(*image_);
  }
  const double lambda = options_.lambda, centre = 0.5 + lambda, radius = 0.5, sigma = centre / radius;
  const auto f = [](double value) { return static_cast<float>(value); };
  sense_adjoint(as_complex(*residual_), input.kspace, input.maps, {}, both, stream);
  add_scaled(*direction_, f(1 / centre), *residual_, 0.0f, {}, stream);
  add_scaled(*image_, 1.0f, *direction_, 0.0f, {}, stream);
  double rho = 1 / sigma;
  for (int i = 1; i < options_.iterations; ++i) {
    sense_normal(as_complex(*normal_), as_complex(*direction_), input.maps, input.mask, both, stream);
    add_scaled(*residual_, 1.0f, *residual_, -1.0f, *normal_, stream);
    add_scaled(*residual_, 1.0f, *residual_, f(-lambda), *direction_, stream);
    const double next = 1 / (2 * sigma - rho);
    add_scaled(*direction_, f(next * rho), *direction_, f(2 * next / radius), *residual_, stream);
    add_scaled(*image_, 1.0f, *image_, 1.0f, *direction_, stream);
    rho = next;
  }
  return as_complex(*image_);
}

}  // namespace selfsame::recon
