// SPDX-License-Identifier: Apache-2.0
// What every registered objective must pass: its gradient is that of its value, lanes share nothing, and what
// it claims of its mean gradient is true.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "losses/registry.hpp"
#include "tests/losses/linear_network.hpp"

namespace selfsame {
namespace {

constexpr double kInputSigma = 0.2, kTargetSigma = 0.3;

/// One batch in double: smooth images, frozen input noise, and a target of the kind that was asked for.
struct Batch {
  Shape4 shape;
  std::vector<double> clean, noisy, target;

  explicit Batch(Shape4 s) : shape(s) {
    for (std::int64_t i = 0; i < s.count(); ++i) {
      clean.push_back(0.5 + 0.4 * std::sin(0.7 * static_cast<double>(i)));
      noisy.push_back(clean.back() + kInputSigma * normal(RandomPurpose::kInputNoise, 0, i));
    }
  }
  /// Draw number `draw` of the target; `shift` plants a bias of the target noise.
  void make_target(TargetKind kind, std::uint32_t draw, double shift = 0.0) {
    target = clean;
    for (std::size_t i = 0; kind == TargetKind::kSecondNoisy && i < target.size(); ++i) {
      target[i] +=
          kTargetSigma * normal(RandomPurpose::kTargetNoise, draw, static_cast<std::int64_t>(i)) + shift;
    }
  }
  static double normal(RandomPurpose purpose, std::uint32_t draw, std::int64_t element) {
    return RandomStream(5, purpose, draw, 0).normal(static_cast<std::uint64_t>(element));
  }
  [[nodiscard]] Measurement measurement() const {
    return {{noisy.data(), DType::kF64, shape, 1}, {target.data(), DType::kF64, shape, 1}};
  }
  [[nodiscard]] Batch samples(std::int64_t first, std::int64_t count) const {
    Batch part({count, shape.c, shape.h, shape.w});
    const std::int64_t size = shape.count() / shape.n;
    for (auto member : {&Batch::clean, &Batch::noisy, &Batch::target}) {
      const auto begin = (this->*member).begin() + first * size;
      (part.*member).assign(begin, begin + count * size);
    }
    return part;
  }
};

/// An objective with its plan and stream, ready to run.
struct Runner {
  std::unique_ptr<Objective> objective;
  MemoryPlan plan;
  Stream stream{DeviceKind::kCpu, 1};
  std::vector<double> sample_losses;

  Runner(std::string_view name, Shape4 shape) : objective(make_objective(name, {})) {
    objective->plan(plan, shape, DType::kF64);
    plan.allocate();
    for (const auto& entry : plan.entries()) {  // fresh memory must not be what makes it right
      double* data = entry.view.as<double>();
      std::fill(data, data + entry.bytes / sizeof(double), std::nan(""));
    }
    sample_losses.assign(static_cast<std::size_t>(shape.n), std::nan(""));
  }
  /// The sum over lanes of the lanes' losses.
  double run(const Batch& batch, std::int64_t lanes, NetworkHandle& network) {
    objective->value_and_gradient(sample_losses, batch.measurement(), lanes, network, stream);
    double sum = 0;
    for (const double loss : sample_losses) {
      sum += loss;
    }
    return sum / static_cast<double>(batch.shape.n / lanes);
  }
};

std::vector<std::string> names() {
  std::vector<std::string> list;
  for (const ObjectiveInfo& info : objectives()) {
    list.emplace_back(info.name);
  }
  return list;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += a[i] * b[i];
  }
  return sum;
}

/// Largest |mean - expected| / standard error over several directions of parameter space, for the gradient of
/// `objective` averaged over many target draws against the supervised gradient.
double deviation_from_supervised(const std::string& name, double shift) {
  constexpr int kDraws = 3000, kDirections = 9;
  Batch batch({2, 1, 3, 4});
  batch.make_target(TargetKind::kClean, 0);
  Runner supervised("supervised", batch.shape), tested(name, batch.shape);
  LinearNetwork network(1, batch.shape);
  supervised.run(batch, 1, network);
  const std::vector<double> expected = network.gradients;

  std::vector<std::vector<double>> directions{expected};
  for (std::uint32_t k = 1; k < kDirections; ++k) {
    std::vector<double>& d = directions.emplace_back();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      d.push_back(RandomStream(6, RandomPurpose::kTest, 0, k).normal(i));
    }
  }
  std::vector<double> sums(kDirections, 0.0), squares(kDirections, 0.0);
  for (std::uint32_t draw = 0; draw < kDraws; ++draw) {
    batch.make_target(tested.objective->target_kind(), draw, shift);
    std::fill(network.gradients.begin(), network.gradients.end(), 0.0);
    tested.run(batch, 1, network);
    for (std::size_t k = 0; k < kDirections; ++k) {
      const double difference = dot(network.gradients, directions[k]) - dot(expected, directions[k]);
      sums[k] += difference;
      squares[k] += difference * difference;
    }
  }
  double worst = 0;
  for (std::size_t k = 0; k < kDirections; ++k) {
    const double mean = sums[k] / kDraws;
    const double error = std::sqrt((squares[k] / kDraws - mean * mean) / kDraws);
    // A gradient without any noise of its own must agree to rounding.
    worst = std::max(worst, std::abs(mean) < 1e-12 ? 0.0 : std::abs(mean) / error);
  }
  return worst;
}

}  // namespace

