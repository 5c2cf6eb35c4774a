// SPDX-License-Identifier: Apache-2.0
#include "engine/report/training_report.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "engine/report/html.hpp"
#include "engine/report/samples.hpp"
#include "engine/run/metrics_writer.hpp"
#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"
#include "tests/support/markup.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPageLimit = std::uint64_t{8} << 20;
const std::string kPng = "\x89PNG\r\n\x1a\n and the rest";

/// A finished run of 1,500 steps whose validation peaks at step 1,250.
void make_run(const fs::path& folder, const std::string& objective, double psnr) {
  fs::create_directories(folder);
  std::ofstream(folder / "config.json")
      << "{\"name\":\"quick<start>&\",\"seed\":0,\"data\":{\"train\":{\"type\":\"dead_leaves\",\"count\":400}"
         "},"
      << "\"noise\":{\"type\":\"gaussian\",\"sigma\":25,\"unit\":255},\"objective\":{\"type\":\"" << objective
      << "\"},\"training\":{\"steps\":1500},\"validation\":{\"metric\":\"psnr\"}}";
  std::ofstream(folder / "env.json") << "{\"cpu\":\"a \\\"fast\\\" one\",\"threads\":\"2\"}";
  std::ofstream(folder / "command.txt") << "selfsame train --config 'a & b.json'\n";
  std::ofstream(folder / "DONE") << "{\"reason\":\"all steps\",\"step\":1500,\"exit_code\":0}";
  MetricsWriter metrics(folder / "metrics.jsonl");
  for (int step = 10; step <= 1500; step += 10) {
    const double wiggle = 0.1 * std::sin(step * 0.7);
    metrics.write(JsonObject()
                      .add("step", step)
                      .add("loss", (1 + wiggle) * (0.004 + 0.1 * std::exp(-step / 100.0)))
                      .add("lr", 1e-3 * 0.5 * (1 + std::cos(3.14159 * step / 1500))));
    if (step % 250 == 0) {
      const double peak = psnr - 1e-5 * (step - 1250) * (step - 1250);
      metrics.write(JsonObject().add("step", step).add("val_psnr", peak).add("val_ssim", 0.5 + peak / 100));
    }
  }
  save_examples(folder,
                std::vector<ExampleImage>{{"image <1>", kPng + "n", kPng + "o", kPng + "c", 20.17, psnr}});
}

TEST(TrainingReport, LeadsWithTheAnswerAndShowsEverything) {
  const TemporaryFolder folder;
  make_run(folder.path(), "noise2noise", 28.75);
  const std::string answer =
      "Best val_psnr 28.75 dB at step 1,250 of 1,500; objective noise2noise on 400 images of dead_leaves "
      "with gaussian "
      "noise, sigma 25 of 255; done.";
  EXPECT_EQ(answer_sentence(folder.path()), answer);
  write_training_report(folder.path());
  const std::string page = read_file(folder / "report.html", kPageLimit);
  EXPECT_EQ(markup_fault(page), "");
  EXPECT_LT(page.find(answer), page.find("<svg"));
  EXPECT_LT(page.find("quick&lt;start&gt;&amp;</h1>"), page.find(answer));
  for (const std::string& wanted :
       {std::string("training loss, logarithmic"), std::string("learning rate"),
        std::string("val_psnr (higher is better)"), std::string("val_ssim"), base64(kPng + "o"),
        base64(kPng + "n"), base64(kPng + "c"), std::string("image &lt;1&gt;"), std::string("20.17 dB"),
        std::string("28.75 dB"), std::string("selfsame train --config &#39;a &amp; b.json&#39;"),
        std::string("a &quot;fast&quot; one"), std::string("data.train.type"), std::string("Environment")}) {
    EXPECT_NE(page.find(wanted), std::string::npos) << wanted;
  }
  for (const char* outside : {"http:", "https:", "<script", "<link", "quick<start>"}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
}

TEST(TrainingReport, WorksForARunThatJustBegan) {
  const TemporaryFolder folder;
  std::ofstream(folder / "metrics.jsonl") << "";
  write_training_report(folder.path());
  const std::string page = read_file(folder / "report.html", kPageLimit);
  EXPECT_EQ(markup_fault(page), "");
  EXPECT_NE(page.find("No value was logged yet"), std::string::npos);
  std::ofstream(folder / "metrics.jsonl") << "{\"step\":1,\"loss\":null}\n";
  write_training_report(folder.path());
  EXPECT_EQ(markup_fault(read_file(folder / "report.html", kPageLimit)), "");
  EXPECT_NE(answer_sentence(folder.path()).find("No finite loss"), std::string::npos);
}

TEST(TrainingReport, SaysWhenMetricsWereDamagedAndWhyARunStopped) {
  const TemporaryFolder folder;
  std::ofstream(folder / "metrics.jsonl") << "{\"step\":1,\"loss\":1}\n<b>garbage\n";
  std::ofstream(folder / "FAILED") << "{\"reason\":\"NaN in <conv1>\",\"step\":1,\"exit_code\":5}";
  write_training_report(folder.path());
  const std::string page = read_file(folder / "report.html", kPageLimit);
  EXPECT_EQ(markup_fault(page), "");
  EXPECT_NE(page.find("1 damaged lines"), std::string::npos);
  EXPECT_NE(page.find("failed (NaN in &lt;conv1&gt;)"), std::string::npos);
}

TEST(ComparisonReport, ShowsAllRunsInOnePlotWithALegend) {
  const TemporaryFolder folder;
  make_run(folder / "a", "supervised", 28.9);
  make_run(folder / "b", "noise2noise", 28.75);
  const fs::path runs[] = {folder / "a", folder / "b"};
  write_comparison_report(folder / "both.html", runs);
  const std::string page = read_file(folder / "both.html", kPageLimit);
  EXPECT_EQ(markup_fault(page), "");
  EXPECT_NE(page.find("Best val_psnr: supervised 28.90 dB, noise2noise 28.75 dB."), std::string::npos);
  const std::size_t figure = page.find("val_psnr (higher is better)</figcaption>");
  ASSERT_NE(figure, std::string::npos);
  const std::string plot = page.substr(figure, page.find("</figure>", figure) - figure);
  for (const char* wanted : {">supervised</text>", ">noise2noise</text>", "curve s0", "curve s1"}) {
    EXPECT_NE(plot.find(wanted), std::string::npos) << wanted;
  }
  EXPECT_NE(page.find("not comparable"), std::string::npos);
  EXPECT_NE(page.find("Settings that differ"), std::string::npos);
  EXPECT_NE(page.find("<td>objective.type</td><td>supervised</td><td>noise2noise</td>"), std::string::npos);
  EXPECT_EQ(page.find("<td>training.steps</td>"), std::string::npos);
}

TEST(TrainingReport, RefusesAFolderThatIsNoRun) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_training_report(folder.path()), Error);
  EXPECT_THROW(write_comparison_report(folder / "x.html", std::vector<fs::path>{folder.path()}), Error);
}

}  // namespace
}  // namespace selfsame
