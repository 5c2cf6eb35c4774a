// SPDX-License-Identifier: Apache-2.0
// Is what the k-space objectives claim of their mean gradient true? On tiny problems every mask and every
// split that can occur is enumerated, with its probability from the definition of the method, so that the
// mean gradient is exact; noise is drawn. An objective that claims wrongly fails, and one that could claim
// and does not fails too.
#include <gtest/gtest.h>

#include <map>

#include "mri/masks/splits.hpp"
#include "tests/losses/kspace/kspace_runner.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kCoils = 2, kRows = 2;

enum class Split { kNone, kDisjoint, kFixedCount, kOverlap };
enum class Risk { kAll, kOutsideInput };

/// A registered objective on a law, how it splits, and over which frequencies the risk it states runs.
struct Case {
  std::string name;
  ObjectiveOptions options;
  SamplingLaw law;
  Split split;
  Risk risk;
  std::string label;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.name << c.label; }
};

std::vector<Case> cases() {
  using S = std::string;
  const SamplingLaw free = independent_law(), fixed = fixed_size_law();
  const ObjectiveOptions paper{{"acceleration", 2.5}}, paper_fixed{{"acceleration", 2.0}};
  const ObjectiveOptions authors{{"acceleration", 2.0}, {"weights", S("authors")}};
  const ObjectiveOptions random{{"acceleration", 2.0}, {"rounding", S("random")}};
  const ObjectiveOptions gaussian{{"selection", S("gaussian")}}, count{{"selection", S("fixed_count")}};
  return {
      {"supervised_kspace", {}, free, Split::kNone, Risk::kAll, ""},
      {"paper_split", paper, free, Split::kOverlap, Risk::kAll, "_independent"},
      {"paper_split", paper_fixed, fixed, Split::kOverlap, Risk::kAll, "_fixed_size"},
      {"paper_split", random, fixed, Split::kOverlap, Risk::kAll, "_random_rounding"},
      {"paper_split", authors, fixed, Split::kOverlap, Risk::kAll, "_authors_weights"},
      {"paper_split_normalized", paper, free, Split::kOverlap, Risk::kAll, ""},
      {"ssdu", {}, free, Split::kDisjoint, Risk::kOutsideInput, ""},
      {"ssdu", gaussian, free, Split::kDisjoint, Risk::kOutsideInput, "_gaussian"},
      {"ssdu_original", {}, free, Split::kDisjoint, Risk::kOutsideInput, ""},
      {"weighted_ssdu", {}, free, Split::kDisjoint, Risk::kOutsideInput, "_independent"},
      {"weighted_ssdu", {}, three_column_law(), Split::kDisjoint, Risk::kOutsideInput, "_three_columns"},
      {"ssdu", {}, three_column_law(), Split::kDisjoint, Risk::kOutsideInput, "_three_columns"},
      {"weighted_ssdu", gaussian, free, Split::kDisjoint, Risk::kOutsideInput, "_gaussian"},
      {"weighted_ssdu", {}, fixed, Split::kDisjoint, Risk::kOutsideInput, "_fixed_size"},
      {"weighted_ssdu", count, fixed, Split::kFixedCount, Risk::kOutsideInput, "_fixed_count"},
      {"robust_ssdu", {}, free, Split::kDisjoint, Risk::kAll, "_independent"},
      {"robust_ssdu", {}, fixed, Split::kDisjoint, Risk::kAll, "_fixed_size"},
      {"noisier2noise_kspace", {}, free, Split::kDisjoint, Risk::kAll, "_independent"},
      {"noisier2noise_kspace", gaussian, free, Split::kDisjoint, Risk::kAll, "_gaussian"},
  };
}

double binomial(double n, double k) {
  return std::round(std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1)));
}

