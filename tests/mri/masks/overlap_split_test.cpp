// SPDX-License-Identifier: Apache-2.0
#include "mri/masks/overlap_split.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "kernels/base/error.hpp"
#include "mri/masks/mask_family.hpp"

namespace selfsame {
namespace {

using Weights = OverlapRule::Weights;
using Rounding = OverlapRule::Rounding;

struct Row {
  std::int64_t n;
  double total;
  std::int64_t centre, input, rest, overlap, input_lines, target_lines;
  double in_input, not_in_input;  ///< weight times probability under the authors' weights
};

/// Sizes and realised weights of the published configurations.
const std::vector<Row>& published() {
  static const std::vector<Row> rows{
      {100, 3.0, 8, 17, 8, 2, 25, 18, 1.059, 0.960},   {100, 3.5, 8, 17, 4, 1, 25, 13, 1.235, 1.120},
      {320, 3.0, 26, 54, 27, 6, 80, 59, 1.000, 1.013}, {320, 3.5, 26, 54, 12, 3, 80, 41, 1.167, 1.050},
      {396, 3.0, 32, 67, 33, 7, 99, 72, 0.940, 1.000}, {396, 3.5, 32, 67, 14, 3, 99, 49, 0.940, 0.990}};
  return rows;
}

std::unique_ptr<MaskFamily> total_set(std::int64_t n, double total) {
  return make_mask_family("random_count", {1, n, ""},
                          {{"center_fraction", {0.08}}, {"acceleration", {total}}});
}

OverlapRule rule_of(double total, Weights weights, Rounding rounding = Rounding::kNearest) {
  OverlapRule rule;
  rule.centre_fraction = 0.08;
  rule.total_acceleration = total;
  rule.weights = weights;
  rule.rounding = rounding;
  return rule;
}

TEST(OverlapSizes, AreThePublishedOnes) {
  for (const Row& row : published()) {
    const OverlapSizes s = overlap_sizes(row.n, 0.08, 4, row.total);
    EXPECT_EQ(s.centre, row.centre) << row.n;
    EXPECT_EQ(s.centre_first, (row.n - row.centre + 1) / 2);
    EXPECT_EQ(s.input, row.input) << row.n;
    EXPECT_EQ(s.rest, row.rest) << row.n << " " << row.total;
    EXPECT_EQ(s.overlap, row.overlap) << row.n << " " << row.total;
    EXPECT_EQ(s.input_lines(), row.input_lines);
    EXPECT_EQ(s.target_lines(), row.target_lines);
    EXPECT_NEAR(s.q_high, row.total == 3.0 ? 1.0 / 9 : 1.0 / 21, 1e-15);
    // q of the paper's formula, and W^2 = (1 - nu) / (q - nu) = 1 / q_h.
    const double q = (1 / row.total - 0.25 + 0.08 - 0.08 / row.total) / 0.75;
    EXPECT_NEAR(0.92 / (q - 0.08), 1 / s.q_high, 1e-12);
  }
}

TEST(OverlapProbabilities, OfTheAuthorsWeightsAreOnlyNearlyOne) {
  for (const Row& row : published()) {
    const SamplingLaw law = total_set(row.n, row.total)->law(0);
    const OverlapProbabilities p = overlap_probabilities(law, rule_of(row.total, Weights::kAuthors));
    EXPECT_NEAR(p.in_loss_of_input[0] * p.weight_of_input[0], row.in_input, 0.0005)
        << row.n << " " << row.total;
    EXPECT_NEAR(p.in_loss_of_rest[0] * p.weight_of_rest[0], row.not_in_input, 0.0005)
        << row.n << " " << row.total;
    const OverlapProbabilities exact = overlap_probabilities(law, rule_of(row.total, Weights::kExact));
    for (std::size_t j = 0; j < exact.in_loss_of_input.size(); ++j) {
      EXPECT_NEAR(exact.in_loss_of_input[j] * exact.weight_of_input[j], 1, 1e-14);
      EXPECT_NEAR(exact.in_loss_of_rest[j] * exact.weight_of_rest[j], 1, 1e-14);
    }
  }
}

TEST(OverlapSplit, HasThePublishedSetsAndSamplesNothingNew) {
  for (const Row& row : published()) {
    const auto family = total_set(row.n, row.total);
    const SamplingLaw law = family->law(0);
    for (std::uint32_t i = 0; i < 20; ++i) {
      const SamplingMask omega = family->draw(RandomStream(1, RandomPurpose::kMask, 0, i)).mask;
      const OverlapSplit split = overlap_split(omega, law, rule_of(row.total, Weights::kExact),
                                               RandomStream(1, RandomPurpose::kSplit, 0, i));
      std::int64_t targets = 0, overlap = 0;
      for (std::size_t j = 0; j < split.weight.size(); ++j) {
        const bool target = split.weight[j] > 0, input = split.input.sampled[j] != 0;
        EXPECT_EQ(target || input, omega.sampled[j] != 0);
        targets += target;
        overlap += target && input && !law.always(static_cast<std::int64_t>(j));
        if (law.always(static_cast<std::int64_t>(j))) {
          EXPECT_TRUE(input);
          EXPECT_EQ(split.weight[j], 1.0);
        }
      }
      EXPECT_EQ(split.input.count(), row.input_lines);
      EXPECT_EQ(targets, row.target_lines);
      EXPECT_EQ(overlap, row.overlap);
    }
  }
}

/// Mean weight of every line, by whether it is in the input set, over many splits of many sampled sets; each
/// must be 1. (By symmetry a line's mean given an input set depends on its membership alone for these laws;
/// for independent laws lines are independent.)
void expect_mean_weight_one(const MaskFamily& family, const OverlapRule& rule) {
  constexpr std::uint32_t kDraws = 20000;
  const SamplingLaw law = family.law(0);
  struct Sum {
    double n = 0, sum = 0, squares = 0;
  };
  std::map<std::pair<std::size_t, bool>, Sum> sums;
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    const SamplingMask omega = family.draw(RandomStream(5, RandomPurpose::kMask, 0, i)).mask;
    const OverlapSplit split = overlap_split(omega, law, rule, RandomStream(5, RandomPurpose::kSplit, 0, i));
    for (std::size_t j = 0; j < split.weight.size(); ++j) {
      Sum& s = sums[{j, split.input.sampled[j] != 0}];
      s.n += 1;
      s.sum += split.weight[j];
      s.squares += split.weight[j] * split.weight[j];
    }
  }
  for (const auto& [key, s] : sums) {
    const double mean = s.sum / s.n, variance = s.squares / s.n - mean * mean;
    EXPECT_NEAR(mean, 1, 6 * std::sqrt(std::max(variance, 0.0) / s.n) + 1e-12)
        << key.first << (key.second ? " in" : " out");
  }
}

TEST(OverlapSplit, ComparesEveryLineWithMeanWeightOne) {
  OverlapRule rule;
  const auto counts =
      make_mask_family("random_count", {1, 40, ""}, {{"center_fraction", {0.1}}, {"acceleration", {2}}});
  expect_mean_weight_one(*counts, rule);
  rule.rounding = Rounding::kRandom;
  expect_mean_weight_one(*counts, rule);
  expect_mean_weight_one(*make_mask_family("random", {1, 40, ""}, {{"accelerations", {2}}}), rule);
  expect_mean_weight_one(*make_mask_family("variable_density", {1, 40, ""},
                                           {{"acceleration", {2}}, {"order", {2}}, {"floor", {0.2}}}),
                         rule);
}

TEST(OverlapSplit, RoundsAtRandomWithTheExactMean) {
  // 100 lines, 1/4 in the input, 1/3.5 in all: 17 / 21 of a line in both, on average.
  const auto family = total_set(100, 3.5);
  const SamplingLaw law = family->law(0);
  const OverlapRule rule = rule_of(3.5, Weights::kExact, Rounding::kRandom);
  constexpr std::uint32_t kDraws = 20000;
  double overlap = 0, input = 0;
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    const SamplingMask omega = family->draw(RandomStream(6, RandomPurpose::kMask, 0, i)).mask;
    const OverlapSplit split = overlap_split(omega, law, rule, RandomStream(6, RandomPurpose::kSplit, 0, i));
    input += static_cast<double>(split.input.count());
    for (std::size_t j = 0; j < 100; ++j) {
      overlap +=
          split.input.sampled[j] != 0 && split.weight[j] > 0 && !law.always(static_cast<std::int64_t>(j));
    }
  }
  EXPECT_NEAR(input / kDraws, 25, 1e-12);  // a whole number: no rounding
  EXPECT_NEAR(overlap / kDraws, 17.0 / 21,
              6 * std::sqrt(0.25 / kDraws));  // variance of a 0 or 1: at most 1/4
}

