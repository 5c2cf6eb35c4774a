// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/score_table.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

SampleRun run_of(std::size_t method, std::size_t size, std::int64_t seed, std::vector<double> risks) {
  SampleRun run;
  run.method = method;
  run.size = size;
  run.seed = seed;
  for (const double risk : risks) {
    SampleScore score;
    score.mse = risk;
    run.scores.push_back(score);
  }
  return run;
}

SampleResults two_methods() {
  SampleResults results;
  results.methods = {"a", "b"};
  results.sizes = {10, 20};
  results.seeds = {5, 6, 7};
  results.images = {"one", "two"};
  results.runs = {run_of(0, 0, 5, {1, 3}), run_of(0, 0, 7, {2, 6}), run_of(1, 0, 6, {1, 1}),
                  run_of(1, 0, 7, {4, 4})};
  return results;
}

TEST(ScoreTable, FindsMeansAndDeviations) {
  const SampleResults results = two_methods();
  const ScoreTable table(results);
  EXPECT_EQ(table.runs(), 4);
  EXPECT_EQ(table.seeds(0, 0), (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(table.shared(0, 1, 0), (std::vector<std::size_t>{2}));
  EXPECT_TRUE(table.seeds(0, 1).empty());
  const ScoreCell cell = table.cell(0, 0, table.seeds(0, 0), &SampleScore::mse);
  EXPECT_EQ(cell.seeds, 2u);
  EXPECT_DOUBLE_EQ(cell.mean, 3);
  EXPECT_EQ(cell.seed_deviations, (std::vector<double>{-1, 0, 1}));
  EXPECT_EQ(cell.image_deviations, (std::vector<double>{-1.5, 1.5}));
  EXPECT_TRUE(std::isnan(table.cell(0, 0, {0}, &SampleScore::ssim).mean));
}

TEST(ScoreTable, LeavesOutWhatHasNoRiskAndSaysWhy) {
  SampleResults results = two_methods();
  results.runs[0].failure = "diverged in step 3";
  results.runs[0].scores.clear();
  results.runs[1].scores[1].mse = std::nan("");
  results.runs[2].scores[0].mse = results.runs[2].scores[1].mse = 0;
  results.runs[3].scores.clear();
  const ScoreTable table(results);
  EXPECT_EQ(table.runs(), 0);
  ASSERT_EQ(table.left_out().size(), 4u);
  EXPECT_EQ(table.left_out()[0], "The run of a, N = 10, seed 5 failed: diverged in step 3.");
  EXPECT_EQ(table.left_out()[1], "The run of a, N = 10, seed 7 has the risk nan.");
  EXPECT_EQ(table.left_out()[2], "The run of b, N = 10, seed 6 has the risk 0.");
  EXPECT_EQ(table.left_out()[3], "The run of b, N = 10, seed 7 has no scores.");
}

TEST(ScoreTable, RefusesResultsThatDoNotFitTogether) {
  const auto refused = [](auto&& change) {
    SampleResults results = two_methods();
    change(results);
    EXPECT_THROW(ScoreTable{results}, Error);
  };
  refused([](SampleResults& r) { r.methods.clear(); });
  refused([](SampleResults& r) { r.sizes = {20, 10}; });
  refused([](SampleResults& r) { r.sizes = {0, 10}; });
  refused([](SampleResults& r) { r.runs[0].method = 2; });
  refused([](SampleResults& r) { r.runs[0].size = 2; });
  refused([](SampleResults& r) { r.runs[0].seed = 4; });
  refused([](SampleResults& r) { r.runs[0].scores.pop_back(); });
  refused([](SampleResults& r) { r.runs.push_back(r.runs[0]); });
}

}  // namespace
}  // namespace selfsame