/// Sizes of the sets outside the centre.
struct Counts {
  double high = 0, sampled = 0, input = 0, both = 0;
};
Counts counts_of(const SplitExample& e, const SamplingLaw& law) {
  Counts n;
  for (std::size_t j = 0; j < e.input.size(); ++j) {
    if (!law.always(static_cast<std::int64_t>(j))) {
      n.high += 1;
      n.sampled += e.sampled.sampled[j];
      n.input += e.input[j];
      n.both += e.input[j] != 0 && e.weight[j] != 0;
    }
  }
  return n;
}

/// P(this split | what was sampled), from the definition of the method.
double probability_of(const SplitExample& e, const Case& c) {
  const Counts n = counts_of(e, c.law);
  const bool fixed = c.law.dependence == SamplingLaw::Dependence::kFixedSize;
  if (c.split == Split::kNone) {
    return 1;
  }
  if (c.split == Split::kFixedCount) {  // round(0.4 * sampled) of them
    return 1 / binomial(n.sampled, std::round(0.4 * n.sampled));
  }
  if (c.split == Split::kOverlap && fixed) {
    // Half of 6 lines are input, 2 beside the centre; q_h = (5/6 - 1/2) / (1/2) = 2/3, so 4/3 lines are in
    // both.
    const bool random = c.options.contains("rounding");
    const double of_size = !random ? 1.0 : n.both == 1 ? 2.0 / 3 : 1.0 / 3;
    return of_size / binomial(n.sampled, 2) / binomial(2, n.both);
  }
  double probability = 1, all_kept = 1;
  SplitRule rule;
  rule.selection =
      c.options.contains("selection") ? SplitRule::Selection::kGaussian : SplitRule::Selection::kUniform;
  const std::vector<double> keep = keep_probability(c.law, rule);
  for (std::size_t j = 0; j < e.input.size(); ++j) {
    if (c.law.always(static_cast<std::int64_t>(j)) || e.sampled.sampled[j] == 0) {
      continue;
    }
    if (c.split ==
        Split::kOverlap) {  // 5 / 2.5 lines are input, 1 the centre; 2.2 lines are sampled beside it
      const double p = c.law.probability[j], kept = 1 / 2.2, q = p * (1 - kept) / (1 - p * kept);
      probability *= e.input[j] == 0 ? 1 - kept : kept * (e.weight[j] != 0 ? q : 1 - q);
    } else {
      probability *= e.input[j] == 0 ? 1 - keep[j] : keep[j];
      all_kept *= keep[j];
    }
  }
  // Of sets of a fixed size, and without weights, one line at least goes to the loss: if all were kept, any
  // of them.
  const bool not_empty = fixed || c.name.starts_with("ssdu");
  probability = not_empty && n.input == n.sampled ? 0.0 : probability;
  return probability + (not_empty && n.input == n.sampled - 1 ? all_kept / n.sampled : 0.0);
}

struct Outcome {
  SplitExample example;
  double probability;
};

/// Every split of the mask that can occur. What the objective draws is counted and compared with the
/// probabilities.
std::vector<Outcome> all_splits(const KSpaceObjective& objective, const Case& c, const SplitExample& example,
                                const SamplingMask& mask) {
  constexpr std::uint32_t kDraws = 3000, kMost = 300000;
  std::map<std::pair<std::vector<float>, std::vector<float>>, std::pair<Outcome, int>> seen;
  double total = 0;
  std::uint32_t draw = 0;
  for (; draw < kDraws || (total < 1 - 1e-12 && draw < kMost); ++draw) {
    SplitExample e = example;
    split_example(e, objective, c.law, mask, draw);
    auto [at, added] = seen.try_emplace({e.input, e.weight}, Outcome{e, 0.0}, 0);
    at->second.second += draw < kDraws;
    if (added) {
      at->second.first.probability = probability_of(e, c);
      total += at->second.first.probability;
    }
  }
  EXPECT_NEAR(total, 1, 1e-12) << "splits that the definition does not know, or that are never drawn";
  std::vector<Outcome> list;
  for (const auto& [key, entry] : seen) {
    const auto& [outcome, count] = entry;
    const double p = outcome.probability, mean = kDraws * p;
    // Six standard deviations, and one for the discreteness of rare ones.
    EXPECT_LE(std::abs(count - mean), 6 * std::sqrt(mean * (1 - p)) + 3) << "probability " << p;
    list.push_back(outcome);
  }
  return list;
}

