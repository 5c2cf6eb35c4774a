// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_report.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "tests/engine/study/samples/tiny_study.hpp"
#include "tests/support/markup.hpp"

namespace selfsame {
namespace {

std::string page_of(const SampleResults& results, const SampleAnswer& answer) {
  return sample_report(results, answer, tiny_context());
}

bool has(const std::string& page, std::string_view part) { return page.find(part) != std::string::npos; }

/// The values of an attribute, in order.
std::vector<std::string> attributes(const std::string& page, const std::string& name) {
  std::vector<std::string> values;
  const std::regex pattern(" " + name + "=\"([^\"]*)\"");
  for (std::sregex_iterator it(page.begin(), page.end(), pattern), end; it != end; ++it) {
    values.push_back((*it)[1]);
  }
  return values;
}

TEST(SampleReport, IsAWellFormedPageThatFetchesNothing) {
  const std::string page = page_of(tiny_study(), tiny_answer());
  EXPECT_EQ(markup_fault(page), "");
  for (const char* outside : {"http:", "https:", "<script", "<link", "url(", "@import", "a<b>"}) {
    EXPECT_FALSE(has(page, outside)) << outside;
  }
  for (const std::string& source : attributes(page, "src")) {
    EXPECT_TRUE(source.starts_with("data:image/png;base64,")) << source;
  }
}

TEST(SampleReport, LinksPointToSectionsThatAreThereOnce) {
  const std::string page = page_of(tiny_study(), tiny_answer());
  const std::vector<std::string> ids = attributes(page, "id");
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
  const std::vector<std::string> links = attributes(page, "href");
  EXPECT_EQ(links.size(), 9u);
  for (const std::string& link : links) {
    EXPECT_EQ(std::count(ids.begin(), ids.end(), link.substr(1)), 1) << link;
  }
}

TEST(SampleReport, SaysTheAnswerFirstThenTheStateAndTheNotes) {
  const std::string page = page_of(tiny_study(), tiny_answer());
  const std::size_t answer = page.find("<p class=\"answer\">The answer is &lt;2.5&gt;.</p>");
  const std::size_t state = page.find("<p class=\"warning\">18 of 18 runs are done; 1 of them failed.</p>");
  const std::size_t note = page.find("<li>1 run failed &amp; is left out.</li>");
  ASSERT_NE(note, std::string::npos);
  EXPECT_LT(answer, state);
  EXPECT_LT(state, note);
  EXPECT_LT(note, page.find("<svg"));
}

TEST(SampleReport, WarnsOfAPartialStudyOnly) {
  SampleResults results = tiny_study();
  std::erase_if(results.runs, [](const SampleRun& run) { return !run.failure.empty(); });
  EXPECT_TRUE(has(page_of(results, tiny_answer()), "17 of 18 runs are done."));
  results.planned = 17;
  EXPECT_FALSE(has(page_of(results, tiny_answer()), "class=\"warning\""));
}

TEST(SampleReport, ListsPointsFactorsLawsAndRuns) {
  const std::string page = page_of(tiny_study(), tiny_answer());
  for (const char* said :
       {"In words &lt;1&gt;.", "≥ 4.00", "2.50 [2.00, 3.00]", "not told apart", "≤ 0.75",
        "no fit: no &lt;fit&gt;", "no fit: too few sizes", "1.88 [1.62, 2.12]", "50 %", "[25 %, 75 %]",
        "+0.05", "-1.00", "a&lt;b&gt;&amp;&quot;c&quot;, &#39;d&#39;", "8 ended by early stopping",
        "9 ended by schedule", "1 failed", "All 18 runs",
        "noise2noise, σ′ = 25, N = 80, seed 1: diverged: &quot;loss&quot; is &lt;nan&gt;,\nat step 812"}) {
    EXPECT_TRUE(has(page, said)) << said;
  }
  EXPECT_FALSE(has(page, "SSIM")) << "it is not known";
  // Every table header says what it heads.
  EXPECT_EQ(std::regex_replace(page, std::regex("<th scope=\"(row|col)\""), "").find("<th "),
            std::string::npos);
  EXPECT_FALSE(has(page, "<th>"));
}

TEST(SampleReport, SaysNothingOfSignificanceWithoutAnInterval) {
  SampleAnswer answer = tiny_answer();
  EXPECT_TRUE(has(page_of(tiny_study(), answer), "<td>yes</td>"));
  for (SampleGap& gap : answer.gaps) {
    gap.risk.low = gap.risk.high = std::nan("");
    gap.significant = false;
  }
  const std::string page = page_of(tiny_study(), answer);
  EXPECT_FALSE(has(page, "<td>yes</td>") || has(page, "<td>no</td>"));
}

TEST(SampleReport, NamesTheOffsetOfTheJointLaw) {
  SampleAnswer answer = tiny_answer();
  answer.joint.missing.clear();
  answer.joint.offset = {11, 10, 12};
  EXPECT_TRUE(has(page_of(tiny_study(), answer), "with N − 11 for N."));
  answer.joint.offset = {0, 0, 0};
  EXPECT_FALSE(has(page_of(tiny_study(), answer), "for N."));
}

TEST(SampleReport, TellsHowToReproduceIt) {
  const std::string page = page_of(tiny_study(), tiny_answer());
  for (const char* said :
       {"selfsame study --set name=&quot;a &amp; b&quot;", "{&quot;a&quot;: &quot;&lt;b&gt;&quot;}",
        "x &amp; y", "<title>a &lt;tiny&gt; study</title>"}) {
    EXPECT_TRUE(has(page, said)) << said;
  }
}

TEST(SampleReport, LeavesOutSectionsWithoutContent) {
  SampleResults results = tiny_study();
  results.pictures.clear();
  results.variances.clear();
  const std::string page = page_of(results, tiny_answer());
  EXPECT_EQ(markup_fault(page), "");
  for (const char* absent : {"Example images", "Variance of gradients", "<img"}) {
    EXPECT_FALSE(has(page, absent)) << absent;
  }
}

TEST(SampleReport, ShowsTheAnswerOfOneSeedAndOfNoRuns) {
  SampleResults results = tiny_study();
  results.seeds = {0};
  std::erase_if(results.runs, [](const SampleRun& run) { return run.seed > 0; });
  results.planned = 9;
  const std::string one = page_of(results, answer_of(results));
  EXPECT_EQ(markup_fault(one), "");
  EXPECT_FALSE(has(one, ">nan<") || has(one, "[nan"));
  results.runs.clear();
  results.pictures.clear();
  const std::string none = page_of(results, answer_of(results));
  EXPECT_EQ(markup_fault(none), "");
  EXPECT_TRUE(has(none, "0 of 9 runs are done."));
}

TEST(SampleReport, OfNothingIsStillAPage) { EXPECT_EQ(markup_fault(sample_report({}, {}, {})), ""); }

}  // namespace
}  // namespace selfsame
