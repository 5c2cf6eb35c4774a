// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/variance_laws.hpp"

#include <algorithm>
#include <cmath>

#include "engine/verify/kspace_pairs.hpp"
#include "losses/kspace/registry.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

/// Mean and standard error of numbers that come one by one.
class Mean {
 public:
  void add(double value) {
    ++count_;
    const double d = value - mean_;
    mean_ += d / static_cast<double>(count_);
    squares_ += d * (value - mean_);
  }
  [[nodiscard]] double value() const { return mean_; }
  [[nodiscard]] double error() const {
    const auto n = static_cast<double>(count_);
    return std::sqrt(squares_ / (n - 1) / n);
  }

 private:
  std::int64_t count_ = 0;
  double mean_ = 0, squares_ = 0;
};

double squared_norm(const float* a, const float* b, const std::vector<GradientTensor>& tensors) {
  double sum = 0;
  for (const GradientTensor& t : tensors) {
    for (std::int64_t i = t.offset; i < t.offset + t.count; ++i) {
      const double d = static_cast<double>(a[i]) - (b != nullptr ? static_cast<double>(b[i]) : 0.0);
      sum += d * d;
    }
  }
  return sum;
}

/// Draws of the first point begin here, those of every other one as far behind; those of the constant at 0.
/// On the same draws the ratio of two points would be that of the squared noise levels, whatever the network
/// is.
constexpr std::int64_t kDrawsApart = 1 << 20;

struct Excess {
  Mean difference;               // |G_ss - G_sup|^2
  std::vector<double> gradient;  // mean supervised gradient
  double squared_gradient = 0;   // |E G_sup|^2, unbiased
};

Excess measure(GradientPairs& pairs, const TrainedPoint& point, std::size_t level, std::int64_t draws) {
  pairs.set_weights(point);
  const std::vector<GradientTensor> tensors = pairs.tensors();
  const GradientSketch sketch(tensors);
  Excess excess;
  excess.gradient.assign(static_cast<std::size_t>(sketch.extent()), 0.0);
  double squares = 0;
  std::int64_t done = 0;
  for (std::int64_t first = kDrawsApart * static_cast<std::int64_t>(level + 1); done < draws;
       first += pairs.lanes()) {
    pairs.run(first, 0, true);
    for (std::int64_t i = 0; i < pairs.lanes(); ++i, ++done) {
      const float *ss = pairs.self_supervised(i), *sup = pairs.supervised(i);
      excess.difference.add(squared_norm(ss, sup, tensors));
      squares += squared_norm(sup, nullptr, tensors);
      for (const GradientTensor& t : tensors) {
        for (std::int64_t k = t.offset; k < t.offset + t.count; ++k) {
          excess.gradient[static_cast<std::size_t>(k)] += static_cast<double>(sup[k]);
        }
      }
    }
  }
  const auto m = static_cast<double>(done);
  double of_sum = 0;
  for (const double g : excess.gradient) {
    of_sum += g * g;
  }
  excess.squared_gradient = (of_sum - squares) / (m * (m - 1));
  return excess;
}

/// Fills ratio and interval of the last two points: of independent numbers, by their relative errors.
void finish(VarianceLaw& law, const std::vector<Mean>& differences) {
  const Mean &last = differences.back(), &before = differences[differences.size() - 2];
  law.ratio = last.value() / before.value();
  const double relative = std::hypot(last.error() / last.value(), before.error() / before.value());
  law.ratio_lower = law.ratio * (1 - 1.96 * relative);
  law.ratio_upper = law.ratio * (1 + 1.96 * relative);
}

VarianceLaw::Point point_of(double x, const Excess& excess, double predicted) {
  const double scale = excess.squared_gradient, value = excess.difference.value();
  const double margin = 1.96 * excess.difference.error();
  return {x, value / scale, predicted / scale, (value - margin) / scale, (value + margin) / scale};
}

