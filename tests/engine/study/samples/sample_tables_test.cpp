// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_tables.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/engine/study/samples/tiny_study.hpp"

namespace selfsame {
namespace {

/// The records of RFC 4180 text with "\n" between them.
std::vector<std::vector<std::string>> read_csv(const std::string& text) {
  std::vector<std::vector<std::string>> records{{""}};
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string& field = records.back().back();
    if (quoted && text[i] == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      field += text[i++];
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == ',') {
      records.back().emplace_back();
    } else if (!quoted && text[i] == '\n') {
      records.push_back({""});
    } else {
      field += text[i];
    }
  }
  EXPECT_FALSE(quoted);
  EXPECT_EQ(records.back(), std::vector<std::string>{""}) << "the last line ends";
  records.pop_back();
  return records;
}

std::string at(const std::vector<std::vector<std::string>>& records, std::size_t row,
               const std::string& column) {
  for (std::size_t c = 0; c < records[0].size(); ++c) {
    if (records[0][c] == column) {
      return records.at(row).at(c);
    }
  }
  ADD_FAILURE() << "no column " << column;
  return "";
}

TEST(SampleTables, FieldsAreQuotedOnlyWhereTheyMustBe) {
  EXPECT_EQ(csv_field("plain text"), "plain text");
  EXPECT_EQ(csv_field(""), "");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"a\""), "\"say \"\"a\"\"\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
}

TEST(SampleTables, RunsHaveALineEachWithMeansOverImages) {
  SampleResults results = tiny_study();
  results.runs[0].scores = {{0.25, 20, 0.5}, {0.5, 21, 1.0}};
  const auto records = read_csv(sample_runs_csv(results));
  ASSERT_EQ(records.size(), 1 + results.runs.size());
  for (const auto& record : records) {
    EXPECT_EQ(record.size(), records[0].size());
  }
  EXPECT_EQ(at(records, 1, "method"), "supervised");
  EXPECT_EQ(at(records, 1, "mse"), "0.375");
  EXPECT_EQ(at(records, 1, "psnr"), "20.5");
  EXPECT_EQ(at(records, 1, "ssim"), "0.75");
  EXPECT_EQ(at(records, 2, "ssim"), "") << "not measured";
  EXPECT_EQ(at(records, 18, "method"), kOddLabel);
  EXPECT_EQ(at(records, 18, "examples"), "1280");
  EXPECT_EQ(at(records, 10, "failure"), kOddFailure);
  EXPECT_EQ(at(records, 10, "images"), "0");
  EXPECT_EQ(at(records, 10, "mse"), "");
}

TEST(SampleTables, PointsSayWhatKindOfFactorTheyHave) {
  const auto records = read_csv(sample_points_csv(tiny_study(), tiny_answer()));
  ASSERT_EQ(records.size(), 10u);
  for (const auto& record : records) {
    EXPECT_EQ(record.size(), records[0].size());
  }
  EXPECT_EQ(at(records, 1, "risk"), "0.05");
  EXPECT_EQ(at(records, 1, "extra_examples"), "") << "the first method is not compared with itself";
  EXPECT_EQ(at(records, 1, "significant"), "");
  EXPECT_EQ(at(records, 4, "extra_examples"), "at_least");
  EXPECT_EQ(at(records, 4, "significant"), "true");
  EXPECT_EQ(at(records, 4, "factor"), "");
  EXPECT_EQ(at(records, 4, "factor_low95"), "4");
  EXPECT_EQ(at(records, 4, "factor_high95"), "");
  EXPECT_EQ(at(records, 5, "factor"), "2.5");
  EXPECT_EQ(at(records, 5, "ssim"), "");
  EXPECT_EQ(at(records, 5, "psnr_gap_high95"), "-0.875");
  EXPECT_EQ(at(records, 9, "extra_examples"), "nothing");
}

