// SPDX-License-Identifier: Apache-2.0
#include "engine/report/run_record.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "kernels/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

TEST(RunRecord, ReadsWhatARunLeft) {
  const TemporaryFolder folder;
  std::ofstream(folder / "metrics.jsonl")
      << "{\"step\":1,\"loss\":2,\"wall\":5}\n{\"step\":2,\"loss\":null}\n"
      << "{\"step\":2,\"val_psnr\":28.5,\"event\":\"validation\"}\n{\"step\":3,\"lo";
  std::ofstream(folder / "config.json")
      << "{\"name\":\"n\",\"data\":{\"train\":{\"type\":\"folder\"}},\"list\":[1,2]}";
  std::ofstream(folder / "env.json") << "{\"cpu\":\"x\"}";
  std::ofstream(folder / "command.txt") << "one\ntwo\n";
  std::ofstream(folder / "STOPPED") << "{\"reason\":\"SIGTERM\",\"step\":2,\"exit_code\":75}";
  const RunRecord run = read_run(folder.path());
  EXPECT_EQ(run.name, "n");
  EXPECT_EQ(run.metrics.at("loss").step, (std::vector<double>{1, 2}));
  EXPECT_TRUE(std::isnan(run.metrics.at("loss").value[1]));
  EXPECT_EQ(run.metrics.count("wall"), 0u);
  EXPECT_EQ(run.metrics.at("val_psnr").value, (std::vector<double>{28.5}));
  EXPECT_EQ(run.damaged_lines, 1);
  EXPECT_EQ(run.last_step, 2);
  EXPECT_EQ(run.config_value("data.train.type"), "folder");
  EXPECT_EQ(run.config_value("list"), "[1,2]");
  EXPECT_EQ(run.config_value("absent"), "");
  EXPECT_EQ(run.commands, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(run.outcome, "stopped");
  EXPECT_EQ(run.reason, "SIGTERM");
}

TEST(RunRecord, AFolderThatIsNoRunIsRefused) {
  const TemporaryFolder folder;
  const std::string text = error_text<Error>([&] { (void)read_run(folder.path()); });
  EXPECT_NE(text.find(folder.path().string()), std::string::npos);
}

TEST(BestOf, NeverPicksNan) {
  const MetricSeries series{{10, 20, 30, 40}, {NAN, 3, 5, 4}};
  EXPECT_EQ(best_of(series, true).step, 30);
  EXPECT_EQ(best_of(series, false).step, 20);
  EXPECT_EQ(best_of({{1}, {NAN}}, true).step, 0);
}

TEST(LeadingMetric, FollowsTheConfigAndFallsBack) {
  RunRecord run;
  EXPECT_EQ(leading_metric(run), "");
  run.metrics["loss"] = {{1}, {1}};
  EXPECT_EQ(leading_metric(run), "loss");
  run.metrics["val_loss"] = {{1}, {1}};
  EXPECT_EQ(leading_metric(run), "val_loss");
  run.metrics["val_psnr"] = {{1}, {1}};
  EXPECT_EQ(leading_metric(run), "val_psnr");
  run.config = {{"validation.metric", "loss"}};
  EXPECT_EQ(leading_metric(run), "val_loss");
  EXPECT_TRUE(larger_is_better("val_psnr") && larger_is_better("val_ssim") && !larger_is_better("val_loss"));
}

}  // namespace
}  // namespace selfsame
