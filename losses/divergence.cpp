// SPDX-License-Identifier: Apache-2.0
#include "losses/divergence.hpp"

#include <vector>

#include "kernels/add/add.hpp"
#include "kernels/dot/dot.hpp"
#include "kernels/noise/noise.hpp"
#include "kernels/scaled_product/scaled_product.hpp"
#include "kernels/squared_error/squared_error.hpp"

namespace selfsame {

DivergenceObjective::DivergenceObjective(const ObjectiveOptions& options, Weights weights)
    : weights_(weights),
      tau_(number(options, "tau")),
      exact_(word(options, "divergence") == "exact"),
      signs_(word(options, "probe") == "signs") {}

void DivergenceObjective::plan(MemoryPlan& plan, Shape4 measurement, DType dtype) {
  gradient_ = plan.activation("objective.gradient", measurement, dtype, 1, 0);
  probe_ = plan.activation("objective.probe", measurement, dtype, 1, 0);
  weighted_ = plan.activation("objective.weighted", measurement, dtype, 1, 0);
  moved_ = plan.activation("objective.moved", measurement, dtype, 1, 0);
  plan.need_workspace(squared_error_workspace(measurement));
  plan.need_workspace(sample_dot_workspace(measurement));
}

void DivergenceObjective::value_and_gradient(std::span<double> sample_losses, const Measurement& measurement,
                                             std::int64_t lanes, NetworkHandle& network, Stream& stream) {
  SELFSAME_CHECK(gradient_ != nullptr && !gradient_->empty(), "the objective was not planned");
  if (exact_) {
    every_direction(sample_losses, measurement, lanes, network, stream);
  } else {
    probe_once(sample_losses, measurement, lanes, network, stream);
  }
  finish(sample_losses, measurement, lanes, network, stream);
}

void DivergenceObjective::probe_once(std::span<double> sample_losses, const Measurement& measurement,
                                     std::int64_t lanes, NetworkHandle& network, Stream& stream) {
  const ConstTensorView y = measurement.noisy;
  NoiseModel standard;
  standard.type = signs_ ? NoiseType::kRademacher : NoiseType::kGaussian;
  standard.sigma = 1.0f;
  add_noise(*probe_, {}, measurement.origins, RandomPurpose::kObjective, standard, stream);
  weigh(*weighted_, y, *probe_, lanes, network, stream);
  add_scaled(*moved_, 1.0f, y, static_cast<float>(tau_), *probe_, stream);
  const auto samples = static_cast<double>(y.shape.n / lanes), n = static_cast<double>(y.sample_size());
  const auto slope = static_cast<float>(2 / (tau_ * n * samples));

  const ConstTensorView at_y = network.forward(y, stream);
  squared_error(sample_losses, *gradient_, at_y, y, lanes, stream);
  sample_dot(sample_losses, 1.0, -2 / tau_, 0.0, *weighted_, at_y, stream);
  see(at_y, -2 / tau_, stream);
  add_scaled(*gradient_, 1.0f, *gradient_, -slope, *weighted_, stream);
  network.backward(*gradient_, stream);

  const ConstTensorView beside = network.forward(*moved_, stream);
  sample_dot(sample_losses, 1.0, 2 / tau_, 0.0, *weighted_, beside, stream);
  see(beside, 2 / tau_, stream);
  add_scaled(*gradient_, slope, *weighted_, 0.0f, {}, stream);
  network.backward(*gradient_, stream);
}

namespace {

/// A term (slope * y_i + constant) * f_i(y + shift * e_i), summed over i.
struct Shifted {
  double shift, slope, constant;
};

}  // namespace

/// Pixel i of all samples moves at once.
void DivergenceObjective::every_direction(std::span<double> sample_losses, const Measurement& measurement,
                                          std::int64_t lanes, NetworkHandle& network, Stream& stream) {
  if (stream.device() != DeviceKind::kCpu) {
    fail(ErrorKind::kUsage, "the exact divergence is computed on the CPU only; use \"monte_carlo\"");
  }
  const ConstTensorView y = measurement.noisy;
  const std::int64_t n = y.sample_size(), samples = y.shape.n;
  const double gain = weights_.gain, quotient = weights_.variance / (2 * tau_);
  std::vector<Shifted> terms;
  if (weights_.variance > 0) {
    terms.push_back({tau_ - gain, 0.0, quotient});
    terms.push_back({-tau_ - gain, 0.0, -quotient});
  }
  const ConstTensorView at_y = network.forward(y, stream);
  squared_error(sample_losses, *gradient_, at_y, y, lanes, stream);
  if (gain > 0) {
    terms.push_back({-gain, -1.0, 0.0});
    sample_dot(sample_losses, 1.0, 2.0, 0.0, y, at_y, stream);
    add_scaled(*gradient_, 1.0f, *gradient_,
               static_cast<float>(2 / static_cast<double>(n * (samples / lanes))), y,
               stream);
  }
  network.backward(*gradient_, stream);
  elementwise::for_dtype(y.dtype, [&](auto real) {
    using Real = decltype(real);
    add_scaled(*moved_, 1.0f, y, 0.0f, {}, stream);
    add_scaled(*gradient_, 0.0f, y, 0.0f, {}, stream);
    for (std::int64_t i = 0; i < n; ++i) {
      for (const Shifted& term : terms) {
        for (std::int64_t s = 0; s < samples; ++s) {
          moved_->as<Real>()[s * n + i] =
              static_cast<Real>(static_cast<double>(y.as<Real>()[s * n + i]) + term.shift);
        }
        const ConstTensorView beside = network.forward(*moved_, stream);
        for (std::int64_t s = 0; s < samples; ++s) {
          const double factor = 2 / static_cast<double>(n) *
                                (term.slope * static_cast<double>(y.as<Real>()[s * n + i]) + term.constant);
          sample_losses[static_cast<std::size_t>(s)] +=
              factor * static_cast<double>(beside.as<Real>()[s * n + i]);
          gradient_->as<Real>()[s * n + i] =
              static_cast<Real>(factor / static_cast<double>(samples / lanes));
        }
        network.backward(*gradient_, stream);
      }
      for (std::int64_t s = 0; s < samples; ++s) {
        moved_->as<Real>()[s * n + i] = y.as<Real>()[s * n + i];
        gradient_->as<Real>()[s * n + i] = 0;
      }
    }
  });
}

void DivergenceObjective::weigh(TensorView weighted, ConstTensorView y, ConstTensorView b,
                                std::int64_t /*lanes*/, NetworkHandle& /*network*/, Stream& stream) {
  if (weights_.gain == 0) {
    add_scaled(weighted, static_cast<float>(weights_.variance), b, 0.0f, {}, stream);
  } else {
    scaled_product(weighted, static_cast<float>(weights_.gain), y, static_cast<float>(weights_.variance), b,
                   stream);
  }
}

void DivergenceObjective::see(ConstTensorView /*prediction*/, double /*factor*/, Stream& /*stream*/) {}

void DivergenceObjective::finish(std::span<double> sample_losses, const Measurement& measurement,
                                 std::int64_t /*lanes*/, NetworkHandle& /*network*/, Stream& stream) {
  if (weights_.gain == 0) {
    sample_dot(sample_losses, 1.0, 0.0, -weights_.variance, measurement.noisy, measurement.noisy, stream);
    return;
  }
  NoiseModel signs;  // their squares are ones
  signs.type = NoiseType::kRademacher;
  signs.sigma = 1.0f;
  add_noise(*moved_, {}, measurement.origins, RandomPurpose::kObjective, signs, stream);
  scaled_product(*moved_, 1.0f, *moved_, 0.0f, *moved_, stream);
  sample_dot(sample_losses, 1.0, -weights_.gain, -weights_.variance, measurement.noisy, *moved_, stream);
}

void DivergenceObjective::risk_value_and_gradient(std::size_t /*claim*/, std::span<double> sample_losses,
                                                  const Measurement& measurement, ConstTensorView clean,
                                                  std::int64_t lanes, NetworkHandle& network,
                                                  Stream& stream) {
  squared_error(sample_losses, *gradient_, network.forward(measurement.noisy, stream), clean, lanes, stream);
  network.backward(*gradient_, stream);
}

}  // namespace selfsame
