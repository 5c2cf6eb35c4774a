// SPDX-License-Identifier: Apache-2.0
// A study's runs side by side, stopped and continued: the same bytes in every way of getting there.
#include "engine/study/samples/sample_runner.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "mri/files/atomic_file.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_sample_study.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;

constexpr const char* kOneSeed = "study.seeds=[0]";

/// Every file of the runs by its path.
Files files_of(const fs::path& folder) {
  Files files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder / "runs")) {
    if (entry.is_regular_file()) {
      files[fs::relative(entry.path(), folder)] = read_file(entry.path(), 1 << 24);
    }
  }
  return files;
}

void expect_same_files(const Files& files, const Files& expected, const std::string& what) {
  std::vector<std::string> names, expected_names;
  for (const auto& [name, bytes] : expected) {
    expected_names.push_back(name);
  }
  for (const auto& [name, bytes] : files) {
    names.push_back(name);
    const auto other = expected.find(name);
    EXPECT_TRUE(other != expected.end() && other->second == bytes) << what << ": " << name;
  }
  EXPECT_EQ(names, expected_names) << what;
}

/// What one process sees of a study.
struct Seen {
  SampleEnd end = SampleEnd::kStopped;
  std::vector<std::string> messages;
  SampleProgress last;
  std::int64_t most_training = 0;
};

/// @param stop_after  asks to stop after so many steps of lanes, of this session; 0: never
Seen session(const TinySampleStudy& tiny, const fs::path& folder, std::int64_t lanes, int threads = 1,
             double stop_after = 0, const std::function<void(const SampleProgress&)>& watch = {}) {
  Seen seen;
  StopRequest stop;
  Stream stream(DeviceKind::kCpu, threads);
  const SampleStore store(folder);
  SampleRunner runner(tiny.study(), tiny.runs, store, lanes, stream);
  SampleCallbacks callbacks;
  callbacks.message = [&](std::string_view text) { seen.messages.emplace_back(text); };
  callbacks.progress = [&](const SampleProgress& progress) {
    seen.last = progress;
    seen.most_training = std::max(seen.most_training, progress.training);
    if (stop_after > 0 && progress.steps_here >= stop_after) {
      stop.request(StopCause::kTimeLimit);
    }
    if (watch) {
      watch(progress);
    }
  };
  seen.end = runner.run(stop, callbacks);
  return seen;
}

TEST(SampleRunner, TheNumberOfLanesChangesNoByte) {
  const TinySampleStudy tiny({kDivergingMethod});
  const TemporaryFolder one;
  const Seen alone = session(tiny, one.path(), 1);
  EXPECT_EQ(alone.end, SampleEnd::kDone);
  EXPECT_EQ(alone.most_training, 1);
  const Files expected = files_of(one.path());
  // Three methods with four runs each: config.json, result.json and best.safetensors; nothing else is left.
  std::map<std::string, std::size_t> kinds;
  for (const auto& [name, bytes] : expected) {
    ++kinds[fs::path(name).filename().string()];
  }
  EXPECT_EQ(kinds["config.json"], 16u);
  EXPECT_EQ(kinds["result.json"], 16u);
  EXPECT_GE(kinds["best.safetensors"], 12u);
  EXPECT_EQ(kinds.size(), 3u);
  for (const std::int64_t lanes : {3, 100}) {
    const TemporaryFolder folder;
    const Seen seen = session(tiny, folder.path(), lanes, 2);
    EXPECT_EQ(seen.end, SampleEnd::kDone);
    EXPECT_EQ(seen.most_training, lanes == 3 ? 3 : 8) << "two methods have equal keys";
    expect_same_files(files_of(folder.path()), expected, fmt::format("{} lanes", lanes));
  }
}