/// The gradient of the claimed risk at the network's last input from its definition, not from the objective's
/// code: the prediction, corrected as at test time, against the clean k-space, 1/n sum |g - k|^2. Adds to the
/// network's gradients.
void add_supervised(TinyReconstruction& network, const KSpaceRunner& runner, const SplitExample& e,
                    const Case& c) {
  SamplingMask seen{c.law.h, c.law.w, {e.input.begin(), e.input.end()}};
  const std::vector<float> measured(network.input.begin(), network.input.end());
  const auto corrected = [&](std::vector<float> f) {
    runner.objective->correct(f, c.law, measured, seen, kCoils, kRows, c.law.w);
    return f;
  };
  // The correction is affine, number by number.
  const std::vector<float> g = corrected({network.output.begin(), network.output.end()});
  const std::vector<float> at_one = corrected(std::vector<float>(g.size(), 1.0f));
  const std::vector<float> at_zero = corrected(std::vector<float>(g.size(), 0.0f));
  std::vector<double> d(g.size()), error(g.size());
  double e2 = 0, k2 = 0, k1 = 0;  // of the frequencies that count
  for (std::size_t i = 0; i < d.size(); ++i) {
    const bool counts = c.risk == Risk::kAll || e.input[runner.mask_place(i)] == 0;
    const double slope = static_cast<double>(at_one[i]) - static_cast<double>(at_zero[i]);
    error[i] = counts ? static_cast<double>(g[i]) - e.clean[i] : 0.0;
    d[i] = 2 * slope * error[i];
    e2 += error[i] * error[i];
    k2 += counts ? e.clean[i] * e.clean[i] : 0.0;
    k1 += counts && i % 2 == 0 ? std::hypot(e.clean[i], e.clean[i + 1]) : 0.0;
  }
  for (std::size_t i = 0; i < d.size(); ++i) {
    if (c.name == "ssdu_original") {  // 1/2 |f - k|_2 / |k|_2 + 1/2 |f - k|_1 / |k|_1
      const double modulus = std::hypot(error[i], error[i ^ 1U]);
      d[i] = modulus == 0 ? 0.0 : error[i] / 2 * (1 / std::sqrt(e2 * k2) + 1 / (k1 * modulus));
    } else {
      d[i] /= c.name == "paper_split_normalized" ? k2 : static_cast<double>(d.size()) / 2;
    }
  }
  network.backward_from(d);
}

double norm(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) {
    sum += x * x;
  }
  return std::sqrt(sum);
}
double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += a[i] * b[i];
  }
  return sum;
}

struct Means {
  std::vector<double> objective, supervised;
  double size = 0;  ///< the mean of the gradients' sizes: what rounding is relative to
};

class Unbiasedness : public ::testing::TestWithParam<Case> {};

Means enumerate(const Case& c) {
  const Shape4 shape{1, kCoils, kRows, c.law.w};
  KSpaceRunner runner(make_kspace_objective(c.name, c.options), shape, 1, DType::kF64, DeviceKind::kCpu);
  TinyReconstruction network(PredictionDomain::kKSpace, DType::kF64, 1, shape, DeviceKind::kCpu);
  const SplitExample example = make_example(shape, 0, 0.0f);
  Means means{std::vector<double>(network.weights.size()), std::vector<double>(network.weights.size())};
  const auto add = [&](std::vector<double>& sum, double probability) {
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] += probability * network.gradients[i];
    }
    means.size += probability * norm(network.gradients);
    std::fill(network.gradients.begin(), network.gradients.end(), 0.0);
  };
  for (const MaskOutcome& mask : all_masks(c.law)) {
    if (c.name.starts_with("ssdu") && mask.mask.count() == 1) {
      continue;  // nothing but the centre: refused, and the mean is over the others
    }
    for (const Outcome& outcome : all_splits(*runner.objective, c, example, mask.mask)) {
      runner.run({outcome.example}, 1, network);
      add(means.objective, mask.probability * outcome.probability);
      runner.run_risk({outcome.example}, c.law, 1, network);
      add(means.supervised, mask.probability * outcome.probability);
    }
  }
  return means;
}

