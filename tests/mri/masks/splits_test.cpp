// SPDX-License-Identifier: Apache-2.0
// The condition of unbiasedness, by enumerating every sampled set and every split of a few columns, and that
// the draws have the enumerated probabilities.
#include "mri/masks/splits.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

using Dependence = SamplingLaw::Dependence;
using Selection = SplitRule::Selection;
using Set = std::uint32_t;  // bit j: column j

bool has(Set set, std::size_t j) { return (set >> j & 1u) != 0; }

SamplingMask mask_of(Set set, std::size_t n) {
  SamplingMask mask;
  mask.w = static_cast<std::int64_t>(n);
  for (std::size_t j = 0; j < n; ++j) {
    mask.sampled.push_back(has(set, j));
  }
  return mask;
}

SamplingLaw law_of(std::vector<double> probability, Dependence dependence = Dependence::kIndependent) {
  SamplingLaw law;
  law.w = static_cast<std::int64_t>(probability.size());
  law.probability = std::move(probability);
  law.dependence = dependence;
  law.text = "test columns";
  return law;
}

/// Three of the five columns that are not always sampled.
SamplingLaw fixed_law() { return law_of({0.6, 0.6, 1, 0.6, 0.6, 0.6}, Dependence::kFixedSize); }

/// P(Omega = set), from the meaning of the law.
double sampled_probability(const SamplingLaw& law, Set set) {
  double p = 1, expected = 0;
  int high = 0, taken = 0;
  for (std::size_t j = 0; j < law.probability.size(); ++j) {
    const bool always = law.always(static_cast<std::int64_t>(j));
    if (always || law.dependence == Dependence::kIndependent) {
      p *= has(set, j) ? law.probability[j] : 1 - law.probability[j];
    }
    high += !always;
    taken += !always && has(set, j);
    expected += always ? 0 : law.probability[j];
  }
  if (law.dependence == Dependence::kFixedSize) {
    const int size = static_cast<int>(std::lround(expected));
    double subsets = 1;
    for (int i = 0; i < size; ++i) {
      subsets *= static_cast<double>(high - i) / (i + 1);
    }
    p *= taken == size ? 1 / subsets : 0;
  }
  return p;
}

/// P(input = part | Omega = set), from the meaning of the rule.
double input_probability(const SamplingLaw& law, const SplitRule& rule, const std::vector<double>& keep,
                         Set set, Set part) {
  double always = 1, by_line = 1, all_kept = 1;
  int taken = 0, out = 0;
  for (std::size_t j = 0; j < law.probability.size(); ++j) {
    if (!has(set, j)) {
      continue;
    }
    const double here = has(part, j) ? keep[j] : 1 - keep[j];
    if (law.always(static_cast<std::int64_t>(j))) {
      always *= here;
    } else {
      by_line *= here;
      all_kept *= keep[j];
      ++taken;
      out += !has(part, j);
    }
  }
  if (rule.selection == Selection::kFixedCount) {
    const int size = taken == 0 ? 0 : std::max(1, static_cast<int>(std::nearbyint(rule.loss_share * taken)));
    double subsets = 1;
    for (int i = 0; i < size; ++i) {
      subsets *= static_cast<double>(taken - i) / (i + 1);
    }
    return out == size ? always / subsets : 0;
  }
  if (law.dependence == Dependence::kFixedSize && taken > 0) {  // never all: then one of them is taken out
    by_line = out == 0 ? 0 : by_line + (out == 1 ? all_kept / taken : 0);
  }
  return always * by_line;
}

struct Enumerated {
  double probability = 0;
  std::vector<double> weight;  ///< E[weight 1(j in the loss); input set]
};