TEST(SampleTables, JsonHoldsEverythingButPictures) {
  const std::string text = sample_json(tiny_study(), tiny_answer());
  EXPECT_EQ(text.find("png\""), text.find("x.png") + 2) << "names of images only";
  const nlohmann::json j = nlohmann::json::parse(text);
  EXPECT_EQ(j["study"], "samples");
  EXPECT_EQ(j["methods"][2], kOddLabel);
  EXPECT_EQ(j["planned_runs"], 18);
  EXPECT_EQ(j["done_runs"], 18);
  EXPECT_EQ(j["answer"], "The answer is <2.5>.");
  ASSERT_EQ(j["points"].size(), 9u);
  EXPECT_EQ(j["points"][8]["examples"], 1280);
  EXPECT_EQ(j["points"][8]["risk"]["value"], 3.0 / 1280);
  EXPECT_TRUE(j["points"][8]["ssim"]["value"].is_null());
  EXPECT_TRUE(j["falling_risk_by_method"][1][2].is_null());
  EXPECT_EQ(j["gaps"].size(), 6u);
  EXPECT_EQ(j["trends"][1]["largest"], 1280);
  EXPECT_EQ(j["trends"][1]["clear"], false);
  EXPECT_EQ(j["extra_examples"][1]["kind"], "value");
  EXPECT_EQ(j["extra_examples"][1]["factor"]["high95"], 3.0);
  EXPECT_TRUE(j["factors_by_method"][0]["value"].is_null());
  EXPECT_EQ(j["laws"][0]["exponent"]["value"], 1.0);
  EXPECT_EQ(j["laws"][2]["missing"], "no <fit>");
  EXPECT_EQ(j["joint_law"]["missing"], "too few sizes");
  EXPECT_EQ(j["gradient_variances"][0]["factor"]["low95"], 1.625);
  ASSERT_EQ(j["runs"].size(), 18u);
  EXPECT_EQ(j["runs"][9]["failure"], kOddFailure);
  EXPECT_TRUE(j["runs"][9]["mse"].empty());
  EXPECT_TRUE(j["runs"][0]["failure"].is_null());
  EXPECT_EQ(j["runs"][0]["mse"], (std::vector<double>{0.05, 0.05}));
  EXPECT_EQ(j["runs"][0]["curve"]["step"], (std::vector<int>{100, 200}));
  EXPECT_EQ(j["runs"][0]["curve"]["validation"][0], 20.25);
}

TEST(SampleTables, NumbersReadBackAsTheyWere) {
  SampleResults results = tiny_study();
  const double third = 1.0 / 3, tiny = 4.9406564584124654e-324;
  results.runs[0].scores = {{third, 0.1 + 0.2, std::nan("")}};
  results.runs[0].best_validation = tiny;
  SampleAnswer answer = tiny_answer();
  answer.points[0].risk.value = third;
  const nlohmann::json j = nlohmann::json::parse(sample_json(results, answer));
  EXPECT_EQ(j["runs"][0]["mse"][0], third);
  EXPECT_EQ(j["runs"][0]["psnr"][0], 0.1 + 0.2);
  EXPECT_EQ(j["runs"][0]["best_validation"], tiny);
  EXPECT_EQ(std::stod(at(read_csv(sample_runs_csv(results)), 1, "mse")), third);
  EXPECT_EQ(std::stod(at(read_csv(sample_points_csv(results, answer)), 1, "risk")), third);
}

TEST(SampleTables, OfNothingAreStillTables) {
  EXPECT_EQ(read_csv(sample_runs_csv({})).size(), 1u);
  EXPECT_EQ(read_csv(sample_points_csv({}, {})).size(), 1u);
  const nlohmann::json j = nlohmann::json::parse(sample_json({}, {}));
  EXPECT_TRUE(j["runs"].is_array() && j["runs"].empty());
}

TEST(SampleTables, BytesThatAreNoTextDoNotBreakTheJson) {
  SampleResults results = tiny_study();
  results.methods[0] = "\xff";
  EXPECT_TRUE(nlohmann::json::accept(sample_json(results, tiny_answer())));
}

}  // namespace
}  // namespace selfsame