TEST_P(Unbiasedness, TheExactMeanGradientIsTheSupervisedOneIfItSaysSo) {
  const Means means = enumerate(GetParam());
  const bool claims = make_kspace_objective(GetParam().name, GetParam().options)->claim().unbiased;
  std::vector<double> difference = means.objective, scaled = means.objective;
  const double factor = dot(means.objective, means.supervised) / dot(means.supervised, means.supervised);
  for (std::size_t i = 0; i < difference.size(); ++i) {
    difference[i] -= means.supervised[i];
    scaled[i] -= factor * means.supervised[i];
  }
  // Weights are stored as float, the test-time correction is computed in float: 2^-24 of their numbers, and
  // the correction's factor of robust_ssdu is 2.8. The other numbers are double.
  const double round_off = 4e-7 * means.size;
  EXPECT_EQ(norm(difference) <= round_off, claims) << "difference " << norm(difference) << ", rounding "
                                                   << round_off << ", gradient " << norm(means.supervised);
  if (!claims) {  // of the direction, whatever the scale: a margin that no rounding reaches
    EXPECT_GT(norm(scaled), 0.02 * norm(means.objective));
  }
}

INSTANTIATE_TEST_SUITE_P(Registered, Unbiasedness, ::testing::ValuesIn(cases()),
                         [](const auto& test) { return test.param.name + test.param.label; });

// Of many draws with noise, so that the network's input is not part of the truth.
TEST_P(Unbiasedness, TheRiskInCodeIsTheCorrectedPredictionAgainstTheTruth) {
  const Case& c = GetParam();
  const Shape4 shape{1, kCoils, kRows, c.law.w};
  KSpaceRunner runner(make_kspace_objective(c.name, c.options), shape, 1, DType::kF64, DeviceKind::kCpu);
  TinyReconstruction network(PredictionDomain::kKSpace, DType::kF64, 1, shape, DeviceKind::kCpu);
  const std::vector<MaskOutcome> masks = all_masks(c.law);
  int compared = 0;
  for (std::uint32_t draw = 0; draw < 40; ++draw) {
    const SamplingMask& mask = masks[draw % masks.size()].mask;
    if (mask.count() == 1) {
      continue;  // nothing but the centre
    }
    SplitExample e = make_example(shape, draw, 0.5f, draw);
    split_example(e, *runner.objective, c.law, mask, draw);
    std::fill(network.gradients.begin(), network.gradients.end(), 0.0);
    runner.run_risk({e}, c.law, 1, network);
    const std::vector<double> got = network.gradients;
    std::fill(network.gradients.begin(), network.gradients.end(), 0.0);
    add_supervised(network, runner, e, c);
    for (std::size_t i = 0; i < got.size(); ++i) {  // roundings as below
      ASSERT_NEAR(got[i], network.gradients[i], 4e-7 * norm(network.gradients))
          << "draw " << draw << ", " << i;
    }
    compared += norm(got) > 0.01;
  }
  EXPECT_GT(compared, 10);
}

TEST(UnbiasednessCases, NameEveryRegisteredKSpaceObjective) {
  const std::vector<Case> list = cases();
  for (const KSpaceObjectiveInfo& info : kspace_objectives()) {
    const bool there = std::any_of(list.begin(), list.end(),
                                   [&](const Case& c) { return c.name == std::string(info.name); });
    // Of magnitudes: it is a supervised loss itself, and the contract compares its gradient with its value.
    EXPECT_TRUE(there || info.name == "supervised_image") << info.name;
  }
}