/// One row of J at a time: the gradient at the prediction is a unit vector.
class UnitVector final : public Objective {
 public:
  [[nodiscard]] TargetKind target_kind() const override { return TargetKind::kNone; }
  [[nodiscard]] std::vector<UnbiasednessClaim> claims() const override { return {{false, "none", "", ""}}; }
  void plan(MemoryPlan& plan, Shape4 measurement, DType dtype) override {
    gradient_ = plan.activation("objective.dprediction", measurement, dtype, 1, 0);
  }
  void value_and_gradient(std::span<double> sample_losses, const Measurement& measurement,
                          std::int64_t /*lanes*/, NetworkHandle& network, Stream& stream) override {
    std::fill(sample_losses.begin(), sample_losses.end(), 0.0);
    (void)network.forward(measurement.noisy, stream);
    float* data = gradient_->as<float>();
    std::fill(data, data + gradient_->shape.count(), 0.0f);
    for (std::int64_t n = 0; n < gradient_->shape.n; ++n) {
      data[n * gradient_->sample_size() + element] = 1.0f;
    }
    network.backward(*gradient_, stream);
  }
  void risk_value_and_gradient(std::size_t /*claim*/, std::span<double> /*sample_losses*/,
                               const Measurement& /*measurement*/, ConstTensorView /*clean*/,
                               std::int64_t /*lanes*/, NetworkHandle& /*network*/,
                               Stream& /*stream*/) override {}
  std::int64_t element = 0;
  [[nodiscard]] std::int64_t elements() const { return gradient_->sample_size(); }

 private:
  const TensorView* gradient_ = nullptr;
};

/// The supervised risk of one column alone, at the input of another objective.
class OneColumn final : public KSpaceObjective {
 public:
  explicit OneColumn(std::unique_ptr<KSpaceObjective> of) : of_(std::move(of)) {}
  [[nodiscard]] UnbiasednessClaim claim() const override { return of_->claim(); }
  [[nodiscard]] PredictionDomain domain() const override { return of_->domain(); }
  [[nodiscard]] bool resamples() const override { return of_->resamples(); }
  void split(std::span<float> input, std::span<float> weight, const SamplingMask& sampled,
             const SamplingLaw& law, const RandomStream& random) const override {
    of_->split(input, weight, sampled, law, random);
  }
  [[nodiscard]] Preflight preflight(const SamplingLaw& law) const override { return of_->preflight(law); }
  void risk(std::span<float> weight, std::span<float> keep, std::span<float> mix,
            std::span<const float> input, const SamplingLaw& law) const override {
    of_->risk(weight, keep, mix, input, law);
    for (std::size_t j = 0; j < weight.size(); ++j) {
      weight[j] = static_cast<std::int64_t>(j) == column ? weight[j] : 0.0f;
    }
  }
  void plan(MemoryPlan& plan, Shape4 kspace, std::int64_t h, Stream& stream, DType dtype) override {
    of_->plan(plan, kspace, h, stream, dtype);
  }
  void value_and_gradient(std::span<double> losses, const KSpaceMeasurement& measurement, std::int64_t lanes,
                          ReconstructionHandle& network, Stream& stream) override {
    of_->value_and_gradient(losses, measurement, lanes, network, stream);
  }
  void plan_risk(MemoryPlan& plan, Shape4 kspace, DType dtype) override {
    of_->plan_risk(plan, kspace, dtype);
  }
  void risk_value_and_gradient(std::span<double> losses, const KSpaceMeasurement& measurement,
                               const KSpaceTruth& truth, std::int64_t lanes, ReconstructionHandle& network,
                               Stream& stream) override {
    of_->risk_value_and_gradient(losses, measurement, truth, lanes, network, stream);
  }
  std::int64_t column = 0;

 private:
  std::unique_ptr<KSpaceObjective> of_;
};

}  // namespace

