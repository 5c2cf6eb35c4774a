// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/verification_report.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/support/markup.hpp"

namespace selfsame {
namespace {

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
}

}  // namespace
}  // namespace selfsame