TEST(SampleRunner, StoppedAfterAnyStepsLeavesTheSameBytes) {
  const TinySampleStudy tiny({kDivergingMethod, kOneSeed});
  const TemporaryFolder whole;
  (void)session(tiny, whole.path(), 1);
  const Files expected = files_of(whole.path());
  struct Case {
    std::int64_t lanes;
    double stop_after;
  };
  for (const auto& [lanes, stop_after] : {Case{3, 1}, {1, 5}, {4, 9}}) {
    const TemporaryFolder folder;
    int sessions = 0;
    while (session(tiny, folder.path(), lanes, 1, stop_after).end == SampleEnd::kStopped) {
      ASSERT_LE(++sessions, 200) << "no session may lose what it trained";
    }
    // No session trains more than stop_after + lanes - 1 of the 48 steps of runs that do not fail.
    EXPECT_GE(sessions, static_cast<int>(6 * 8 / (stop_after + static_cast<double>(lanes)))) << lanes;
    expect_same_files(files_of(folder.path()), expected,
                      fmt::format("{} lanes, stopped after {}", lanes, stop_after));
  }
}

TEST(SampleRunner, RecordsARunThatDiverged) {
  const TinySampleStudy tiny({kDivergingMethod});
  const TemporaryFolder folder;
  const Seen seen = session(tiny, folder.path(), 3);
  EXPECT_EQ(seen.end, SampleEnd::kDone);
  const SampleResults results = SampleStore(folder.path()).results(tiny.study(), "tiny", tiny.runs);
  ASSERT_EQ(results.runs.size(), 16u);
  for (const SampleRun& run : results.runs) {
    const bool wild = run.method == 3;
    EXPECT_EQ(run.failure.empty(), !wild);
    EXPECT_EQ(run.scores.size(), wild ? 0u : 3u);
    if (wild) {
      EXPECT_LT(run.steps, 8);
      EXPECT_NE(run.failure.find(fmt::format("step {}: the ", run.steps + 1)), std::string::npos)
          << run.failure;
      EXPECT_NE(run.failure.find(" is not finite; "), std::string::npos) << run.failure;
    } else {
      EXPECT_EQ(run.end, "length");
      EXPECT_EQ(run.curve.size(), 4u);  // after steps 2, 4, 6 and 8
      EXPECT_EQ(run.curve.back().step, 8);
    }
  }
  std::size_t told = 0;
  for (const std::string& message : seen.messages) {
    told += message.find(": failed: step") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(told, 4u);
}

TEST(SampleRunner, ARunIsTheTrainingThatItsConfigurationDescribes) {
  const TinySampleStudy tiny({kOneSeed});
  const TemporaryFolder folder, again;
  (void)session(tiny, folder.path(), 3);
  std::set<std::string> all;
  for (const std::size_t i : {0u, 4u, 5u}) {
    const fs::path run = SampleStore(folder.path()).run_folder(tiny.runs[i]);
    const fs::path file = run / "config.json";
    const TrainConfig config = load_train_config({&file, 1});
    StopRequest stop;
    Stream stream(DeviceKind::kCpu, 1);
    Trainer trainer(config, stream);
    TrainerCallbacks callbacks;
    const CheckpointStore store(again / tiny.runs[i].id);
    ASSERT_EQ(trainer.run(store, stop, callbacks), TrainEnd::kDone);
    const std::string bytes = read_file(store.path(CheckpointSlot::kBest), 1 << 24);
    EXPECT_TRUE(bytes == read_file(CheckpointStore(run).path(CheckpointSlot::kBest), 1 << 24))
        << tiny.runs[i].id;
    EXPECT_TRUE(all.insert(bytes).second);
  }
}

TEST(SampleRunner, RunsOfOneSizeAndSeedSeeTheSameImages) {
  // Paired: the inputs are the same, so that the same objective under another name gives the same weights.
  const TinySampleStudy tiny({R"(study.methods.twin={"objective": {"type": "noise2noise"}})", kOneSeed});
  const TemporaryFolder folder;
  (void)session(tiny, folder.path(), 4);
  const SampleResults results = SampleStore(folder.path()).results(tiny.study(), "tiny", tiny.runs);
  ASSERT_EQ(results.runs.size(), 8u);
  for (std::size_t i = 0; i < 2; ++i) {
    const SampleRun &first = results.runs[2 + i], &twin = results.runs[6 + i];
    ASSERT_EQ(first.method, 1u);
    ASSERT_EQ(twin.method, 3u);
    for (std::size_t k = 0; k < first.scores.size(); ++k) {
      EXPECT_EQ(twin.scores[k].mse, first.scores[k].mse);
      EXPECT_NE(results.runs[4 + i].scores[k].mse, first.scores[k].mse) << "more noise";
    }
  }
}

TEST(SampleRunner, LeavesARunThatAnotherHoldsAndWaitsForIt) {
  const TinySampleStudy tiny({kOneSeed});
  const TemporaryFolder whole, folder;
  (void)session(tiny, whole.path(), 4);
  std::optional<Claim> others = RunClaims(folder.path()).try_claim(tiny.runs[1].id);
  ASSERT_TRUE(others);
  SampleProgress waiting;
  const Seen seen = session(tiny, folder.path(), 4, 1, 0, [&](const SampleProgress& progress) {
    if (progress.training == 0 && others) {  // all others are done
      waiting = progress;
      EXPECT_FALSE(SampleStore(folder.path()).done(tiny.runs[1]));
      others.reset();
    }
  });
  EXPECT_EQ(seen.end, SampleEnd::kDone);
  EXPECT_EQ(waiting.done, 5);
  EXPECT_EQ(waiting.runs, 6);
  EXPECT_NE(std::find(seen.messages.begin(), seen.messages.end(),
                      "waiting for 1 runs that other processes work on"),
            seen.messages.end());
  expect_same_files(files_of(folder.path()), files_of(whole.path()), "after waiting");
  EXPECT_TRUE(fs::is_empty(folder / "claims")) << "claims end with their work";
}

TEST(SampleRunner, TrainsNothingThatIsDone) {
  const TinySampleStudy tiny({kOneSeed});
  const TemporaryFolder folder;
  (void)session(tiny, folder.path(), 4);
  const Files before = files_of(folder.path());
  const Seen seen = session(tiny, folder.path(), 4);
  EXPECT_EQ(seen.end, SampleEnd::kDone);
  EXPECT_TRUE(seen.messages.empty());
  EXPECT_EQ(seen.last.steps_here, 0);
  EXPECT_EQ(files_of(folder.path()), before);
}

TEST(SampleRunner, CountsStepsOfAllRuns) {
  const TinySampleStudy tiny({kOneSeed});
  const TemporaryFolder folder;
  const Seen first = session(tiny, folder.path(), 3, 1, 20);
  EXPECT_EQ(first.last.steps, 6 * 8);
  EXPECT_EQ(first.last.steps_done, first.last.steps_here);
  const Seen second = session(tiny, folder.path(), 3, 1, 1);
  EXPECT_GT(second.last.steps_done, second.last.steps_here) << "what the first session did counts";
  (void)session(tiny, folder.path(), 3);
  EXPECT_EQ(suitable_lanes(DeviceKind::kCpu), 4);
}

TEST(SampleRunner, ContinuesWithOtherThreadsAndIntervals) {
  const TinySampleStudy tiny({kOneSeed}),
      other({kOneSeed, "threads=2", "study.run.checkpoint.every_steps=1"});
  const TemporaryFolder whole, folder;
  (void)session(tiny, whole.path(), 2);
  (void)session(tiny, folder.path(), 2, 1, 7);
  EXPECT_EQ(session(other, folder.path(), 3, 2).end, SampleEnd::kDone);
  for (const auto& [name, bytes] : files_of(whole.path())) {
    if (!name.ends_with("config.json")) {
      EXPECT_TRUE(read_file(folder / name, 1 << 24) == bytes) << name;
    }
  }
}

}  // namespace
}  // namespace selfsame