class ObjectiveContract : public ::testing::TestWithParam<std::string> {};

TEST_P(ObjectiveContract, GradientMatchesCentralDifferences) {
  constexpr std::int64_t kLanes = 2;
  Batch batch({4, 2, 2, 3});
  Runner runner(GetParam(), batch.shape);
  batch.make_target(runner.objective->target_kind(), 0);
  LinearNetwork network(kLanes, batch.shape);
  runner.run(batch, kLanes, network);
  const std::vector<double> gradients = network.gradients;
  for (std::size_t i = 0; i < network.weights.size(); ++i) {
    // The loss is of order 1 and smooth: rounding 1e-16 / 1e-4, truncation 1e-8 times the third derivative.
    constexpr double kStep = 1e-4;
    const double weight = network.weights[i];
    network.weights[i] = weight + kStep;
    const double up = runner.run(batch, kLanes, network);
    network.weights[i] = weight - kStep;
    const double down = runner.run(batch, kLanes, network);
    network.weights[i] = weight;
    ASSERT_NEAR(gradients[i], (up - down) / (2 * kStep), 1e-8) << "parameter " << i;
  }
}

TEST_P(ObjectiveContract, GradientsAreAddedAndLossesOverwritten) {
  Batch batch({2, 1, 3, 3});
  Runner runner(GetParam(), batch.shape);
  batch.make_target(runner.objective->target_kind(), 0);
  LinearNetwork once(1, batch.shape), twice(1, batch.shape);
  const double first = runner.run(batch, 1, once);
  runner.run(batch, 1, twice);
  EXPECT_EQ(runner.run(batch, 1, twice), first);
  for (std::size_t i = 0; i < once.gradients.size(); ++i) {
    EXPECT_NEAR(twice.gradients[i], 2 * once.gradients[i], 1e-15);  // four terms below 1, four roundings
  }
}

TEST_P(ObjectiveContract, ALaneIsBitwiseTheSameAlone) {
  constexpr std::int64_t kLanes = 3, kBatch = 2;
  Batch batch({kLanes * kBatch, 1, 3, 4});
  Runner runner(GetParam(), batch.shape);
  batch.make_target(runner.objective->target_kind(), 0);
  LinearNetwork network(kLanes, batch.shape);
  runner.run(batch, kLanes, network);
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    const Batch part = batch.samples(lane * kBatch, kBatch);
    Runner alone(GetParam(), part.shape);
    LinearNetwork single(1, part.shape, static_cast<std::uint32_t>(lane));
    alone.run(part, 1, single);
    const auto size = static_cast<std::int64_t>(single.gradients.size());
    EXPECT_EQ(std::memcmp(single.gradients.data(), network.gradients.data() + lane * size,
                          single.gradients.size() * sizeof(double)),
              0);
    EXPECT_EQ(alone.sample_losses[1], runner.sample_losses[static_cast<std::size_t>(lane * kBatch + 1)]);
  }
}

// A five-sigma bound on nine directions: a right objective fails once in some 10^5 seeds.
TEST_P(ObjectiveContract, MeanGradientIsTheSupervisedOneIfItSaysSo) {
  Batch batch({1, 1, 2, 2});
  const Runner runner(GetParam(), batch.shape);
  const UnbiasednessClaim claim = runner.objective->claim();
  EXPECT_FALSE(claim.risk.empty() || claim.input.empty() || claim.conditions.empty());
  const double deviation = deviation_from_supervised(GetParam(), 0.0);
  EXPECT_EQ(deviation < 5.0, claim.unbiased) << "standard errors from the supervised gradient: " << deviation;
}

INSTANTIATE_TEST_SUITE_P(Registered, ObjectiveContract, ::testing::ValuesIn(names()),
                         [](const auto& test) { return test.param; });

TEST(ObjectiveBias, FindsAPlantedBiasOfTheTargetNoise) {
  // A tenth of the noise level: the statistic is far beyond the bound that an unbiased objective keeps.
  EXPECT_GT(deviation_from_supervised("noise2noise", 0.1 * kTargetSigma), 10.0);
}

}  // namespace selfsame
