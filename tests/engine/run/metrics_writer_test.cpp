// SPDX-License-Identifier: Apache-2.0
#include "engine/run/metrics_writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

std::vector<nlohmann::json> lines_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(nlohmann::json::parse(line));
  }
  return lines;
}

void write_steps(const std::filesystem::path& path, int first, int last) {
  MetricsWriter metrics(path);
  for (int step = first; step <= last; ++step) {
    metrics.write(JsonObject().add("step", step).add("loss", 1.0 / step));
  }
}

TEST(MetricsWriter, WritesWholeLinesThatReadBackExactly) {
  const TemporaryFolder folder;
  const auto path = folder / "metrics.jsonl";
  MetricsWriter metrics(path);
  metrics.write(JsonObject().add("step", 1).add("loss", 0.1 + 0.2).add("bad", std::nan("")));
  metrics.event("resume", 1);
  const auto lines = lines_of(path);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["loss"].get<double>(), 0.1 + 0.2);
  EXPECT_TRUE(lines[0]["bad"].is_null());
  EXPECT_EQ(lines[1]["event"], "resume");
  EXPECT_GT(lines[1]["wall"].get<double>(), 1.6e9);
}

TEST(MetricsWriter, ContinuesAnExistingFile) {
  const TemporaryFolder folder;
  write_steps(folder / "m", 1, 3);
  write_steps(folder / "m", 4, 5);
  EXPECT_EQ(lines_of(folder / "m").size(), 5u);
}

TEST(MetricsWriter, AFileThatCannotBeOpenedIsNamed) {
  const TemporaryFolder folder;
  const std::string text = error_text<Error>([&] { MetricsWriter metrics(folder.path()); });
  EXPECT_NE(text.find(folder.path().string()), std::string::npos);
}

// Every length at which a write may be torn: the file ends up with exactly the whole lines of the steps kept.
TEST(TruncateMetrics, KeepsTheStepsOfTheCheckpointAfterAnyTornWrite) {
  const TemporaryFolder folder;
  const auto path = folder / "m";
  write_steps(path, 1, 5);
  const std::string all = read_file(path, 1 << 20);
  for (std::size_t bytes = 0; bytes <= all.size(); ++bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << all.substr(0, bytes);
    const auto whole = std::count(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(bytes), '\n');
    const bool torn = bytes > 0 && all[bytes - 1] != '\n';
    const MetricsTruncation result = truncate_metrics(path, 3);
    ASSERT_EQ(result.kept, std::min<std::ptrdiff_t>(whole, 3)) << bytes;
    ASSERT_EQ(result.removed, std::max<std::ptrdiff_t>(whole - 3, 0)) << bytes;
    ASSERT_EQ(result.damaged, torn ? 1 : 0) << bytes;
    write_steps(path, static_cast<int>(result.kept) + 1, 5);
    ASSERT_EQ(read_file(path, 1 << 20), all) << "resuming did not give the uninterrupted file";
  }
}

TEST(TruncateMetrics, DropsDamagedLinesAndKeepsEvents) {
  const TemporaryFolder folder;
  std::ofstream(folder / "m")
      << "{\"step\":1,\"loss\":1}\n{\"step\":1,\"event\":\"resume\"}\ngarbage\n\n[1]\n"
      << "{\"loss\":1}\n{\"step\":\"2\"}\n{\"step\":2,\"loss\":0.5}\n{\"step\":3}\n";
  const MetricsTruncation result = truncate_metrics(folder / "m", 2);
  EXPECT_EQ(result.kept, 3);
  EXPECT_EQ(result.removed, 1);
  EXPECT_EQ(result.damaged, 5);
  EXPECT_EQ(lines_of(folder / "m").size(), 3u);
}

TEST(TruncateMetrics, AnAbsentFileStaysAbsent) {
  const TemporaryFolder folder;
  EXPECT_EQ(truncate_metrics(folder / "m", 5).kept, 0);
  EXPECT_FALSE(std::filesystem::exists(folder / "m"));
}

}  // namespace
}  // namespace selfsame
