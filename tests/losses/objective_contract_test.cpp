// SPDX-License-Identifier: Apache-2.0
// What every registered objective must pass: its gradient is that of its value, lanes share nothing, and what
// it claims of its mean gradient is true.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "tests/losses/objective_cases.hpp"

namespace selfsame {
namespace {

using Kind = TinyNetwork::Kind;

/// (up - down) / (2 step) of a loss, for one weight.
template <typename Loss>
double central_difference(double& weight, double step, Loss&& loss) {
  const double value = weight;
  weight = value + step;
  const double up = loss();
  weight = value - step;
  const double down = loss();
  weight = value;
  return (up - down) / (2 * step);
}

class ObjectiveContract : public ::testing::TestWithParam<ObjectiveCase> {};

// The objective and each of the risks that it names, with everything that is drawn held fixed.
TEST_P(ObjectiveContract, GradientMatchesCentralDifferences) {
  constexpr std::int64_t kLanes = 2;
  const Shape4 shape{4, 1, 4, 4};
  ObjectiveBatch batch(shape);
  ObjectiveRunner runner(GetParam(), shape);
  runner.draw(batch, 1);
  const int claims = static_cast<int>(runner.objective->claims().size());
  for (int claim = -1; claim < claims; ++claim) {
    TinyNetwork network(kLanes, shape, *runner.objective, Kind::kSmooth);
    const auto loss = [&] {
      return claim < 0 ? runner.run(batch, kLanes, network)
                       : runner.run_risk(static_cast<std::size_t>(claim), batch, kLanes, network);
    };
    loss();
    const std::vector<double> gradients = network.gradients;
    for (std::size_t i = 0; i < network.weights.size(); i += 7) {
      // Rounding: losses below 10, with divided differences of step tau of up to 100 terms, 1e-15 * 10 * 100
      // / 1e-4. Truncation: 1e-8 times a third derivative of order 1, times 1 / tau where f is differenced.
      const double slope = central_difference(network.weights[i], 1e-4, loss);
      const double sign = network.is_own(i) && claim < 0 ? -1.0 : 1.0;  // the optimiser ascends
      EXPECT_NEAR(sign * gradients[i], slope, 1e-7) << "weight " << i << ", claim " << claim;
    }
    for (std::size_t i = 0; i < network.weights.size(); ++i) {
      if (network.is_own(i) && claim < 0) {
        EXPECT_NEAR(-gradients[i], central_difference(network.weights[i], 1e-4, loss), 1e-7);
      }
    }
  }
}

TEST_P(ObjectiveContract, GradientsAreAddedAndLossesOverwritten) {
  const Shape4 shape{2, 1, 4, 4};
  ObjectiveBatch batch(shape);
  ObjectiveRunner runner(GetParam(), shape);
  runner.draw(batch, 2);
  TinyNetwork once(1, shape, *runner.objective, Kind::kSmooth),
      twice(1, shape, *runner.objective, Kind::kSmooth);
  const double first = runner.run(batch, 1, once);
  runner.run(batch, 1, twice);
  EXPECT_EQ(runner.run(batch, 1, twice), first);
  double size = 0;
  for (const double g : once.gradients) {
    size = std::max(size, std::abs(g));
  }
  for (std::size_t i = 0; i < once.gradients.size(); ++i) {
    // At most 64 terms, each of the size of the largest gradient times 1 / tau where f is differenced.
    EXPECT_NEAR(twice.gradients[i], 2 * once.gradients[i], 64 * 1e4 * 2.3e-16 * size);
  }
}

TEST_P(ObjectiveContract, ALaneIsBitwiseTheSameAlone) {
  constexpr std::int64_t kLanes = 3, kBatch = 2;
  const Shape4 shape{kLanes * kBatch, 1, 4, 4}, one{kBatch, 1, 4, 4};
  ObjectiveBatch batch(shape);
  ObjectiveRunner runner(GetParam(), shape);
  runner.draw(batch, 3);
  TinyNetwork network(kLanes, shape, *runner.objective, Kind::kSmooth);
  runner.run(batch, kLanes, network);
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    ObjectiveBatch part(one, static_cast<std::uint32_t>(lane * kBatch));
    ObjectiveRunner alone(GetParam(), one);
    alone.draw(part, 3);
    TinyNetwork single(1, one, *alone.objective, Kind::kSmooth, static_cast<std::uint32_t>(lane));
    alone.run(part, 1, single);
    const auto size = static_cast<std::int64_t>(single.gradients.size());
    EXPECT_EQ(std::memcmp(single.gradients.data(), network.gradients.data() + lane * size,
                          single.gradients.size() * sizeof(double)),
              0);
    EXPECT_EQ(alone.sample_losses[1], runner.sample_losses[static_cast<std::size_t>(lane * kBatch + 1)]);
  }
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += a[i] * b[i];
  }
  return sum;
}

