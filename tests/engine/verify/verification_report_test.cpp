// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/verification_report.hpp"

#include <gtest/gtest.h>

#include "tests/engine/verify/tiny_record.hpp"
#include "tests/support/markup.hpp"

namespace selfsame {
namespace {

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
}

}  // namespace
}  // namespace selfsame
