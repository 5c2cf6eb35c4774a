// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_words.hpp"

#include "engine/study/samples/sample_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace selfsame {
namespace {

SampleResults results_of(std::vector<std::int64_t> sizes, std::int64_t seeds = 3) {
  SampleResults results;
  results.methods = {"supervised training", "noise2noise"};
  results.sizes = std::move(sizes);
  for (std::int64_t s = 0; s < seeds; ++s) {
    results.seeds.push_back(s);
  }
  results.images = {"a", "b"};
  return results;
}

ExtraExamples extra_of(std::size_t size, ExtraKind kind, SampleInterval factor = {}) {
  ExtraExamples extra;
  extra.method = 1;
  extra.size = size;
  extra.kind = kind;
  extra.factor = factor;
  return extra;
}

SampleAnswer answer_with(std::vector<ExtraExamples> extras, SampleInterval factor, bool clear = true) {
  SampleAnswer answer;
  answer.curves.assign(2, std::vector<double>(extras.size(), 1.0));
  answer.extras = std::move(extras);
  answer.factors = {{}, factor};
  answer.trends.resize(1);
  answer.trends[0].method = 1;
  answer.trends[0].clear = clear;
  return answer;
}

const double kNone = std::numeric_limits<double>::quiet_NaN();

TEST(SampleWords, GiveTheFactorAndWhereItHolds) {
  const SampleResults results = results_of({20, 40, 80, 160, 320});
  const SampleInterval factor{2.1, 1.7, 2.9};
  EXPECT_EQ(answer_sentence(
                results,
                answer_with({extra_of(0, ExtraKind::kAtLeast, {kNone, 1, kNone}),
                             extra_of(1, ExtraKind::kValue, factor), extra_of(2, ExtraKind::kValue, factor),
                             extra_of(3, ExtraKind::kMerged), extra_of(4, ExtraKind::kMerged)},
                            factor)),
            "For the risk of supervised training, noise2noise needs 2.10 [1.70, 2.90] times as many examples "
            "(measured with 40 to 80 of its own); with 160 or more examples the two cannot be told apart.");
}

TEST(SampleWords, GiveBoundsOrNothing) {
  const SampleResults two = results_of({20, 40});
  EXPECT_EQ(answer_sentence(two, answer_with({extra_of(0, ExtraKind::kAtLeast, {kNone, 1, kNone}),
                                              extra_of(1, ExtraKind::kAtLeast, {kNone, 2, kNone})},
                                             {})),
            "For the risk of supervised training, noise2noise needs more than 2.00 times as many examples "
            "(measured with 40 of its own).");
  EXPECT_EQ(answer_sentence(two, answer_with({extra_of(0, ExtraKind::kAtMost, {kNone, kNone, 0.5}),
                                              extra_of(1, ExtraKind::kMerged)},
                                             {})),
            "For the risk of supervised training, noise2noise needs fewer than 0.50 times as many examples "
            "(measured with 20 of its own); with 40 examples the two cannot be told apart.");
  EXPECT_EQ(
      answer_sentence(
          two, answer_with({extra_of(0, ExtraKind::kMerged), extra_of(1, ExtraKind::kMerged)}, {}, false)),
      "For the risk of supervised training, noise2noise cannot be told apart from it with 20 to 40 "
      "examples.");
  EXPECT_EQ(
      answer_sentence(two, answer_with({extra_of(0, ExtraKind::kFlat), extra_of(1, ExtraKind::kFlat)}, {})),
      "For the risk of supervised training, how many more examples noise2noise needs cannot be said.");
  EXPECT_EQ(
      answer_sentence(
          two, answer_with({extra_of(0, ExtraKind::kNothing), extra_of(1, ExtraKind::kNothing)}, {}, false)),
      "For the risk of supervised training, noise2noise has no runs to compare yet.");
  SampleResults alone = two;
  alone.methods.pop_back();
  EXPECT_EQ(answer_sentence(alone, {}), "There is one method: nothing to compare.");
}

TEST(SampleWords, OneSeedHasNoInterval) {
  const SampleInterval value{2, kNone, kNone};
  EXPECT_EQ(answer_sentence(results_of({20, 40}, 1), answer_with({extra_of(0, ExtraKind::kNothing),
                                                                  extra_of(1, ExtraKind::kEstimate, value)},
                                                                 value, false)),
            "For the risk of supervised training, noise2noise needs 2.00 times as many examples (measured "
            "with 40 of "
            "its own; one seed, so no interval).");
}

TEST(SampleWords, SayWhatOneSizeSays) {
  const SampleResults results = results_of({20, 40});
  const auto sentence = [&](ExtraKind kind, SampleInterval factor = {}) {
    return extra_sentence(results, extra_of(1, kind, factor));
  };
  EXPECT_EQ(
      sentence(ExtraKind::kValue, {2, 1.5, 2.5}),
      "noise2noise with 40 examples does as well as supervised training with 20: it needs 2.00 [1.50, 2.50] "
      "times as many.");
  EXPECT_NE(sentence(ExtraKind::kEstimate, {2, kNone, kNone}).find("about 2.00"), std::string::npos);
  EXPECT_NE(sentence(ExtraKind::kAtLeast, {kNone, 2, kNone}).find("more than 2.00"), std::string::npos);
  EXPECT_NE(sentence(ExtraKind::kAtLeast, {kNone, 1, kNone}).find("does worse"), std::string::npos);
  EXPECT_NE(sentence(ExtraKind::kAtMost, {kNone, kNone, 0.5}).find("fewer than 0.50"), std::string::npos);
  EXPECT_NE(sentence(ExtraKind::kMerged).find("cannot be told apart"), std::string::npos);
  EXPECT_NE(sentence(ExtraKind::kFlat).find("changes too little"), std::string::npos);
  // Where there is no number, none is written but that of the examples.
  for (const ExtraKind kind : {ExtraKind::kMerged, ExtraKind::kFlat, ExtraKind::kNothing}) {
    std::string text = sentence(kind);
    text.erase(text.find("40"), 2);
    text.erase(std::remove(text.begin(), text.end(), '2'), text.end());  // noise2noise
    EXPECT_EQ(text.find_first_of("0123456789"), std::string::npos) << text;
  }
}

TEST(SampleWords, FactorsHaveThreeDigits) {
  EXPECT_EQ(interval_text({2.104, 0.9951, 12.34}, factor_text), "2.10 [1.00, 12.3]");
  EXPECT_EQ(interval_text({9.997, 99.97, 123.4}, factor_text), "10.0 [100, 123]");
}

}  // namespace
}  // namespace selfsame