/// Largest |mean| / standard error over several directions of parameter space of the difference between the
/// gradient of an objective and that of the risk of its claim, at the same draws.
double deviation(const ObjectiveCase& c, std::size_t claim, Kind kind, std::uint32_t draws) {
  constexpr int kDirections = 9;
  const Shape4 shape{2, 1, 4, 4};
  ObjectiveBatch batch(shape);
  ObjectiveRunner runner(c, shape);
  TinyNetwork network(1, shape, *runner.objective, kind);
  std::vector<std::vector<double>> directions;
  std::vector<double> sums(kDirections), squares(kDirections);
  for (std::uint32_t number = 0; number < draws; ++number) {
    runner.draw(batch, number);
    std::fill(network.gradients.begin(), network.gradients.end(), 0.0);
    runner.run_risk(claim, batch, 1, network);
    const std::vector<double> risk = network.gradients;
    if (directions.empty()) {  // a gradient, and random directions
      directions.push_back(risk);
      for (std::uint32_t k = 1; k < kDirections; ++k) {
        std::vector<double>& d = directions.emplace_back();
        for (std::size_t i = 0; i < risk.size(); ++i) {
          d.push_back(network.is_own(i)
                          ? 0.0
                          : static_cast<double>(RandomStream(6, RandomPurpose::kTest, 0, k).normal(i)));
        }
      }
    }
    std::fill(network.gradients.begin(), network.gradients.end(), 0.0);
    runner.run(batch, 1, network);
    for (std::size_t k = 0; k < kDirections; ++k) {
      const double difference = dot(network.gradients, directions[k]) - dot(risk, directions[k]);
      sums[k] += difference;
      squares[k] += difference * difference;
    }
  }
  double worst = 0;
  for (std::size_t k = 0; k < kDirections; ++k) {
    const double mean = sums[k] / draws;
    const double error = std::sqrt(std::max(0.0, squares[k] / draws - mean * mean) / draws);
    // A gradient without any noise of its own must agree to rounding.
    worst = std::max(worst, std::abs(mean) < 1e-12 ? 0.0 : std::abs(mean) / error);
  }
  return worst;
}

// A five-sigma bound on nine directions: a right objective fails once in some 10^5 seeds.
TEST_P(ObjectiveContract, MeanGradientIsThatOfTheRiskIfItSaysSo) {
  const std::vector<UnbiasednessClaim> claims = GetParam().make()->claims();
  ASSERT_FALSE(claims.empty());
  for (std::size_t k = 0; k < claims.size(); ++k) {
    EXPECT_FALSE(claims[k].risk.empty() || claims[k].input.empty() || claims[k].conditions.empty());
    double found = deviation(GetParam(), k, Kind::kSmooth, 4000);
    if (!claims[k].unbiased && found < 5.0) {  // a small bias: its statistic grows with the draws
      found = deviation(GetParam(), k, Kind::kSmooth, 40000);
    }
    EXPECT_EQ(found < 5.0, claims[k].unbiased)
        << "standard errors from the gradient of " << claims[k].risk << ": " << found;
  }
}

INSTANTIATE_TEST_SUITE_P(Registered, ObjectiveContract, ::testing::ValuesIn(objective_cases()),
                         [](const auto& test) { return test.param.text(); });

// ---- the conditions that the claims name are needed

TEST(ObjectiveConditions, SureNeedsTheRightSigma) {
  NoiseModel noise;
  noise.type = NoiseType::kGaussian;
  noise.sigma = 0.2f;
  EXPECT_LT(deviation({"sure", "", {{"tau", 1e-3}}, noise}, 0, Kind::kSmooth, 4000), 5.0);
  EXPECT_GT(deviation({"sure", "", {{"sigma", 0.16}, {"tau", 1e-3}}, noise}, 0, Kind::kSmooth, 16000), 8.0);
}

TEST(ObjectiveConditions, RecorruptionNeedsTheRightSigma) {
  NoiseModel noise;
  noise.type = NoiseType::kGaussian;
  noise.sigma = 0.2f;
  EXPECT_GT(deviation({"r2r", "", {{"sigma", 0.12}}, noise}, 0, Kind::kSmooth, 4000), 8.0);
}

TEST(ObjectiveConditions, PoissonEstimatesOfFirstOrderNeedPhotons) {
  NoiseModel noise;
  noise.type = NoiseType::kPoisson;
  noise.peak = 1.0f;
  const ObjectiveOptions fine{{"tau", 1e-3}}, exact{{"divergence", std::string("exact")}};
  EXPECT_GT(deviation({"sure_poisson", "", fine, noise}, 0, Kind::kSmooth, 20000), 8.0);
  EXPECT_LT(deviation({"sure_poisson", "", exact, noise}, 0, Kind::kSmooth, 20000), 5.0);
}

TEST(ObjectiveConditions, NoiseOfAnotherKindIsRefused) {
  NoiseModel poisson, both;
  poisson.type = NoiseType::kPoisson;
  both.type = NoiseType::kPoissonGaussian;
  EXPECT_THROW((void)make_objective("sure", {}, poisson), Error);
  EXPECT_THROW((void)make_objective("noisier2noise", {}, poisson), Error);
  EXPECT_THROW((void)make_objective("sure_poisson", {}, {}), Error);
  EXPECT_THROW((void)make_objective("r2r", {}, both), Error);
  EXPECT_THROW((void)make_objective("r2r", {}, {}), Error) << "sigma is not known";
  EXPECT_NO_THROW((void)make_objective("r2r", {{"sigma", 0.1}}, {}));
}

}  // namespace
}  // namespace selfsame
