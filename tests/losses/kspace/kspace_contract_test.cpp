// SPDX-License-Identifier: Apache-2.0
// What every registered k-space objective must pass beside its claim (unbiasedness_test.cpp): its gradient is
// that of its value, lanes share nothing, and every device computes the same.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/losses/kspace/kspace_runner.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

/// An objective with options, as the tests below run it.
struct Case {
  std::string name;
  ObjectiveOptions options;
  [[nodiscard]] std::string text() const {
    const auto loss = options.find("loss");
    return name + (loss == options.end() ? "" : "_" + std::get<std::string>(loss->second));
  }
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.text(); }
};

std::vector<Case> cases() {
  std::vector<Case> list;
  for (const KSpaceObjectiveInfo& info : kspace_objectives()) {
    ObjectiveOptions options;
    if (info.name.starts_with("paper_split")) {
      options["acceleration"] = 2.5;  // of five columns
    }
    list.push_back({std::string(info.name), options});
    if (info.name == "supervised_image") {
      list.push_back({std::string(info.name), {{"loss", std::string("l1")}}});
      list.push_back({std::string(info.name), {{"loss", std::string("ssim")}}});
    }
  }
  return list;
}

/// Rows enough for SSIM's windows, in columns of a law with seven of them.
SamplingLaw wide_law() {
  return {
      1, 8, {0.5, 1.0, 0.8, 0.5, 0.6, 0.7, 0.4, 0.9}, SamplingLaw::Dependence::kIndependent, "eight columns"};
}
constexpr std::int64_t kCoils = 2, kRows = 7, kColumns = 8;

Shape4 batch_shape(std::int64_t n) { return {n, kCoils, kRows, kColumns}; }

/// Mask draw number `draw`, the same for every device and lane, with something for the loss.
SamplingMask draw_mask(std::uint32_t draw) {
  const SamplingLaw law = wide_law();
  SamplingMask mask{1, kColumns, {}};
  const RandomStream random(3, RandomPurpose::kTest, draw, 9);
  for (std::size_t j = 0; j < law.probability.size(); ++j) {
    mask.sampled.push_back(static_cast<double>(random.uniform(j)) <= law.probability[j]);
  }
  mask.sampled[2] = mask.sampled[5] = 1;
  return mask;
}

std::vector<SplitExample> make_batch(const KSpaceObjective& objective, std::int64_t n) {
  std::vector<SplitExample> batch;
  for (std::uint32_t i = 0; i < n; ++i) {
    batch.push_back(make_example(batch_shape(1), i, 0.1f + 0.05f * static_cast<float>(i), i));
    split_example(batch.back(), objective, wide_law(), draw_mask(i), i);
  }
  return batch;
}

struct Ready {
  KSpaceRunner runner;
  std::vector<SplitExample> batch;
  Ready(const Case& c, std::int64_t n, DType dtype, DeviceKind device)
      : runner(make_kspace_objective(c.name, c.options), batch_shape(n), 1, dtype, device),
        batch(make_batch(*runner.objective, n)) {}
  [[nodiscard]] TinyReconstruction network(std::int64_t lanes, DType dtype,
                                           std::uint32_t first_lane = 0) const {
    return {runner.objective->domain(), dtype,     lanes, batch_shape(std::ssize(batch)),
            runner.stream.device(),     first_lane};
  }
};

/// The sum over lanes of the lanes' losses.
double total(const std::vector<double>& losses, std::int64_t lanes) {
  double sum = 0;
  for (const double loss : losses) {
    sum += loss;
  }
  return sum / (static_cast<double>(losses.size()) / static_cast<double>(lanes));
}

class KSpaceContract : public ::testing::TestWithParam<Case> {};

// Of the objective and of the supervised risk that it claims, with everything that is drawn held fixed.
TEST_P(KSpaceContract, GradientMatchesCentralDifferences) {
  constexpr std::int64_t kLanes = 2;
  // The values of the divided losses are of order 1 too; divisors and noise do not depend on the network.
  Ready ready(GetParam(), 4, DType::kF64, DeviceKind::kCpu);
  for (const bool of_risk : {false, true}) {
    TinyReconstruction network = ready.network(kLanes, DType::kF64);
    const auto loss = [&] {
      return total(of_risk ? ready.runner.run_risk(ready.batch, wide_law(), kLanes, network)
                           : ready.runner.run(ready.batch, kLanes, network),
                   kLanes);
    };
    loss();
    const std::vector<double> gradients = network.gradients;
    // A prediction equal to its target within the step would show the kink of the absolute value; at 224
    // pixels and a step of 1e-5 there is none in these draws. Rounding: 1e-16 / 1e-5; truncation: 1e-10 times
    // the third derivative, which for moduli is of the order of 1 / |p - t|^2, some 1e4 at the smallest.
    constexpr double kStep = 1e-5;
    for (std::size_t i = 0; i < network.weights.size(); ++i) {
      const double weight = network.weights[i];
      network.weights[i] = weight + kStep;
      const double up = loss();
      network.weights[i] = weight - kStep;
      const double down = loss();
      network.weights[i] = weight;
      const double want = (up - down) / (2 * kStep);
      ASSERT_NEAR(gradients[i], want, 1e-7 * std::max(1.0, std::abs(want)))
          << "parameter " << i << (of_risk ? " of the risk" : "");
      ASSERT_GT(std::abs(gradients[i]), 1e-9)
          << "parameter " << i << " does nothing: the test would not see it";
    }
  }
}

