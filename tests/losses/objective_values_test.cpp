// SPDX-License-Identifier: Apache-2.0
// The value of every objective against its formula, written down a second time in plain loops. That gradients
// belong to the values, and what they mean on average, is the contract's (objective_contract_test.cpp).
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/blind_spots/blind_spots.hpp"
#include "kernels/neighbor_pairs/neighbor_pairs.hpp"
#include "tests/losses/objective_cases.hpp"

namespace selfsame {
namespace {

const Shape4 kShape{2, 1, 4, 4};
constexpr std::size_t kPixels = 16;
using Values = std::vector<double>;

/// A batch of two, a network, and everything that the formulas are made of.
struct Formula {
  ObjectiveRunner runner;
  ObjectiveBatch batch{kShape};
  TinyNetwork network;

  explicit Formula(const ObjectiveCase& c)
      : runner(c, kShape), network(1, kShape, *runner.objective, TinyNetwork::Kind::kSmooth) {
    runner.draw(batch, 4);
  }
  /// Losses of the two samples.
  Values got() {
    runner.run(batch, 1, network);
    return runner.sample_losses;
  }
  Values f(Values input, Shape4 shape = kShape) {
    const ConstTensorView out = network.forward({input.data(), DType::kF64, shape, 1}, runner.stream);
    return {out.as<double>(), out.as<double>() + shape.count()};
  }
  Values noise(const NoiseModel& model, Values onto) {
    add_noise(batch.view(onto), batch.view(onto), batch.origins, RandomPurpose::kObjective, model,
              runner.stream);
    return onto;
  }
  Values probe(NoiseType type) {
    NoiseModel standard;
    standard.type = type;
    standard.sigma = 1.0f;
    return noise(standard, Values(2 * kPixels));
  }
  /// The mean of g(pixel) over the pixels of each sample.
  template <typename G>
  static Values mean(G&& g, std::size_t pixels = kPixels) {
    Values means;
    for (std::size_t n = 0; n < 2; ++n) {
      double sum = 0;
      for (std::size_t i = 0; i < pixels; ++i) {
        sum += g(n * pixels + i);
      }
      means.push_back(sum / static_cast<double>(pixels));
    }
    return means;
  }
  /// 2/n b^T diag(v) (f(y + tau b) - f(y)) / tau + |f(y) - y|^2 / n
  Values divergence(const Values& b, double gain, double variance, double tau) {
    Values moved = batch.noisy;
    for (std::size_t i = 0; i < moved.size(); ++i) {
      moved[i] += tau * b[i];
    }
    const Values at = f(batch.noisy), beside = f(moved), &y = batch.noisy;
    return mean([&](std::size_t i) {
      return (at[i] - y[i]) * (at[i] - y[i]) +
             2 * (gain * y[i] + variance) * b[i] * (beside[i] - at[i]) / tau;
    });
  }
};

/// Coefficients are handed to ops as float: 2^-24 relative, of terms up to 100 that cancel (1 / tau).
void expect_near(const Values& got, const Values& want) {
  for (std::size_t n = 0; n < 2; ++n) {
    EXPECT_NEAR(got[n], want[n], 1e-5 * (1 + std::abs(want[n])));
  }
  EXPECT_GT(std::abs(want[0] - want[1]), 1e-4) << "samples must differ for the test to see them";
}

NoiseModel gaussian(double sigma) {
  NoiseModel noise;
  noise.type = NoiseType::kGaussian;
  noise.sigma = static_cast<float>(sigma);
  return noise;
}
NoiseModel photons(NoiseType type) {
  NoiseModel noise = gaussian(0.1);
  noise.type = type;
  noise.peak = 20.0f;
  return noise;
}

TEST(ObjectiveValue, OfTargets) {
  for (const char* name : {"supervised", "noise2noise", "noise2noise_l1", "noise2noise_normalized"}) {
    Formula o({name, "", {}, gaussian(0.2)});
    const Values got = o.got(), f = o.f(o.batch.noisy), &t = o.batch.target;
    Values want = Formula::mean([&](std::size_t i) {
      const double d = f[i] - t[i];
      return std::string(name) == "noise2noise_l1" ? std::abs(d) : d * d;
    });
    if (std::string(name) == "noise2noise_normalized") {
      const Values size = Formula::mean([&](std::size_t i) { return t[i] * t[i]; });
      want = {want[0] / size[0], want[1] / size[1]};
    }
    expect_near(got, want);
    EXPECT_EQ(std::string(name) == "supervised", t == o.batch.clean);
  }
}

TEST(ObjectiveValue, OfSteinsEstimates) {
  const auto minus = [](Values a, const Values& b) { return Values{a[0] - b[0], a[1] - b[1]}; };
  {
    Formula o({"sure", "", {{"tau", 0.01}}, gaussian(0.2)});
    const Values want = minus(o.divergence(o.probe(NoiseType::kGaussian), 0, 0.04, 0.01), {0.04, 0.04});
    expect_near(o.got(), want);
  }
  {
    Formula o(
        {"sure_poisson", "", {{"tau", 0.01}, {"probe", std::string("signs")}}, photons(NoiseType::kPoisson)});
    const Values mean = Formula::mean([&](std::size_t i) { return o.batch.noisy[i] / 20; });
    expect_near(o.got(), minus(o.divergence(o.probe(NoiseType::kRademacher), 0.05, 0, 0.01), mean));
  }
  {
    Formula o({"sure_poisson_gaussian", "", {{"tau", 0.01}}, photons(NoiseType::kPoissonGaussian)});
    const Values mean = Formula::mean([&](std::size_t i) { return o.batch.noisy[i] / 20 + 0.01; });
    expect_near(o.got(), minus(o.divergence(o.probe(NoiseType::kGaussian), 0.05, 0.01, 0.01), mean));
  }
}

TEST(ObjectiveValue, OfUnsureAndTheGradientOfItsEta) {
  Formula o({"unsure", "", {{"start", 0.03}, {"rate", 5.0}, {"tau", 0.01}}, gaussian(0.2)});
  o.network.weights.back() = 0.7;  // theta
  const double eta = 0.03 * (1 + 5 * 0.7);
  const Values b = o.probe(NoiseType::kGaussian);
  const Values want = o.divergence(b, 0, eta, 0.01), without = o.divergence(b, 0, 0, 0.01);
  o.network.gradients.assign(o.network.gradients.size(), 0.0);
  expect_near(o.got(), want);
  // d/dtheta of the mean over samples, with the other sign: the optimiser ascends.
  const double slope = (want[0] - without[0] + want[1] - without[1]) / 2 / eta * 0.03 * 5;
  EXPECT_NEAR(o.network.gradients.back(), -slope, 1e-5 * std::abs(slope));
}

TEST(ObjectiveValue, OfRecorruption) {
  for (const char* name : {"r2r", "noisier2noise"}) {
    Formula o({name, "", {{"alpha", 0.5}}, gaussian(0.2)});
    const Values &y = o.batch.noisy, z = o.noise(gaussian(0.1), y), f = o.f(z);
    const bool r2r = std::string(name) == "r2r";
    expect_near(o.got(), Formula::mean([&](std::size_t i) {
                  const double t =
                      r2r ? y[i] - (z[i] - y[i]) / 0.25 : y[i];  // y - w / alpha, alpha w = z - y
                  return (f[i] - t) * (f[i] - t);
                }));
  }
}

TEST(ObjectiveValue, OfBlindSpotsIsAMeanOverHiddenPixels) {
  using Rule = BlindSpotRule;
  for (const auto& [name, rule] : {std::pair<const char*, Rule>{"noise2self", {Rule::Kind::kGrid, 2, 1, -1}},
                                   {"noise2void", {Rule::Kind::kStratified, 2, 2, -1}}}) {
    Formula o({name, "", {{"spacing", 2.0}}, gaussian(0.2)});
    Values masked(2 * kPixels), mask(2 * kPixels);
    blind_spots(o.batch.view(masked), o.batch.view(mask), o.batch.view(o.batch.noisy), o.batch.origins, rule,
                o.runner.stream);
    const Values f = o.f(masked);
    const Values hidden = Formula::mean([&](std::size_t i) { return mask[i]; });
    Values want = Formula::mean(
        [&](std::size_t i) { return mask[i] * (f[i] - o.batch.noisy[i]) * (f[i] - o.batch.noisy[i]); });
    EXPECT_DOUBLE_EQ(hidden[0], 0.25);
    want = {want[0] / hidden[0], want[1] / hidden[1]};
    expect_near(o.got(), want);
  }
}

TEST(ObjectiveValue, OfNeighborsWithTheirRegulariser) {
  for (const double lambda : {0.0, 1.0, 3.0}) {
    Formula o({"neighbor2neighbor", "", {{"lambda", lambda}}, gaussian(0.2)});
    const Shape4 half{2, 1, 2, 2};
    const auto pairs = [&](Values& image) {
      std::pair<Values, Values> g{Values(8), Values(8)};
      neighbor_pairs({g.first.data(), DType::kF64, half, 1}, {g.second.data(), DType::kF64, half, 1},
                     o.batch.view(image), o.batch.origins, o.runner.stream);
      return g;
    };
    const auto [first, second] = pairs(o.batch.noisy);
    const ConstTensorView whole = o.network.predict(o.batch.view(o.batch.noisy), o.runner.stream);
    Values prediction(whole.as<double>(), whole.as<double>() + kShape.count());
    const auto [first_of_f, second_of_f] = pairs(prediction);
    const Values f = o.f(first, half);
    expect_near(o.got(), Formula::mean(
                             [&](std::size_t i) {
                               const double d = f[i] - second[i], r = d - (first_of_f[i] - second_of_f[i]);
                               return d * d + lambda * r * r;
                             },
                             4));
  }
}

}  // namespace
}  // namespace selfsame