std::map<Set, Enumerated> enumerate(const SamplingLaw& law, const SplitRule& rule) {
  const std::vector<double> keep = keep_probability(law, rule);
  const std::size_t n = law.probability.size();
  std::map<Set, Enumerated> inputs;
  for (Set omega = 0; omega < 1u << n; ++omega) {
    const double p_omega = sampled_probability(law, omega);
    for (Set part = 0; part < 1u << n; ++part) {
      const double p = (part & ~omega) != 0 ? 0 : p_omega * input_probability(law, rule, keep, omega, part);
      if (p == 0) {
        continue;
      }
      Enumerated& e = inputs[part];
      e.weight.resize(n);
      e.probability += p;
      const std::vector<double> weight = split_weights(mask_of(omega, n), mask_of(part, n), law, rule, keep);
      for (std::size_t j = 0; j < n; ++j) {
        EXPECT_EQ(weight[j] > 0, has(omega & ~part, j)) << omega << " " << part << " " << j;
        e.weight[j] += p * weight[j];
      }
    }
  }
  return inputs;
}

void expect_unbiased(const SamplingLaw& law, const SplitRule& rule) {
  double total = 0;
  const std::map<Set, Enumerated> inputs = enumerate(law, rule);
  for (const auto& [part, e] : inputs) {
    total += e.probability;
    for (std::size_t j = 0; j < law.probability.size(); ++j) {
      if (!has(part, j)) {
        // A sum of at most 2^6 products of 13 factors, each rounded once: 1000 roundings of 2^-53.
        EXPECT_NEAR(e.weight[j] / e.probability, 1.0, 1000 * 0x1p-53) << "input " << part << ", column " << j;
      }
    }
  }
  EXPECT_NEAR(total, 1.0, 1000 * 0x1p-53);
  EXPECT_EQ(split_exactness(law, rule), SplitExactness::kExact);
}

SplitRule rule_of(Selection selection, bool keep_always = true, double share = 0.4) {
  SplitRule rule;
  rule.selection = selection;
  rule.loss_share = share;
  rule.keep_always = keep_always;
  return rule;
}

TEST(SplitWeights, AreUnbiasedForEveryInputSetOfIndependentColumns) {
  for (const std::vector<double>& p :
       {std::vector<double>{0.3, 1, 0.7}, {0.2, 0.9, 1, 1, 0.5, 0.05}, {0.5, 0.5, 0.5, 0.5}}) {
    for (const bool keep_always : {true, false}) {
      expect_unbiased(law_of(p), rule_of(Selection::kUniform, keep_always));
      expect_unbiased(law_of(p), rule_of(Selection::kGaussian, keep_always, 0.3));
    }
  }
}

TEST(SplitWeights, AreUnbiasedForEveryInputSetOfAFixedSize) {
  for (const bool keep_always : {true, false}) {
    for (const double share : {0.1, 0.4, 0.7}) {
      expect_unbiased(fixed_law(), rule_of(Selection::kUniform, keep_always, share));
      expect_unbiased(fixed_law(), rule_of(Selection::kFixedCount, keep_always, share));
    }
  }
}

TEST(SplitWeights, OfAFixedCountFromIndependentColumnsMissOnlyTheEmptySet) {
  // Nothing sampled outside the centre: nothing to compare. That set has probability (1 - p)^4; all other
  // input sets have the centre and the columns left of k >= 1 sampled ones.
  const SamplingLaw law = law_of({0.5, 0.5, 1, 0.5, 0.5});
  const SplitRule rule = rule_of(Selection::kFixedCount);
  const std::map<Set, Enumerated> inputs = enumerate(law, rule);
  for (const auto& [part, e] : inputs) {
    const double nothing = part == 0b00100 ? std::pow(0.5, 4) : 0;
    for (std::size_t j = 0; j < 5; ++j) {
      if (!has(part, j)) {
        EXPECT_NEAR(e.weight[j], e.probability - nothing, 1000 * 0x1p-53) << part << " " << j;
      }
    }
  }
}