TEST_P(KSpaceContract, GradientsAreAddedAndLossesOverwritten) {
  Ready ready(GetParam(), 2, DType::kF64, DeviceKind::kCpu);
  TinyReconstruction once = ready.network(1, DType::kF64), twice = ready.network(1, DType::kF64);
  const std::vector<double> first = ready.runner.run(ready.batch, 1, once);
  ready.runner.run(ready.batch, 1, twice);
  EXPECT_EQ(ready.runner.run(ready.batch, 1, twice), first);
  for (std::size_t i = 0; i < once.gradients.size(); ++i) {
    EXPECT_NEAR(twice.gradients[i], 2 * once.gradients[i], 1e-12 * (1 + std::abs(once.gradients[i])));
  }
}

TEST_P(KSpaceContract, ALaneOnEveryDeviceIsBitwiseTheSameAlone) {
  constexpr std::int64_t kLanes = 3, kBatch = 2;
  const DeviceKind device = contract::test_device();
  Ready all(GetParam(), kLanes * kBatch, DType::kF32, device);
  TinyReconstruction network = all.network(kLanes, DType::kF32);
  const std::vector<double> losses = all.runner.run(all.batch, kLanes, network);
  Ready one(GetParam(), kBatch, DType::kF32, device);
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    const auto first = all.batch.begin() + lane * kBatch;
    TinyReconstruction single = one.network(1, DType::kF32, static_cast<std::uint32_t>(lane));
    const std::vector<double> alone = one.runner.run({first, first + kBatch}, 1, single);
    EXPECT_EQ(std::memcmp(single.gradients.data(),
                          network.gradients.data() + lane * TinyReconstruction::kParameters,
                          single.gradients.size() * sizeof(double)),
              0);
    EXPECT_EQ(alone,
              (std::vector<double>{losses.begin() + lane * kBatch, losses.begin() + (lane + 1) * kBatch}));
  }
}

// Against the definition in double. Inputs, predictions, weights and gradients at the prediction are rounded
// to float, some ten roundings of numbers of order 1 in values of order 1: 6e-7. Weights of robust_ssdu
// reach 8.
TEST_P(KSpaceContract, EveryDeviceComputesTheDefinition) {
  Ready want(GetParam(), 4, DType::kF64, DeviceKind::kCpu),
      got(GetParam(), 4, DType::kF32, contract::test_device());
  TinyReconstruction exact = want.network(2, DType::kF64), network = got.network(2, DType::kF32);
  const std::vector<double> losses = want.runner.run(want.batch, 2, exact);
  contract::expect_close(got.runner.run(got.batch, 2, network), losses, {5e-6, 5e-6},
                         GetParam().name + " losses");
  contract::expect_close(network.gradients, exact.gradients, {5e-6, 5e-6}, GetParam().name + " gradients");
}

TEST_P(KSpaceContract, SplitsRepeatAndStayWithinWhatWasSampled) {
  const auto objective = make_kspace_objective(GetParam().name, GetParam().options);
  for (std::uint32_t draw = 0; draw < 50; ++draw) {
    SplitExample a = make_example(batch_shape(1), draw, 0.0f), b = a;
    split_example(a, *objective, wide_law(), draw_mask(draw), draw);
    split_example(b, *objective, wide_law(), draw_mask(draw), draw);
    EXPECT_EQ(a.input, b.input);
    EXPECT_EQ(a.weight, b.weight);
    for (std::size_t j = 0; j < a.input.size(); ++j) {
      EXPECT_TRUE(a.input[j] == 0.0f || (a.input[j] == 1.0f && a.sampled.sampled[j] != 0)) << j;
      EXPECT_GE(a.weight[j], 0.0f);
      EXPECT_TRUE(std::isfinite(a.weight[j]));
    }
    EXPECT_EQ(a.input[1], 1.0f) << "the centre is in the input";
  }
}

TEST_P(KSpaceContract, ClaimAndPreflightSayWhatTheyAre) {
  const auto objective = make_kspace_objective(GetParam().name, GetParam().options);
  const UnbiasednessClaim claim = objective->claim();
  EXPECT_FALSE(claim.risk.empty() || claim.input.empty() || claim.conditions.empty());
  const KSpaceObjective::Preflight preflight = objective->preflight(wide_law());
  ASSERT_EQ(preflight.in_loss.size(), static_cast<std::size_t>(kColumns));
  ASSERT_EQ(preflight.weight.size(), static_cast<std::size_t>(kColumns));
  for (std::size_t j = 0; j < kColumns; ++j) {
    const double effective = preflight.in_loss[j] * preflight.weight[j];
    EXPECT_TRUE(!claim.unbiased || preflight.in_loss[j] == 0 || std::abs(effective - 1) < 1e-12)
        << j << ": " << preflight.in_loss[j] << " times " << preflight.weight[j];
  }
}

INSTANTIATE_TEST_SUITE_P(Registered, KSpaceContract, ::testing::ValuesIn(cases()),
                         [](const auto& test) { return test.param.text(); });

}  // namespace
}  // namespace selfsame
