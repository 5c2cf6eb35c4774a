// SPDX-License-Identifier: Apache-2.0
#include "mri/masks/preflight.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "mri/masks/mask_family.hpp"
#include "mri/masks/splits.hpp"

namespace selfsame {
namespace {

using Verdict = MaskPreflight::Verdict;

SamplingLaw law_of(const char* type, std::int64_t w, const MaskOptions& options = {}) {
  return make_mask_family(type, {1, w, ""}, options)->law(0);
}

MaskPreflight weighted(const SamplingLaw& law, const SplitRule& rule = {}) {
  const std::vector<double> in_loss = in_loss_probabilities(law, rule);
  return mask_preflight(law, in_loss, loss_weights(in_loss));
}

MaskPreflight unweighted(const SamplingLaw& law, const SplitRule& rule = {}) {
  return mask_preflight(law, in_loss_probabilities(law, rule),
                        std::vector<double>(law.probability.size(), 1.0));
}

TEST(MaskPreflight, OfExactWeightsSaysSo) {
  const MaskPreflight p = weighted(law_of("random", 368));
  EXPECT_EQ(p.verdict, Verdict::kExact);
  EXPECT_EQ(p.size, 368);
  EXPECT_EQ(p.always, 29);
  EXPECT_EQ(p.never, 0);
  EXPECT_NEAR(p.acceleration(), 4, 1e-12);
  EXPECT_EQ(p.in_loss.count, 339);
  const double sampled = 63.0 / 339, in_loss = sampled * 0.4 / (1 - sampled * 0.6);
  EXPECT_NEAR(p.sampled.mean, sampled, 1e-12);
  EXPECT_NEAR(p.in_loss.min, in_loss, 1e-12);
  EXPECT_NEAR(p.weight.max, 1 / in_loss, 1e-11);
  EXPECT_NEAR(p.weight.cv, 0, 1e-12);
  ASSERT_EQ(p.notes.size(), 1u);
  EXPECT_EQ(p.notes[0], "every frequency outside the input counts 1 in the expected loss: unbiased");
  EXPECT_EQ(weighted(law_of("variable_density", 368)).verdict, Verdict::kExact);
  EXPECT_GT(weighted(law_of("variable_density", 368)).weight.cv, 0.1);
}

TEST(MaskPreflight, TellsUniformMasksFromVariableDensityWithoutWeights) {
  // With uniform random columns weights change nothing but the scale; with variable density they do.
  const MaskPreflight uniform = unweighted(law_of("random", 128));
  EXPECT_EQ(uniform.verdict, Verdict::kProportional);
  EXPECT_NEAR(uniform.effective.mean, uniform.in_loss.mean, 1e-15);
  const SamplingLaw law = law_of("variable_density", 128);
  const MaskPreflight uneven = unweighted(law);
  EXPECT_EQ(uneven.verdict, Verdict::kUneven);
  EXPECT_GT(uneven.effective.max / uneven.effective.mean, 2);
  EXPECT_LT(uneven.effective.min / uneven.effective.mean, 0.7);
  // The gaussian split takes more of the dense middle away from the input than of the edge: more uneven
  // still.
  SplitRule gaussian;
  gaussian.selection = SplitRule::Selection::kGaussian;
  EXPECT_EQ(unweighted(law, gaussian).verdict, Verdict::kUneven);
  EXPECT_EQ(weighted(law, gaussian).verdict, Verdict::kExact);
}

TEST(MaskPreflight, CountsColumnsThatAreNeverSampled) {
  const std::tuple<std::int64_t, std::int64_t> known[] = {{368, 24}, {320, 24}, {640, 44}};
  for (const auto& [w, never] : known) {
    const MaskPreflight p = weighted(law_of("equispaced_fraction", w));
    EXPECT_EQ(p.verdict, Verdict::kImpossible);
    EXPECT_EQ(p.never, never);
    ASSERT_EQ(p.notes.size(), 1u);
    EXPECT_TRUE(p.notes[0].starts_with(fmt::format(
        "{} of {} columns are never sampled by equispaced_fraction, centre 0.08, R = 4: ", never, w)))
        << p.notes[0];
  }
}

TEST(MaskPreflight, SaysThatDependentDrawsAreNotExact) {
  const MaskPreflight p = weighted(law_of("equispaced", 368));
  EXPECT_EQ(p.verdict, Verdict::kDependent);
  ASSERT_EQ(p.notes.size(), 1u);
  EXPECT_TRUE(p.notes[0].starts_with("equispaced, centre 0.08, R = 4: samples depend on each other"))
      << p.notes[0];
  EXPECT_NEAR(p.effective.mean, 1, 1e-14);
}

TEST(MaskPreflight, NamesColumnsThatAreNeverInTheLoss) {
  const SamplingLaw law{1, 4, {0.5, 1, 0.5, 0.5}, SamplingLaw::Dependence::kIndependent, "columns"};
  const MaskPreflight p =
      mask_preflight(law, std::vector<double>{0.2, 0, 0, 0.2}, std::vector<double>{5, 0, 0, 5});
  EXPECT_EQ(p.verdict, Verdict::kImpossible);
  EXPECT_EQ(p.notes[0],
            "1 of 4 columns is never in the loss: 2; no weights can make up for what is never compared");
  const SamplingLaw all{1, 2, {1, 1}, SamplingLaw::Dependence::kIndependent, "columns"};
  EXPECT_EQ(weighted(all).verdict, Verdict::kImpossible);  // everything is in the input
  EXPECT_EQ(weighted(all).notes[0], "no frequency is ever in the loss");
}

TEST(MaskPreflight, MeasuresSpread) {
  const SamplingLaw law{1, 3, {0.5, 0.5, 0.2}, SamplingLaw::Dependence::kIndependent, "columns"};
  const MaskPreflight p =
      mask_preflight(law, std::vector<double>{0.5, 0.25, 0.1}, std::vector<double>{2, 4, 9});
  EXPECT_EQ(p.verdict, Verdict::kUneven);
  EXPECT_DOUBLE_EQ(p.weight.mean, 5);
  EXPECT_DOUBLE_EQ(p.weight.cv, std::sqrt((9 + 1 + 16) / 3.0) / 5);
  EXPECT_EQ(p.weight.min, 2);
  EXPECT_EQ(p.weight.max, 9);
  const std::string table = preflight_table(p);
  EXPECT_NE(table.find("  weight                                  2          5          9    0.589\n"),
            std::string::npos)
      << table;
  EXPECT_NE(table.find("  uneven\n  - frequencies count from 0.93 to 1.03 times their mean"),
            std::string::npos)
      << table;
}

}  // namespace
}  // namespace selfsame
