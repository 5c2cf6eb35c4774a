// SPDX-License-Identifier: Apache-2.0
#include "engine/study/subspace_study.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/report/html.hpp"
#include "engine/study/figure1_values.hpp"
#include "engine/study/subspace_report.hpp"
#include "engine/study/subspace_results.hpp"
#include "tests/support/markup.hpp"

namespace selfsame {
namespace {

SubspaceStudyConfig small() {
  SubspaceStudyConfig config;
  config.n = 12;
  config.d = 3;
  config.sigma = 0.4;
  config.target_sigmas = {0.3, 0.6};
  config.examples = {2, 8, 14, 30, 200};
  config.repeats = 300;
  config.iterations = 2000;
  return config;
}

bool go_on(double /*done*/, double /*total*/) { return true; }

SubspaceStudy run(const SubspaceStudyConfig& config, int threads = 2) {
  Stream stream(DeviceKind::kCpu, threads);
  return run_subspace_study(config, 5, stream, go_on).value();
}

TEST(SubspaceStudy, EstimateIsMeanErrorAndMedian) {
  const Estimate even = estimate_of({1, 2, 3, 10});
  EXPECT_DOUBLE_EQ(even.mean, 4);
  EXPECT_DOUBLE_EQ(even.error, std::sqrt((9 + 4 + 1 + 36) / 3.0 / 4.0));
  EXPECT_DOUBLE_EQ(even.median, 2.5);
  EXPECT_DOUBLE_EQ(estimate_of({7, 1, 2}).median, 2);
  EXPECT_TRUE(std::isnan(estimate_of({1, std::nan("")}).median));
}

TEST(SubspaceStudy, AgreesWithTheClosedForms) {
  const SubspaceStudy study = run(small());
  ASSERT_EQ(study.points.size(), 15u);
  EXPECT_EQ(study.target_sigmas, (std::vector<double>{0, 0.3, 0.6}));
  // Where 4 standard errors are met by chance once in 16,000 (N = m + 2 has no finite variance: left out).
  int checked = 0;
  for (const SubspacePoint& point : study.points) {
    SCOPED_TRACE(fmt::format("N {} sigma' {}", point.examples, point.target_sigma));
    if (point.examples >= 30) {
      EXPECT_LT(std::abs(point.converged_deviation()), 4);
      ++checked;
    }
    if (point.examples >= 8) {
      EXPECT_LT(std::abs(point.restricted_deviation()), 4);
      ++checked;
    }
    EXPECT_LE(point.early.mean, point.converged.mean * (1 + 1e-6));
    EXPECT_GE(point.early.mean, study.problem.optimal_risk());
  }
  EXPECT_EQ(checked, 6 + 12);
  EXPECT_TRUE(std::isnan(study.point(1, 0).converged_deviation()));   // N = 8 < n
  EXPECT_TRUE(std::isnan(study.point(0, 0).restricted_deviation()));  // N = 2 < d
  // Two levels, three estimators: the exact ones within 4 standard errors of 1 + sigma'^2/R*.
  ASSERT_EQ(study.factors.size(), 6u);
  for (const ExtraSamples& factor : study.factors) {
    EXPECT_DOUBLE_EQ(factor.expected, study.problem.extra_samples(factor.target_sigma));
    EXPECT_EQ(factor.sizes, factor.estimator == "least_squares" ? 2 : 4);
    EXPECT_GT(factor.error, 0);
    if (factor.estimator != "early_stopped") {
      EXPECT_NEAR(factor.factor, factor.expected, 4 * factor.error) << factor.estimator;
    }
  }
  EXPECT_EQ(study.checks.size(), 5u);
  EXPECT_LT(largest_step_difference(study), 1e-10);
}

TEST(SubspaceStudy, NumbersDoNotDependOnThreadsOrOnTheOtherSizes) {
  SubspaceStudyConfig config = small();
  config.repeats = 40;  // a whole batch and a bit
  const SubspaceStudy two = run(config, 2), one = run(config, 1);
  config.examples = {14};
  const SubspaceStudy alone = run(config, 2);
  for (std::size_t i = 0; i < two.points.size(); ++i) {
    EXPECT_EQ(two.points[i].early.mean, one.points[i].early.mean);
    EXPECT_EQ(two.points[i].converged.error, one.points[i].converged.error);
  }
  EXPECT_EQ(two.point(2, 1).early.mean, alone.point(0, 1).early.mean);
}

TEST(SubspaceStudy, StopsWhenAsked) {
  Stream stream(DeviceKind::kCpu, 1);
  int calls = 0;
  double last = 0;
  const auto result = run_subspace_study(small(), 5, stream, [&](double done, double total) {
    EXPECT_GT(done, last);
    EXPECT_LE(done, total);
    last = done;
    return ++calls < 3;
  });
  EXPECT_FALSE(result.has_value());
  EXPECT_EQ(calls, 3);
}

TEST(SubspaceStudy, ResultsAndReportHoldWhatWasFound) {
  SubspaceStudyConfig config = small();
  config.repeats = 20;
  const SubspaceStudy study = run(config);
  StudyContext context;
  context.name = "a <small> study";
  context.command = "selfsame study";
  context.environment = {{"cpu", "x & y"}};
  const nlohmann::json json = nlohmann::json::parse(subspace_json(study, context));
  EXPECT_EQ(json["study"], "subspace");
  EXPECT_EQ(json["repeats"], 20);
  ASSERT_EQ(json["points"].size(), 15u);
  EXPECT_EQ(json["points"][4]["examples"], 8);
  EXPECT_EQ(json["points"][4]["early_stopped"]["mean"], study.points[4].early.mean);
  EXPECT_TRUE(json["points"][4]["least_squares_L1"].is_null());  // N < n
  EXPECT_EQ(json["extra_samples"].size(), 6u);
  ASSERT_EQ(json["extra_samples_fitted"].size(), 4u);
  EXPECT_EQ(json["extra_samples_fitted"][3]["estimator"], "subspace");
  EXPECT_EQ(json["extra_samples_fitted"][3]["factor"]["value"], study.fitted[3].factor.value);
  EXPECT_EQ(json["least_squares_against_L1"]["points"], 9);
  EXPECT_EQ(json["subspace_against_L2"]["points"], 12);

  const std::string csv = subspace_csv(study);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 16);
  EXPECT_EQ(csv.find("nan"), std::string::npos);