VarianceLaw noise_variance_law(const TrainConfig& config, std::int64_t crop, std::span<const double> sigmas,
                               const TrainedPoint& point, const LawOptions& options, Stream& stream) {
  SELFSAME_CHECK(sigmas.size() >= 2 && stream.device() == DeviceKind::kCpu, "{} noise levels", sigmas.size());
  constexpr std::int64_t kLanes = 8;
  PairMaker maker(config, crop, kLanes, 1, stream);
  VarianceLaw law;
  law.name = "excess variance against target noise: quadratic";
  law.x_label = "standard deviation of the target's noise";

  auto unit = std::make_unique<UnitVector>();
  UnitVector& vector = *unit;
  DenoisingPairs rows(maker.scene(), std::move(unit), kLanes, stream);
  rows.set_weights(point);
  const std::vector<GradientTensor> tensors = rows.tensors();
  Mean jacobian;
  for (std::int64_t first = 0; first < options.jacobian_draws; first += kLanes) {
    std::vector<double> squares(kLanes, 0.0);
    for (vector.element = 0; vector.element < vector.elements(); ++vector.element) {
      rows.run(first, 0, true);
      for (std::int64_t i = 0; i < kLanes; ++i) {
        squares[static_cast<std::size_t>(i)] += squared_norm(rows.self_supervised(i), nullptr, tensors);
      }
    }
    for (const double square : squares) {
      jacobian.add(square);
    }
  }
  const auto n = static_cast<double>(vector.elements());
  std::vector<Mean> differences;
  for (const double sigma : sigmas) {
    const auto pairs = maker.make({"noise2noise", "noise2noise", {{"sigma", sigma}}});
    const Excess excess = measure(*pairs, point, differences.size(), options.draws);
    law.points.push_back(point_of(sigma, excess, 4 * sigma * sigma / (n * n) * jacobian.value()));
    differences.push_back(excess.difference);
  }
  const double step = sigmas.back() / sigmas[sigmas.size() - 2];
  law.expected_ratio = step * step;
  finish(law, differences);
  return law;
}

VarianceLaw mask_variance_law(const TrainConfig& config, std::span<const double> probabilities, double input,
                              const TrainedPoint& point, const LawOptions& options, Stream& stream) {
  SELFSAME_CHECK(probabilities.size() >= 2, "{} sampling probabilities", probabilities.size());
  constexpr std::int64_t kLanes = 4;
  constexpr double kCentre = 0.25;
  VarianceLaw law;
  law.name = "excess variance against 1/q - 1: linear";
  law.x_label = "1/q - 1, q the probability of a column outside the centre to be in the target";
  std::vector<Mean> differences;
  for (const double probability : probabilities) {
    TrainConfig one = config;
    one.kspace->mask = MaskConfig::make("bernoulli");
    one.kspace->mask.options["center_fraction"] = {kCentre};
    one.kspace->mask.options["probability"] = {probability};
    const auto split = [&] {
      // Of all columns the input holds the centre and `input` of the others.
      return make_kspace_objective("paper_split", {{"acceleration", 1 / (kCentre + (1 - kCentre) * input)}});
    };
    KSpacePairs pairs(one, split(), kLanes, 1, stream);
    const std::vector<double> weights = pairs.risk_weights_of_law();
    const double weight = *std::max_element(weights.begin(), weights.end());
    const Excess excess = measure(pairs, point, differences.size(), options.draws);

    auto column = std::make_unique<OneColumn>(split());
    OneColumn& of = *column;
    KSpacePairs columns(one, std::move(column), kLanes, 1, stream);
    columns.set_weights(point);
    Mean sum;
    for (std::int64_t first = 0; first < options.jacobian_draws; first += kLanes) {
      std::vector<double> squares(kLanes, 0.0);
      for (of.column = 0; of.column < static_cast<std::int64_t>(weights.size()); ++of.column) {
        if (weights[static_cast<std::size_t>(of.column)] <= 1.0) {
          continue;  // of the centre: always in the target
        }
        columns.run(first, 0, false);
        for (std::int64_t i = 0; i < kLanes; ++i) {
          squares[static_cast<std::size_t>(i)] +=
              squared_norm(columns.supervised(i), nullptr, columns.tensors());
        }
      }
      for (const double square : squares) {
        sum.add(square);
      }
    }
    law.points.push_back(point_of(weight - 1, excess, (weight - 1) * sum.value()));
    differences.push_back(excess.difference);
  }
  const std::size_t last = law.points.size() - 1;
  law.expected_ratio = law.points[last].x / law.points[last - 1].x;
  finish(law, differences);
  return law;
}

}  // namespace selfsame
