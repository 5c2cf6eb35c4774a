// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_figures.hpp"

#include <gtest/gtest.h>

#include "tests/engine/study/samples/tiny_study.hpp"
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

TEST(SampleFigures, OneForEveryQuantityThatIsKnown) {
  const std::string html = sample_plots_html(tiny_study(), tiny_answer());
  EXPECT_EQ(markup_fault(html), "");
  EXPECT_EQ(count_of(html, "<figure>"), 5u) << "risk, PSNR, two gaps, factors; no SSIM";
  SampleAnswer answer = tiny_answer();
  for (SamplePoint& point : answer.points) {
    point.ssim = {0.5, 0.25, 0.75};
  }
  EXPECT_EQ(count_of(sample_plots_html(tiny_study(), answer), "<figure>"), 6u);
  answer.extras.clear();
  answer.gaps.clear();
  SampleResults results = tiny_study();
  results.variances.clear();
  EXPECT_EQ(count_of(sample_plots_html(results, answer), "<figure>"), 3u);
}

/// One figure by the beginning of its caption.
std::string figure_of(const std::string& html, const std::string& caption) {
  const std::size_t at = html.find("<figcaption>" + caption);
  return at == std::string::npos ? "" : html.substr(at, html.find("</figure>", at) - at);
}

TEST(SampleFigures, RiskHasABandPerMethodAndALawWhereThereIsOne) {
  const std::string figure = figure_of(sample_plots_html(tiny_study(), tiny_answer()), "Risk");
  for (const char* band : {"band f0", "band f1", "band f2"}) {
    EXPECT_EQ(count_of(figure, band), 1u) << band;
  }
  EXPECT_EQ(count_of(figure, "<polyline class=\"curve s0\" stroke-dasharray"), 1u);
  EXPECT_EQ(count_of(figure, "<polyline class=\"curve s0\" points"), 0u) << "the law instead of the line";
  EXPECT_EQ(count_of(figure, "<polyline class=\"curve s1\" points"), 1u);
  EXPECT_EQ(count_of(figure, "<circle class=\"curve s0\""), 3u + 1u) << "its means, and the legend";
  SampleAnswer answer = tiny_answer();
  answer.laws.clear();
  const std::string without = figure_of(sample_plots_html(tiny_study(), answer), "Risk");
  EXPECT_EQ(without.find("dashed"), std::string::npos);
}

TEST(SampleFigures, FactorsShowBoundsAsTrianglesAndThePredictionDashed) {
  const std::string figure = figure_of(sample_plots_html(tiny_study(), tiny_answer()), "Extra examples");
  EXPECT_EQ(count_of(figure, "l4.5 8h-9z"), 1u) << "at least";
  EXPECT_EQ(count_of(figure, "l4.5 -8h-9z"), 1u + 1u) << "at most, and the legend of a method without values";
  EXPECT_EQ(count_of(figure, "<polyline class=\"curve s1\" stroke-dasharray"), 1u);
  EXPECT_NE(figure.find("predicted"), std::string::npos);
  SampleResults results = tiny_study();
  results.variances.clear();
  EXPECT_EQ(figure_of(sample_plots_html(results, tiny_answer()), "Extra examples").find("predicted"),
            std::string::npos);
}

TEST(SampleFigures, EstimatesWithoutAnIntervalAreOnTheCurveOfValues) {
  SampleAnswer answer = tiny_answer();
  for (ExtraExamples& extra : answer.extras) {
    extra.kind = extra.method == 1 ? ExtraKind::kEstimate : ExtraKind::kNothing;
    extra.factor = {2.5, std::nan(""), std::nan("")};
  }
  const std::string figure = figure_of(sample_plots_html(tiny_study(), answer), "Extra examples");
  EXPECT_EQ(count_of(figure, "<circle class=\"curve s1\""), 3u);
  EXPECT_EQ(count_of(figure, "<polygon"), 0u);
}

TEST(SampleFigures, OneSizeAndOneSeedStillDraw) {
  SampleResults results = tiny_study();
  results.sizes = {20};
  std::erase_if(results.runs, [](const SampleRun& run) { return run.size > 0 || run.seed > 0; });
  results.seeds = {0};
  SampleAnswer answer = tiny_answer();
  std::erase_if(answer.points, [](const SamplePoint& p) { return p.size > 0; });
  std::erase_if(answer.gaps, [](const SampleGap& g) { return g.size > 0; });
  std::erase_if(answer.extras, [](const ExtraExamples& e) { return e.size > 0; });
  for (SamplePoint& point : answer.points) {
    point.risk.low = point.risk.high = std::nan("");
  }
  const std::string html = sample_plots_html(results, answer) + sample_curves_html(results);
  EXPECT_EQ(markup_fault(html), "");
  EXPECT_EQ(html.find("nan"), std::string::npos);
  EXPECT_EQ(html.find("inf\""), std::string::npos);
  EXPECT_EQ(count_of(figure_of(html, "Risk"), "<polygon"), 0u) << "no interval, no band";
}

TEST(SampleFigures, VariancesAreRowsWithTheirWeights) {
  SampleResults results = tiny_study();
  results.variances.push_back(
      {2, std::string(100, 'w'), std::nan(""), std::nan(""), 1e300, std::nan(""), std::nan(""), 1e300, 4});
  const std::string html = sample_variances_html(results);
  EXPECT_EQ(markup_fault(html), "");
  EXPECT_EQ(count_of(html, "<circle"), 2u);
  EXPECT_NE(html.find("supervised, N = 80, seed 0"), std::string::npos);
  EXPECT_EQ(html.find("nan"), std::string::npos);
  results.variances.clear();
  EXPECT_EQ(sample_variances_html(results), "");
}

TEST(SampleFigures, CurvesStandByMethodAndFailedOnesAreDashed) {
  const std::string html = sample_curves_html(tiny_study());
  EXPECT_EQ(markup_fault(html), "");
  EXPECT_EQ(count_of(html, "<figure>"), 3u);
  EXPECT_EQ(count_of(html, "<polyline"), 18u);
  EXPECT_EQ(count_of(html, "<polyline class=\"curve s1\" stroke-dasharray"), 1u);
  EXPECT_NE(html.find("a&lt;b&gt;&amp;&quot;c&quot;"), std::string::npos);
  EXPECT_EQ(count_of(html, ">N = 1280</text>"), 3u) << "once per plot, not per seed";
  SampleResults results = tiny_study();
  for (SampleRun& run : results.runs) {
    run.curve.clear();
  }
  EXPECT_EQ(sample_curves_html(results), "");
}

TEST(SampleFigures, CurvesOfDifferentMethodsShareTheirRange) {
  SampleResults results = tiny_study();
  for (SampleRun& run : results.runs) {
    if (run.method > 0) {
      for (SampleCurvePoint& point : run.curve) {
        point.validation += 100;
      }
    }
  }
  const std::string html = sample_curves_html(results);
  const std::string first = figure_of(html, "supervised"), second = figure_of(html, "noise2noise");
  ASSERT_FALSE(first.empty() || second.empty());
  EXPECT_NE(first.find(">100</text>"), std::string::npos);
  EXPECT_NE(second.find(">40</text>"), std::string::npos);
}

TEST(SampleFigures, OfNothingIsNothing) {
  EXPECT_EQ(sample_plots_html({}, {}), "");
  EXPECT_EQ(sample_curves_html({}), "");
  EXPECT_EQ(sample_variances_html({}), "");
}

}  // namespace
}  // namespace selfsame
