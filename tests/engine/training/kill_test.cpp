// SPDX-License-Identifier: Apache-2.0
// SIGKILL at any time costs at most the steps since the last checkpoint, and nothing else.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "engine/checkpoint/checkpoint_store.hpp"
#include "mri/files/atomic_file.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_run.hpp"

namespace selfsame {
namespace {

constexpr int kKills = 50;
constexpr std::int64_t kSteps = 40;

ProgramResult train(const TemporaryFolder& folder, const std::string& run, double kill_after) {
  return selfsame_program({"train", "--config", (folder / "tiny.json").string(), "--out",
                           (folder / run).string(), "--resume", "auto", "--set", "checkpoint.every_steps=1"},
                          kill_after);
}

std::string final_bytes(const std::filesystem::path& run) {
  return read_file(run / "checkpoints/last.safetensors", 1 << 24);
}

/// The steps of the training lines must be 1, 2, ..., kSteps, and those of the validation lines in order.
void expect_whole_metrics(const std::filesystem::path& run) {
  std::ifstream lines(run / "metrics.jsonl");
  std::int64_t trained = 0, validated = 0, count = 0;
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json metrics = nlohmann::json::parse(line);  // throws on a torn line
    if (metrics.contains("loss")) {
      EXPECT_EQ(metrics.at("step"), trained + 1);
      trained = metrics.at("step");
    } else if (metrics.contains("validation_psnr")) {
      EXPECT_GT(metrics.at("step"), validated);
      validated = metrics.at("step");
      ++count;
    }
  }
  EXPECT_EQ(trained, kSteps);
  EXPECT_EQ(count, 6);  // after 7, 14, 21, 28, 35 and 40
}

TEST(KilledRunSlow, ResumesFiftyTimesOutOfFifty) {
  const TemporaryFolder folder;
  std::ofstream(folder / "tiny.json") << kTinyRun;
  const auto started = std::chrono::steady_clock::now();
  ASSERT_EQ(train(folder, "whole", 0).exit_code, 0);
  const double whole = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  const std::string expected = final_bytes(folder / "whole");
  expect_whole_metrics(folder / "whole");

  std::mt19937 random(5);
  std::uniform_real_distribution<double> delay(0.02 * whole, whole);
  int kills = 0;
  for (int run = 0; kills < kKills; ++run) {
    const std::string name = "run" + std::to_string(run);
    for (bool done = false; !done;) {
      const ProgramResult result = train(folder, name, kills < kKills ? delay(random) : 0);
      done = result.exit_code == 0;
      kills += result.signal == SIGKILL ? 1 : 0;
      ASSERT_TRUE(done || result.signal == SIGKILL) << result.exit_code << "\n" << result.err;
      ASSERT_EQ(result.out.find("previous generation"), std::string::npos) << result.out;
      const CheckpointStore store(folder / name);
      if (store.exists(CheckpointSlot::kLast)) {
        ASSERT_NO_THROW(static_cast<void>(store.load(CheckpointSlot::kLast)));
      }
    }
    EXPECT_TRUE(final_bytes(folder / name) == expected) << name;
    expect_whole_metrics(folder / name);
  }
  EXPECT_EQ(kills, kKills);
}

}  // namespace
}  // namespace selfsame
