// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "losses/registry.hpp"
#include "tests/losses/tiny_network.hpp"

namespace selfsame {

/// An objective with its options and the noise that it is made for.
struct ObjectiveCase {
  std::string name, label;
  ObjectiveOptions options;
  NoiseModel noise;
  [[nodiscard]] std::unique_ptr<Objective> make() const { return make_objective(name, options, noise); }
  [[nodiscard]] std::string text() const { return name + label; }
  friend void PrintTo(const ObjectiveCase& c, std::ostream* out) { *out << c.text(); }
};

/// Every registered objective with its defaults, and the ways in which some can be used besides.
inline std::vector<ObjectiveCase> objective_cases() {
  using S = std::string;
  std::vector<ObjectiveCase> cases;
  for (const ObjectiveInfo& info : objectives()) {
    cases.push_back({S(info.name), "", {}, example_objective(info.name).noise});
    // eta of unsure starts at 0.01, which must not be the variance; what r2r adds must matter.
    if (info.name == "unsure" || info.name == "r2r") {
      cases.back().noise.sigma = 0.3f;
    }
  }
  NoiseModel gaussian, poisson, both, gamma;
  gaussian.type = NoiseType::kGaussian;
  gaussian.sigma = 0.2f;
  poisson.type = NoiseType::kPoisson;
  poisson.peak = 20.0f;
  both = poisson;
  both.type = NoiseType::kPoissonGaussian;
  both.sigma = 0.1f;
  gamma.type = NoiseType::kGamma;
  gamma.looks = 5.0f;
  cases.push_back({"noise2noise", "_another_level", {{"sigma", 0.3}}, gaussian});
  cases.push_back({"noise2noise", "_poisson", {}, poisson});
  cases.push_back({"noise2noise", "_gamma", {}, gamma});
  cases.push_back({"sure", "_exact", {{"divergence", S("exact")}, {"tau", 1e-4}}, gaussian});
  cases.push_back({"sure", "_signs", {{"probe", S("signs")}, {"tau", 1e-3}}, gaussian});
  cases.push_back({"sure_poisson", "_exact", {{"divergence", S("exact")}}, poisson});
  cases.push_back({"sure_poisson_gaussian", "_exact", {{"divergence", S("exact")}, {"tau", 1e-4}}, both});
  cases.push_back({"unsure", "_too_much", {{"start", 0.1}}, gaussian});
  cases.push_back({"r2r", "_large_alpha", {{"alpha", 1.0}}, gaussian});
  cases.push_back({"r2r", "_poisson", {{"alpha", 1.0}}, poisson});
  cases.push_back({"r2r", "_gamma", {{"alpha", 1.0}}, gamma});
  cases.push_back({"noisier2noise", "_half", {{"alpha", 0.5}}, gaussian});
  cases.push_back({"neighbor2neighbor", "_plain", {{"lambda", 0.0}}, gaussian});
  cases.push_back({"noise2self", "_two", {{"spacing", 2.0}}, poisson});
  return cases;
}

/// One batch in double: smooth images, and noise that is a function of the draw.
struct ObjectiveBatch {
  Shape4 shape;
  std::vector<double> clean, noisy, target;
  std::vector<SampleOrigin> origins;

  explicit ObjectiveBatch(Shape4 s, std::uint32_t first_example = 0) : shape(s) {
    const std::int64_t size = s.count() / s.n;
    for (std::int64_t n = 0; n < s.n; ++n) {
      SampleOrigin origin;
      origin.seed = 5;
      origin.example = first_example + static_cast<std::uint32_t>(n);
      origin.image_h = s.h;
      origin.image_w = s.w;
      origins.push_back(origin);
      for (std::int64_t i = 0; i < size; ++i) {
        const auto place = static_cast<double>(i + size * origin.example);
        clean.push_back(0.5 + 0.4 * std::sin(0.7 * place));
      }
    }
    noisy = target = clean;
  }
  void draw(std::uint32_t number, const Objective& objective, const NoiseModel& noise, Stream& stream) {
    for (SampleOrigin& origin : origins) {
      origin.epoch = origin.draw = number;
    }
    add_noise(view(noisy), view(clean), origins, RandomPurpose::kInputNoise, noise, stream);
    NoiseModel second = noise;
    second.sigma = static_cast<float>(objective.target_sigma().value_or(static_cast<double>(noise.sigma)));
    if (objective.target_kind() == TargetKind::kSecondNoisy) {
      add_noise(view(target), view(clean), origins, RandomPurpose::kTargetNoise, second, stream);
    } else {
      target = clean;
    }
  }
  [[nodiscard]] TensorView view(std::vector<double>& data) const {
    return {data.data(), DType::kF64, shape, 1};
  }
  [[nodiscard]] Measurement measurement(const Objective& objective) {
    return {view(noisy),
            objective.target_kind() == TargetKind::kNone ? ConstTensorView() : ConstTensorView(view(target)),
            origins};
  }
};

/// An objective with its plan and stream, ready to run.
struct ObjectiveRunner {
  NoiseModel noise;
  std::unique_ptr<Objective> objective;
  MemoryPlan plan;
  Stream stream{DeviceKind::kCpu, 1};
  std::vector<double> sample_losses;

  ObjectiveRunner(const ObjectiveCase& c, Shape4 shape) : noise(c.noise), objective(c.make()) {
    objective->plan(plan, shape, DType::kF64);
    plan.allocate();
    stream.reserve_workspace(plan.bytes(MemoryPlan::Arena::kWorkspace));
    for (const auto& entry : plan.entries()) {  // fresh memory must not be what makes it right
      double* data = entry.view.as<double>();
      std::fill(data, data + entry.bytes / sizeof(double), std::nan(""));
    }
    sample_losses.assign(static_cast<std::size_t>(shape.n), std::nan(""));
  }
  /// The sum over lanes of the lanes' losses.
  double run(ObjectiveBatch& batch, std::int64_t lanes, NetworkHandle& network) {
    objective->value_and_gradient(sample_losses, batch.measurement(*objective), lanes, network, stream);
    return sum(lanes);
  }
  double run_risk(std::size_t claim, ObjectiveBatch& batch, std::int64_t lanes, NetworkHandle& network) {
    objective->risk_value_and_gradient(claim, sample_losses, batch.measurement(*objective),
                                       batch.view(batch.clean), lanes, network, stream);
    return sum(lanes);
  }
  void draw(ObjectiveBatch& batch, std::uint32_t number) { batch.draw(number, *objective, noise, stream); }

 private:
  [[nodiscard]] double sum(std::int64_t lanes) const {
    double total = 0;
    for (const double loss : sample_losses) {
      total += loss;
    }
    return total / static_cast<double>(static_cast<std::int64_t>(sample_losses.size()) / lanes);
  }
};

}  // namespace selfsame