TEST(SplitWeights, WouldBeWrongForAFixedSizeIfColumnsWereTakenAsIndependent) {
  // The enumeration can fail: the marginal formula on a law of fixed size.
  SamplingLaw law = fixed_law();
  const SplitRule rule = rule_of(Selection::kUniform);
  const std::vector<double> keep = keep_probability(law, rule);
  SamplingLaw taken_as_independent = law;
  taken_as_independent.dependence = Dependence::kIndependent;
  double worst = 0;
  std::map<Set, std::pair<double, double>> sums;  // of column 0
  for (Set omega = 0; omega < 64; ++omega) {
    for (Set part = 0; part < 64; ++part) {
      if ((part & ~omega) == 0 && !has(part, 0)) {
        const double p = sampled_probability(law, omega) * input_probability(law, rule, keep, omega, part);
        if (p > 0) {
          sums[part].first += p;
          sums[part].second +=
              p * split_weights(mask_of(omega, 6), mask_of(part, 6), taken_as_independent, rule, keep)[0];
        }
      }
    }
  }
  for (const auto& [part, sum] : sums) {
    worst = std::max(worst, std::abs(sum.second / sum.first - 1));
  }
  EXPECT_GT(worst, 0.1);
}

TEST(SplitWeights, OfDependentColumnsAreRightOnAverageOnly) {
  // Every second of four columns, offset 0 or 1.
  const SamplingLaw law = law_of({0.5, 0.5, 0.5, 0.5}, Dependence::kOther);
  const SplitRule rule = rule_of(Selection::kUniform);
  EXPECT_EQ(split_exactness(law, rule), SplitExactness::kApproximate);
  const std::vector<double> keep = keep_probability(law, rule);
  double outside = 0, weight = 0, given_column_2 = 0, probability_of_it = 0;
  for (const Set omega : {0b0101u, 0b1010u}) {
    for (Set part = 0; part < 16; ++part) {
      if ((part & ~omega) == 0 && !has(part, 0)) {
        const double p = 0.5 * input_probability(law, rule, keep, omega, part);
        const double w = split_weights(mask_of(omega, 4), mask_of(part, 4), law, rule, keep)[0];
        outside += p;
        weight += p * w;
        probability_of_it += part == 0b0100 ? p : 0;
        given_column_2 += part == 0b0100 ? p * w : 0;
      }
    }
  }
  EXPECT_NEAR(weight / outside, 1, 1e-14);  // the average over input sets
  EXPECT_NEAR(given_column_2 / probability_of_it, 3.5,
              1e-12);  // 1 / (1 - K) = 0.7 / 0.2: column 0 is certain
}

TEST(DrawInput, HasTheEnumeratedProbabilities) {
  constexpr std::uint32_t kDraws = 20000;
  const Set omega = 0b101101;
  const SamplingLaw independent = law_of({0.5, 0.5, 1, 0.5, 0.5, 0.5});
  const std::pair<SamplingLaw, SplitRule> cases[] = {
      {independent, rule_of(Selection::kUniform)},
      {independent, rule_of(Selection::kGaussian, false)},
      {independent, rule_of(Selection::kFixedCount)},
      {fixed_law(), rule_of(Selection::kUniform, false, 0.1)},
      {fixed_law(), rule_of(Selection::kFixedCount, false)},
  };
  for (const auto& [law, rule] : cases) {
    const std::vector<double> keep = keep_probability(law, rule);
    std::map<Set, int> seen;
    for (std::uint32_t i = 0; i < kDraws; ++i) {
      const RandomStream random(9, RandomPurpose::kSplit, 0, i);
      const SamplingMask input = draw_input(mask_of(omega, 6), law, rule, keep, random);
      Set set = 0;
      for (std::size_t j = 0; j < 6; ++j) {
        set |= static_cast<Set>(input.sampled[j]) << j;
      }
      ++seen[set];
    }
    for (Set part = 0; part < 64; ++part) {
      const double p = (part & ~omega) != 0 ? 0 : input_probability(law, rule, keep, omega, part);
      EXPECT_NEAR(seen[part], kDraws * p, 6 * std::sqrt(kDraws * p * (1 - p))) << part;
    }
  }
}