TEST(OverlapSplit, IsTheSameForTheSameStream) {
  const auto family = total_set(320, 3);
  const SamplingMask omega = family->draw(RandomStream(1, RandomPurpose::kMask, 0, 0)).mask;
  const auto split = [&](std::uint32_t epoch) {
    return overlap_split(omega, family->law(0), rule_of(3, Weights::kExact),
                         RandomStream(1, RandomPurpose::kSplit, epoch, 0));
  };
  EXPECT_EQ(split(0).input.sampled, split(0).input.sampled);
  EXPECT_EQ(split(0).weight, split(0).weight);
  EXPECT_NE(split(0).input.sampled, split(1).input.sampled);
}

TEST(OverlapSplit, RefusesWhatItCannotDo) {
  const OverlapRule rule = rule_of(3, Weights::kExact);
  const auto equispaced = make_mask_family("equispaced", {1, 100, ""}, {});
  EXPECT_THROW(static_cast<void>(overlap_probabilities(equispaced->law(0), {})), Error);
  // Sampled at R = 4, nothing is left beside an input at R = 4.
  EXPECT_THROW(static_cast<void>(overlap_probabilities(total_set(100, 4)->law(0), rule)), Error);
  EXPECT_THROW(static_cast<void>(overlap_sizes(100, 0.08, 4, 4.5)), Error);
  EXPECT_THROW(static_cast<void>(overlap_sizes(100, 0.3, 4, 3)), Error);
  EXPECT_THROW(static_cast<void>(overlap_sizes(4, 0, 4, 3.9)), Error);
  EXPECT_THROW(static_cast<void>(overlap_sizes(100, -0.1, 4, 3)), Error);
  // 0.37 lines in both round to none; drawing the rounding makes it possible.
  const auto few = total_set(50, 3.7);
  EXPECT_THROW(static_cast<void>(overlap_probabilities(few->law(0), rule_of(3.7, Weights::kExact))), Error);
  EXPECT_NO_THROW(static_cast<void>(
      overlap_probabilities(few->law(0), rule_of(3.7, Weights::kExact, Rounding::kRandom))));
}

}  // namespace
}  // namespace selfsame