// ---- noise

struct NoiseTrial {
  std::string name;
  Risk risk;
  ObjectiveOptions options;
  bool data_consistency = false;
  float stated_sigma = 0.5f;  ///< what the objective is told; the noise has 0.5
};

/// Largest |mean| / standard error over the parameters of (gradient - supervised gradient at the same input),
/// over drawn masks, splits and noise. Six normals: above 5 by chance once in some 3e5 seeds.
double noisy_deviation(const NoiseTrial& trial) {
  constexpr std::uint32_t kDraws = 4000;
  const Case c{trial.name, trial.options, independent_law(), Split::kNone, trial.risk, ""};
  const Shape4 shape{1, kCoils, kRows, c.law.w};
  KSpaceRunner runner(make_kspace_objective(c.name, c.options), shape, 1, DType::kF64, DeviceKind::kCpu);
  TinyReconstruction network(PredictionDomain::kKSpace, DType::kF64, 1, shape, DeviceKind::kCpu);
  network.data_consistency = trial.data_consistency;
  std::vector<double> sums(network.weights.size()), squares(network.weights.size());
  for (std::uint32_t draw = 0; draw < kDraws; ++draw) {
    SplitExample e = make_example(shape, 0, 0.5f, draw);
    e.sigma = trial.stated_sigma;
    SamplingMask mask{1, c.law.w, {}};
    for (std::size_t j = 0; j < c.law.probability.size(); ++j) {
      const RandomStream random(6, RandomPurpose::kTest, draw, 3);
      mask.sampled.push_back(static_cast<double>(random.uniform(j)) <= c.law.probability[j]);
    }
    split_example(e, *runner.objective, c.law, mask, draw);
    std::fill(network.gradients.begin(), network.gradients.end(), 0.0);
    runner.run({e}, 1, network);
    const std::vector<double> got = network.gradients;
    std::fill(network.gradients.begin(), network.gradients.end(), 0.0);
    runner.run_risk({e}, c.law, 1, network);
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double difference = got[i] - network.gradients[i];
      sums[i] += difference;
      squares[i] += difference * difference;
    }
  }
  double worst = 0;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const double mean = sums[i] / kDraws;
    worst = std::max(worst, std::abs(mean) / std::sqrt((squares[i] / kDraws - mean * mean) / kDraws));
  }
  return worst;
}

TEST(UnbiasednessWithNoise, HoldsWhereInputAndLossShareNoNoise) {
  EXPECT_LT(noisy_deviation({"weighted_ssdu", Risk::kOutsideInput, {}}), 5.0);
  EXPECT_LT(noisy_deviation({"robust_ssdu", Risk::kAll, {}}), 5.0);
  EXPECT_LT(noisy_deviation({"robust_ssdu", Risk::kAll, {{"alpha", 1.5}}}), 5.0);
}

TEST(UnbiasednessWithNoise, OfNoisier2NoiseHoldsForNetworksThatCopyTheirInput) {
  EXPECT_LT(noisy_deviation({"noisier2noise_kspace", Risk::kOutsideInput, {}, true}), 5.0);
}

// The conditions that the claims name are needed: without them the same statistic is far beyond the bound.
TEST(UnbiasednessWithNoise, FailsWithoutTheConditionsThatAreNamed) {
  EXPECT_GT(noisy_deviation({"paper_split", Risk::kAll, {{"acceleration", 2.5}}}), 8.0);
  EXPECT_GT(noisy_deviation({"noisier2noise_kspace", Risk::kAll, {}}), 8.0);
  EXPECT_GT(noisy_deviation({"robust_ssdu", Risk::kAll, {}, false, 0.2f}), 8.0);
}

}  // namespace
}  // namespace selfsame