TEST(KeepProbability, SendsTheAskedShareToTheLoss) {
  SamplingLaw law = law_of(std::vector<double>(64, 0.25));
  for (std::size_t j = 29; j < 36; ++j) {
    law.probability[j] = 1;
  }
  law.probability[3] = 0.9;
  for (const Selection selection : {Selection::kUniform, Selection::kGaussian}) {
    const std::vector<double> keep = keep_probability(law, rule_of(selection, true, 0.3));
    double loss = 0, all = 0;
    for (std::size_t j = 0; j < 64; ++j) {
      EXPECT_EQ(keep[j] == 1.0, law.probability[j] == 1.0) << j;
      loss += law.always(static_cast<std::int64_t>(j)) ? 0 : law.probability[j] * (1 - keep[j]);
      all += law.always(static_cast<std::int64_t>(j)) ? 0 : law.probability[j];
    }
    EXPECT_NEAR(loss, 0.3 * all, 1e-12 * all);
  }
  const std::vector<double> gaussian = keep_probability(law, rule_of(Selection::kGaussian));
  EXPECT_NEAR((1 - gaussian[16]) / (1 - gaussian[0]), std::exp(-0.5) / std::exp(-2.0),
              1e-12);  // 1 and 2 sd of 16
}

TEST(InLossProbability, IsOneMinusK) {
  for (const double p : {0.02, 0.3, 1.0}) {
    for (const double keep : {0.1, 0.6}) {
      EXPECT_NEAR(in_loss_probability(p, keep), 1 - (1 - p) / (1 - keep * p), 1e-15);
    }
  }
  EXPECT_EQ(in_loss_probability(1, 1), 0.0);
  EXPECT_EQ(in_loss_probability(0, 0.5), 0.0);
  EXPECT_EQ(in_loss_probability(0.5, 1), 0.0);
  // Three of five sampled, one of them to the loss: given two kept, one of the three others is sampled.
  EXPECT_NEAR(in_loss_probabilities(fixed_law(), rule_of(Selection::kFixedCount))[0], 1.0 / 3, 1e-15);
  EXPECT_EQ(loss_weights(std::vector<double>{0.25, 0, 1}), (std::vector<double>{4, 0, 1}));
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "no error";
}

TEST(Splits, SayWhyTheyAreImpossible) {
  const SamplingLaw law = law_of({0.5, 0, 1, 0, 0.5});
  const SplitRule rule = rule_of(Selection::kUniform);
  const std::vector<double> keep = keep_probability(law, rule);
  EXPECT_EQ(
      message_of([&] { static_cast<void>(split_weights(mask_of(5, 5), mask_of(4, 5), law, rule, keep)); }),
      "no weights make this split unbiased: 2 of 5 columns are never sampled by test columns: 1, 3");
  EXPECT_EQ(impossible_frequencies(law_of({0.5, 1, 0.5}), std::vector<double>{1, 1, 0.5}),
            "1 of 3 columns is never in the loss: whenever sampled they are in the input: 0");
  EXPECT_EQ(impossible_frequencies(law_of({0.5, 1, 0.5}), std::vector<double>{0.2, 1, 0.5}), "");
  EXPECT_EQ(
      message_of([&] { static_cast<void>(keep_probability(fixed_law(), rule_of(Selection::kGaussian))); }),
      "a gaussian split has no closed-form weights for masks of a fixed size (test columns); split "
      "uniformly, "
      "or sample every line independently");
  for (const SamplingLaw& other : {law_of({0.5, 0.25, 1}), law_of({0.5, 0.5}, Dependence::kOther)}) {
    EXPECT_NE(message_of([&] {
                static_cast<void>(split_exactness(other, rule_of(Selection::kFixedCount)));
              }).find("a split of a fixed count has no closed-form weights for test columns"),
              std::string::npos);
  }
  EXPECT_EQ(
      message_of([&] { static_cast<void>(keep_probability(law, rule_of(Selection::kUniform, true, 1))); }),
      "loss_share 1 must be between 0 and 1");
}

}  // namespace
}  // namespace selfsame
