// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/verification_record.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/engine/verify/tiny_record.hpp"

namespace selfsame {
namespace {

TEST(VerificationRecord, AsJsonHoldsItsNumbers) {
  VerificationRecord record = tiny_record();
  record.laws = {tiny_law()};
  const nlohmann::json j = nlohmann::json::parse(to_json(record));
  EXPECT_EQ(j.at("network"), "U-Net of 4 channels");
  EXPECT_EQ(j.at("data"), "12 images < 16x16");
  EXPECT_EQ(j.at("command"), "selfsame verify --config \"a & b.json\"");
  EXPECT_EQ(j.at("alpha"), 0.0167);
  EXPECT_EQ(j.at("tolerance"), 0.05);
  EXPECT_EQ(j.at("all_as_claimed"), true);
  EXPECT_FALSE(j.at("environment").empty());
  EXPECT_EQ(j.at("date").get<std::string>().size(), 20u);
  ASSERT_EQ(j.at("comparisons").size(), 2u);
  const nlohmann::json& a = j.at("comparisons")[0];
  EXPECT_EQ(a.at("objective"), "noise2noise");
  EXPECT_EQ(a.at("point"), "step 150");
  EXPECT_EQ(a.at("claim").at("unbiased"), true);
  EXPECT_EQ(a.at("claim").at("risk"), "E|f(y) - x|^2");
  EXPECT_EQ(a.at("claim").at("conditions"), "target noise of mean zero");
  EXPECT_EQ(a.at("control"), false);
  EXPECT_EQ(a.at("verdict"), verdict_name(Verdict::kUnbiased));
  EXPECT_EQ(a.at("draws"), 128);
  EXPECT_EQ(a.at("p_value"), 0.25);
  EXPECT_EQ(a.at("relative_bias").at("estimate"), 0.0123);
  EXPECT_EQ(a.at("relative_bias").at("upper95"), 0.0456);
  EXPECT_EQ(a.at("relative_bias").at("scale"), 1.0078);
  EXPECT_EQ(a.at("detectable_with_95_percent_power").at("random_direction"), 0.0333);
  EXPECT_EQ(a.at("detectable_with_95_percent_power").at("along_gradient"), 0.0222);
  EXPECT_EQ(a.at("variance").at("ratio"), 1.75);
  EXPECT_EQ(a.at("variance").at("lower95"), 1.5);
  EXPECT_EQ(a.at("variance").at("upper95"), 2.125);
  EXPECT_EQ(a.at("predicted_extra_sample_factor"), 1.75);
  EXPECT_EQ(a.at("looks").size(), 2u);
  EXPECT_EQ(a.at("looks")[1].at("draws"), 128);
  EXPECT_EQ(a.at("looks")[1].at("level"), 0.04);
  EXPECT_EQ(a.at("layers").size(), 2u);
  EXPECT_EQ(a.at("layers")[0].at("name"), "down.0.weight");
  EXPECT_EQ(a.at("layers")[0].at("p_value_holm"), 0.75);
  EXPECT_FALSE(a.contains("columns"));
  const nlohmann::json& law = j.at("laws")[0];
  EXPECT_EQ(law.at("points")[1].at("excess"), 2.0);
  EXPECT_EQ(law.at("points")[1].at("predicted"), 1.96);
  EXPECT_EQ(law.at("ratio"), 4.0625);
  EXPECT_EQ(law.at("ratio_upper95"), 4.375);
  EXPECT_EQ(law.at("expected_ratio"), 4);
}

TEST(VerificationRecord, AsJsonHasNullForWhatIsNotFinite) {
  const nlohmann::json j = nlohmann::json::parse(to_json(tiny_record()));
  const nlohmann::json& b = j.at("comparisons")[1];
  EXPECT_TRUE(b.at("relative_bias").at("upper95").is_null());
  EXPECT_TRUE(b.at("detectable_with_95_percent_power").at("random_direction").is_null());
  EXPECT_EQ(b.at("relative_bias").at("lower95"), 0.6);
  EXPECT_EQ(b.at("columns").size(), 2u);
  EXPECT_EQ(b.at("columns")[1].at("name"), "column 1");
  EXPECT_EQ(b.at("columns")[1].at("lower95"), -0.125);
  EXPECT_TRUE(j.at("comparisons")[0].at("layers")[1].at("upper95").is_null());
  EXPECT_FALSE(j.contains("laws"));
}

TEST(VerificationRecord, IsAsClaimedIfEveryComparisonIs) {
  VerificationRecord record = tiny_record();
  EXPECT_TRUE(record.all_as_claimed());
  record.comparisons[1].verdict = Verdict::kUnbiased;  // the control was missed
  EXPECT_FALSE(record.all_as_claimed());
  EXPECT_EQ(nlohmann::json::parse(to_json(record)).at("all_as_claimed"), false);
  record = tiny_record();
  record.comparisons[0].verdict = Verdict::kInconclusive;
  EXPECT_FALSE(record.all_as_claimed());
}

TEST(VerificationRecord, LinesHaveTheNumbersUnderTheirHeads) {
  const VerificationRecord record = tiny_record();
  const std::string line = comparison_line(record.comparisons[0]), head = comparison_head();
  EXPECT_EQ(line.find("step 150"), head.find("weights"));
  EXPECT_EQ(line.find("unbiased"), head.find("claims"));
  EXPECT_EQ(line.find("4.56 %") + 6, head.find("95 % <=") + 7) << "numbers end where their heads end";
  EXPECT_EQ(line.find(" 128 ") + 4, head.find("draws") + 5);
  for (const char* said :
       {"noise2noise", "step 150", "unbiased", "1.23 %", "4.56 %", "0.2500", "128", "1.75 [1.50"}) {
    EXPECT_NE(line.find(said), std::string::npos) << said << " in " << line;
  }
  EXPECT_EQ(line.find("<--"), std::string::npos);
  const std::string biased = comparison_line(record.comparisons[1]);
  EXPECT_NE(biased.find("71 %"), std::string::npos) << biased;
  EXPECT_NE(biased.find("< 1e-4"), std::string::npos) << biased;
  Comparison wrong = record.comparisons[0];
  wrong.verdict = Verdict::kBiased;
  EXPECT_NE(comparison_line(wrong).find("<--"), std::string::npos) << "what is not as claimed is marked";
}

TEST(VerificationRecord, PercentagesHaveThreeFigures) {
  EXPECT_EQ(percent_text(0.00321), "0.32 %");
  EXPECT_EQ(percent_text(0.0999), "9.99 %");
  EXPECT_EQ(percent_text(0.714), "71 %");
  EXPECT_EQ(percent_text(std::nan("")), "-");
  EXPECT_EQ(percent_text(HUGE_VAL), "-");
}

}  // namespace
}  // namespace selfsame