  const std::string report = subspace_report(study, context);
  EXPECT_EQ(markup_fault(report), "");
  EXPECT_NE(report.find("a &lt;small&gt; study"), std::string::npos);
  EXPECT_NE(report.find("Extra examples without the theory"), std::string::npos);
  EXPECT_NE(report.find("x &amp; y"), std::string::npos);
  EXPECT_NE(report.find(html_escape(subspace_answer(study))), std::string::npos);
  EXPECT_EQ(report.find("<th class=\"number\">paper</th>"), std::string::npos);  // not the paper's problem
  std::size_t figures = 0;
  for (std::size_t at = report.find("<figure>"); at != std::string::npos;
       at = report.find("<figure>", at + 1)) {
    ++figures;
  }
  EXPECT_EQ(figures, 4u);
}

TEST(SubspaceStudy, PublishedValuesAreThoseOfTheNotebook) {
  EXPECT_EQ(figure1_value(1024, 0.2)->early, 0.00140);
  EXPECT_EQ(figure1_value(1024, 0.2)->converged, 0.00545);
  EXPECT_EQ(figure1_value(100, 0)->converged, 0.26431);
  EXPECT_EQ(figure1_value(1, 0.05)->early, 0.90070);
  EXPECT_FALSE(figure1_value(2, 0).has_value());
  EXPECT_FALSE(figure1_value(1, 0.3).has_value());
}

}  // namespace
}  // namespace selfsame
