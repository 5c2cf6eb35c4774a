// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/verification_report.hpp"

#include <gtest/gtest.h>

<<<<<<< HEAD
#include "tests/engine/verify/tiny_record.hpp"
=======
#include <limits>
#include <nlohmann/json.hpp>

>>>>>>> objectives
#include "tests/support/markup.hpp"

namespace selfsame {
namespace {

<<<<<<< HEAD
std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(VerificationReport, IsAPageThatNeedsNothingElse) {
  VerificationRecord record = tiny_record();
  record.laws = {tiny_law()};
  const std::string page = verification_report(record);
  EXPECT_EQ(markup_fault(page), "");
  for (const char* outside :
       {"http:", "https:", "<script", "<link", "src=", "up.<0>.bias", "ssdu & friends"}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
}

TEST(VerificationReport, ShowsEveryComparisonWithItsNumbers) {
  VerificationRecord record = tiny_record();
  record.laws = {tiny_law()};
  const std::string page = verification_report(record);
  for (const char* said :
       {"noise2noise", "step 150", "ssdu &amp; friends", "negative control", "1.23 %", "4.56 %", "71 %",
        "3.33 %", "1.75 [1.50, 2.12]", "E|f(y) - x|^2", "12 images &lt; 16x16", "a &amp; b.json",
        "up.&lt;0&gt;.bias", "4.062 [3.750, 4.375], expected 4.000",
        "1 comparisons unbiased as claimed, 1 negative controls flagged."}) {
    EXPECT_NE(page.find(said), std::string::npos) << said;
  }
  EXPECT_EQ(page.find("not as claimed"), std::string::npos);
  EXPECT_EQ(count_of(page, "1.75 [1.50, 2.12]"), 2u) << "one row for each";
  // Bias, variance, one law, the layers of the comparison that is no control.
  EXPECT_EQ(count_of(page, "<svg"), 4u);
}

TEST(VerificationReport, PlotsTheColumnsOfKSpace) {
  VerificationRecord record = tiny_record();
  const std::size_t before = count_of(verification_report(record), "relative bias by column of k-space");
  record.comparisons[1].control = false;
  const std::string page = verification_report(record);
  EXPECT_EQ(before, 0u) << "of a control they are not shown";
  EXPECT_GE(count_of(page, "relative bias by column of k-space"), 1u);
  EXPECT_EQ(markup_fault(page), "");
}

TEST(VerificationReport, SaysWhatIsNotAsClaimedAndWhichControlsWereMissed) {
  VerificationRecord record = tiny_record();
  record.comparisons[0].verdict = Verdict::kBiased;
  record.comparisons[1].verdict = Verdict::kInconclusive;
  const std::string text = summary_text(record);
  EXPECT_NE(text.find("0 comparisons unbiased as claimed, 0 negative controls flagged."), std::string::npos)
      << text;
  EXPECT_NE(text.find("Not as claimed: noise2noise, step 150 (biased)."), std::string::npos) << text;
  EXPECT_NE(text.find("Controls not flagged: ssdu & friends, step 150 (inconclusive)."), std::string::npos)
      << text;
  const std::string page = verification_report(record);
  EXPECT_EQ(count_of(page, "<b>(not as claimed)</b>"), 2u);
  EXPECT_EQ(markup_fault(page), "");
}

TEST(VerificationReport, OfNothingIsStillAPage) {
  const std::string page = verification_report({});
  EXPECT_EQ(markup_fault(page), "");
  EXPECT_NE(page.find("0 comparisons"), std::string::npos);
=======
VerificationRecord record() {
  VerificationRecord r;
  r.network = "U-Net <small> & fast";
  r.data = "12 images";
  r.command = "selfsame verify --config a.json";
  Comparison good;
  good.objective = "noise2noise";
  good.point = "step 100";
  good.claim = {true, "E|f(y) - x|^2", "y", "mean zero"};
  good.verdict = Verdict::kUnbiased;
  good.draws = 256;
  good.bias.relative = 0.002;
  good.upper = 0.008;
  good.variance = {1, 1.3, 2, 2.6, 1.3, 1.2, 1.4};
  good.layers = {{"down.0.weight", 0.001, 0.01, 0.7}, {"last.bias", 0.1, 0.3, 0.01}};
  good.groups.resize(3);
  Comparison control = good;
  control.objective = "noise2noise_l1";
  control.control = true;
  control.claim.unbiased = false;
  control.verdict = Verdict::kInconclusive;
  control.upper = std::numeric_limits<double>::infinity();
  r.comparisons = {good, control};
  VarianceLaw law;
  law.name = "quadratic";
  law.points = {{0.1, 1, 1.1, 0.9, 1.1}, {0.2, 4, 4.4, 3.9, 4.1}};
  law.ratio = 4.02;
  r.laws = {law};
  return r;
}

TEST(VerificationReport, IsAWholePageThatFetchesNothing) {
  const std::string page = verification_report(record());
  EXPECT_EQ(markup_fault(page), "");
  EXPECT_EQ(page.find("src=\"http"), std::string::npos);
  for (const char* part : {"noise2noise_l1", "U-Net &lt;small&gt; &amp; fast", "E|f(y) - x|^2", "0.80 %",
                           "not as claimed", "down.0.weight", "column of k-space", "quadratic", "4.020",
                           "negative control", "selfsame verify --config a.json"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
}

TEST(VerificationReport, SumsUpWhatIsAsClaimedAndWhatIsNot) {
  VerificationRecord r = record();
  EXPECT_FALSE(r.all_as_claimed());
  EXPECT_NE(summary_text(r).find("Controls not flagged: noise2noise_l1, step 100 (inconclusive)"),
            std::string::npos)
      << summary_text(r);
  r.comparisons[1].verdict = Verdict::kBiased;
  EXPECT_TRUE(r.all_as_claimed());
  EXPECT_EQ(summary_text(r), "1 comparisons unbiased as claimed, 1 negative controls flagged.");
  r.comparisons[0].control = true;  // told that it must be flagged: unbiased is then a miss
  EXPECT_FALSE(r.all_as_claimed());
}

TEST(VerificationRecord, IsJsonInWhichInfinityIsNull) {
  const nlohmann::json j = nlohmann::json::parse(to_json(record()));
  EXPECT_EQ(j["comparisons"].size(), 2u);
  EXPECT_EQ(j["comparisons"][0]["relative_bias"]["upper95"], 0.008);
  EXPECT_TRUE(j["comparisons"][1]["relative_bias"]["upper95"].is_null());
  EXPECT_EQ(j["comparisons"][1]["as_claimed"], false);
  EXPECT_EQ(j["comparisons"][0]["layers"].size(), 2u);
  EXPECT_EQ(j["laws"][0]["points"][1]["predicted"], 4.4);
  EXPECT_FALSE(j["environment"]["compiler"].get<std::string>().empty());
}

TEST(VerificationRecord, ALineHoldsTheNumbersOfAComparison) {
  const std::string line = comparison_line(record().comparisons[0]);
  for (const char* part :
       {"noise2noise", "step 100", "unbiased", "0.20 %", "0.80 %", "256", "1.30 [1.20, 1.40]"}) {
    EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
  }
  EXPECT_EQ(line.find("<--"), std::string::npos);
  EXPECT_NE(comparison_line(record().comparisons[1]).find("<--"), std::string::npos);
>>>>>>> objectives
}

}  // namespace
}  // namespace selfsame
