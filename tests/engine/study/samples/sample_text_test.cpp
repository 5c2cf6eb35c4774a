// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "engine/report/short_text.hpp"
#include "tests/engine/study/samples/tiny_study.hpp"

namespace selfsame {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

TEST(SampleText, NumbersAreShortAndUnknownOnesADash) {
  EXPECT_EQ(risk_text(0.00123456), "0.001235");
  EXPECT_EQ(psnr_text(29.116), "29.12");
  EXPECT_EQ(ssim_text(0.83412), "0.8341");
  EXPECT_EQ(factor_text(2.128), "2.13");
  EXPECT_EQ(factor_text(9.996), "10.0");
  EXPECT_EQ(factor_text(99.96), "100");
  EXPECT_EQ(factor_text(1234), "1234");
  for (const auto number : {risk_text, psnr_text, ssim_text, factor_text}) {
    EXPECT_EQ(number(kNan), "–");
    EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "–");
  }
}

TEST(SampleText, IntervalsAreWrittenWhereThereAreAny) {
  EXPECT_EQ(interval_text({2, 1.5, 3}, factor_text), "2.00 [1.50, 3.00]");
  EXPECT_EQ(interval_text({2, kNan, kNan}, factor_text), "2.00");
  EXPECT_EQ(interval_text({2, 1, kNan}, factor_text), "2.00");
  EXPECT_EQ(interval_text({}, factor_text), "–");
  EXPECT_EQ(bounds_text({}, factor_text), "");
}

TEST(SampleText, NoNumberWhereThereIsNone) {
  const SampleAnswer answer = tiny_answer();
  std::vector<std::string> texts;
  for (const ExtraExamples& extra : answer.extras) {
    texts.push_back(extra_text(extra));
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"≥ 4.00", "2.50 [2.00, 3.00]", "not told apart", "≤ 0.75",
                                             "flat", "–"}));
}

TEST(SampleText, AnEstimateOfOneSeedHasNoInterval) {
  EXPECT_EQ(extra_text({1, 0, ExtraKind::kEstimate, {2.5, std::nan(""), std::nan("")}, ""}), "about 2.50");
}

TEST(SampleText, StateNamesMissingAndFailedRuns) {
  SampleResults results = tiny_study();
  EXPECT_EQ(sample_state_text(results), "18 of 18 runs are done; 1 of them failed.");
  for (SampleRun& run : results.runs) {
    run.failure.clear();
  }
  EXPECT_EQ(sample_state_text(results), "");
  results.planned = 36;
  EXPECT_EQ(sample_state_text(results), "18 of 36 runs are done.");
  EXPECT_EQ(sample_state_text({}), "");
}

TEST(SampleText, TheAnswerHasASentenceThenAnAlignedTableThenNotes) {
  const std::vector<std::string> lines = lines_of(sample_answer_text(tiny_study(), tiny_answer()));
  ASSERT_EQ(lines.size(), 15u) << "sentence, gap, header, 9 points, gap, note, state";
  EXPECT_EQ(lines[0], "The answer is <2.5>.");
  EXPECT_EQ(lines[13], "note: 1 run failed & is left out.");
  EXPECT_EQ(lines[14], "18 of 18 runs are done; 1 of them failed.");
  EXPECT_EQ(lines[3].substr(0, 16), "  20  supervised");
  EXPECT_EQ(lines[9].substr(0, 16), "1280  supervised");
  // Labels have multi-byte characters: columns are aligned in characters.
  const auto column = [](const std::string& line, const std::string& part) {
    const std::size_t at = line.find(part);
    return at == std::string::npos ? at : characters_of(line.substr(0, at));
  };
  const std::size_t risk = column(lines[2], "risk"), factor = column(lines[2], "examples, times");
  EXPECT_EQ(column(lines[3], "0.05 ["), risk);
  EXPECT_EQ(column(lines[4], "0.1 ["), risk);
  EXPECT_EQ(column(lines[4], "≥ 4.00"), factor);
  EXPECT_EQ(column(lines[7], "2.50 ["), factor);
  EXPECT_EQ(column(lines[5], "≤ 0.75"), factor);
}

TEST(SampleText, ControlCharactersDoNotReachTheTerminal) {
  SampleResults results = tiny_study();
  results.methods[0] = "\x1b[31mred\n\x7f";
  const std::string text = sample_answer_text(results, tiny_answer());
  EXPECT_NE(text.find("?[31mred??"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(lines_of(text).size(), 15u);
}

TEST(SampleText, OfNothingIsTheSentence) {
  SampleAnswer answer;
  answer.sentence = "No run is done.";
  EXPECT_EQ(sample_answer_text({}, answer), "No run is done.\n");
}

}  // namespace
}  // namespace selfsame
