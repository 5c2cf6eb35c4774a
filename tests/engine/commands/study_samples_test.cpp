// SPDX-License-Identifier: Apache-2.0
// selfsame study of training sizes, as a user runs it: begun, killed, stopped, joined and reported.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "engine/checkpoint/checkpoint_store.hpp"
#include "mri/files/atomic_file.hpp"
#include "tests/support/markup.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_sample_study.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;

constexpr int kKills = 20;

class SampleStudyCommand : public testing::Test {
 protected:
  SampleStudyCommand() { std::ofstream(folder_ / "study.json") << kTinySampleStudy; }
  fs::path out(const std::string& name) const { return folder_ / name; }
  std::vector<std::string> arguments(const std::string& name,
                                     const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{"study", "--config", (folder_ / "study.json").string(), "--out",
                                 out(name).string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  ProgramResult study(const std::string& name, const std::vector<std::string>& more = {},
                      double kill_after = 0) const {
    return selfsame_program(arguments(name, more), kill_after);
  }
  std::string text(const std::string& name) const { return read_file(folder_ / name, 1 << 24); }

  /// What must not depend on how a study was worked through: all but the report, which has a date. A killed
  /// process may leave its temporary `.NAME.tmp.PID`, which nobody reads.
  Files results(const std::string& name) const {
    Files files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(out(name))) {
      const std::string path = fs::relative(entry.path(), out(name)).string();
      const std::string file = entry.path().filename().string();
      if (entry.is_regular_file() && !file.starts_with('.') &&
          (path.starts_with("pictures/") || file == "result.json" || file == "best.safetensors" ||
           file == "results.json" || file == "results.csv" || file == "points.csv" ||
           file == "variance.json")) {
        files[path] = read_file(entry.path(), 1 << 24);
      }
    }
    return files;
  }
  void expect_same(const std::string& name, const std::string& other) const {
    const Files found = results(name), expected = results(other);
    EXPECT_GE(expected.size(), 12u + 12u + 4u + 5u) << "runs, weights, tables and pictures";
    EXPECT_EQ(found.size(), expected.size());
    for (const auto& [path, bytes] : expected) {
      const auto it = found.find(path);
      EXPECT_TRUE(it != found.end() && it->second == bytes) << name << "/" << path;
    }
  }
  /// Whether some run of the study has a checkpoint and is not done.
  bool trains(const std::string& name) const {
    std::error_code error;
    for (const fs::directory_entry& run : fs::directory_iterator(out(name) / "runs", error)) {
      if (fs::exists(run.path() / "checkpoints/last.safetensors") &&
          !fs::exists(run.path() / "result.json")) {
        return true;
      }
    }
    return false;
  }
  TemporaryFolder folder_;
};

/// Lines of an output that say that a run is done, by its id.
std::map<std::string, int> done_in(const std::string& output) {
  std::map<std::string, int> done;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (const std::size_t at = line.find(": done after"); at != std::string::npos) {
      ++done[line.substr(0, at)];
    }
  }
  return done;
}

TEST_F(SampleStudyCommand, AnswersAndReports) {
  const ProgramResult first = study("out");
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_NE(first.out.find("3 methods x 2 sizes x 2 seeds = 12 runs of 96 steps in all"), std::string::npos)
      << first.out;
  EXPECT_EQ(done_in(first.out).size(), 12u) << first.out;
  EXPECT_EQ(first.out.find('\x1b'), std::string::npos);  // no terminal, no escape codes
  const nlohmann::json found = nlohmann::json::parse(text("out/results.json"));
  EXPECT_EQ(found.at("planned_runs"), 12);
  EXPECT_EQ(found.at("runs").size(), 12u);
  EXPECT_TRUE(fs::is_empty(out("out") / "claims"));
  const std::string page = text("out/report.html");
  EXPECT_EQ(markup_fault(page), "");
  for (const char* outside : {"http:", "https:", "<script", "<link", "url(", "@import"}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
  std::size_t pictures = 0;
  for (std::size_t at = 0; (at = page.find("src=", at)) != std::string::npos; ++at) {
    EXPECT_EQ(page.compare(at, 26, "src=\"data:image/png;base64"), 0) << page.substr(at, 60);
    ++pictures;
  }
  EXPECT_EQ(pictures, 2u * (2 + 12));  // two images: noisy, clean, six outputs and their errors

  // Its own configuration, with another name and other threads, makes the same numbers.
  fs::copy_file(out("out") / "study.json", folder_ / "study.json", fs::copy_options::overwrite_existing);
  ASSERT_EQ(study("again", {"--threads", "2", "--lanes", "2"}).exit_code, 0);
  expect_same("again", "out");
  // A report of what is done changes nothing.
  const Files before = results("out");
  const ProgramResult report = selfsame_program({"report", out("out").string()});
  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_EQ(results("out"), before);
}

TEST_F(SampleStudyCommand, CheckTrainsNothing) {
  const ProgramResult check = study("out", {"--check"});
  EXPECT_EQ(check.exit_code, 0) << check.err;
  EXPECT_NE(check.out.find("12 runs"), std::string::npos) << check.out;
  EXPECT_NE(check.out.find("ms a step"), std::string::npos) << check.out;
  EXPECT_FALSE(fs::exists(out("out")));
  const ProgramResult bare =
      selfsame_program({"study", "--config", (folder_ / "study.json").string(), "--check"});
  EXPECT_EQ(bare.exit_code, 0) << bare.err;
}

TEST_F(SampleStudyCommand, RefusesWhatItWouldReplaceOrMix) {
  ASSERT_EQ(study("out").exit_code, 0);
  const std::string before = text("out/study.json");
  const Files results_before = results("out");
  const ProgramResult refused = study("out");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find(out("out").string() + " holds a study: --resume continues it, --overwrite"),
            std::string::npos)
      << refused.err;
  // Another configuration must not be continued in the same folder, nor replace the one that is there.
  for (const char* change : {"study.run.noise.sigma=26", "study.test.count=4", "seed=9"}) {
    const ProgramResult other = study("out", {"--resume", "--set", change});
    EXPECT_EQ(other.exit_code, 2) << change;
    EXPECT_NE(other.err.find("another configuration"), std::string::npos) << other.err;
    EXPECT_EQ(text("out/study.json"), before) << change;
  }
  EXPECT_EQ(results("out"), results_before);
  EXPECT_EQ(study("out", {"--resume", "--overwrite"}).exit_code, 2);
  // A study may grow, and begins anew when told to.
  const ProgramResult grown = study("out", {"--resume", "--set", "study.seeds=[0, 1, 2]"});
  ASSERT_EQ(grown.exit_code, 0) << grown.err;
  EXPECT_EQ(done_in(grown.out).size(), 6u) << grown.out;
  ASSERT_EQ(study("out", {"--overwrite"}).exit_code, 0);
  EXPECT_EQ(results("out"), results_before);
}

TEST_F(SampleStudyCommand, StopsWhenItsTimeIsUp) {
  const std::vector<std::string> long_one{"--max-time", "1s",
                                          "--set",      "study.run.training.steps=1000000",
                                          "--set",      "study.run.validation.every_steps=1000000",
                                          "--set",      "study.run.checkpoint.every_steps=0"};
  const auto steps = [&] {
    std::map<std::string, std::int64_t> all;
    for (const fs::directory_entry& run : fs::directory_iterator(out("out") / "runs")) {
      const SafetensorsFile last = CheckpointStore(run.path()).load(CheckpointSlot::kLast).file;
      all[run.path().filename().string()] = std::stoll(metadata_at(last, "step"));
    }
    return all;
  };
  const ProgramResult first = study("out", long_one);
  EXPECT_EQ(first.exit_code, 75) << first.err;
  EXPECT_NE(first.out.find("stopped by time limit; everything is saved; continue with"), std::string::npos)
      << first.out;
  const auto before = steps();
  EXPECT_EQ(before.size(), 4u) << "runs side by side, every one with its checkpoint";
  std::vector<std::string> more = long_one;
  more.emplace_back("--resume");
  EXPECT_EQ(study("out", more).exit_code, 75);
  for (const auto& [run, step] : steps()) {
    EXPECT_GT(step, before.at(run)) << run;
  }
  const ProgramResult report = selfsame_program({"report", out("out").string()});
  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_NE(report.out.find("0 of 12 runs are done"), std::string::npos) << report.out;
}

TEST_F(SampleStudyCommand, ControlCSavesAndAnotherSessionContinues) {
  ASSERT_EQ(study("whole").exit_code, 0);
  const ProgramResult stopped =
      run_program_until(selfsame_binary(), arguments("out"), SIGINT, [&] { return trains("out"); });
  ASSERT_EQ(stopped.exit_code, 130) << stopped.out << stopped.err;
  EXPECT_NE(stopped.out.find("stopped by SIGINT; everything is saved; continue with: selfsame study --out " +
                             out("out").string() + " --resume"),
            std::string::npos)
      << stopped.out;
  EXPECT_TRUE(fs::is_empty(out("out") / "claims")) << "another process can go on at once";
  const ProgramResult report = selfsame_program({"report", out("out").string()});
  ASSERT_EQ(report.exit_code, 0) << report.err;
  EXPECT_NE(report.out.find(" of 12 runs are done."), std::string::npos) << report.out;
  EXPECT_LT(nlohmann::json::parse(text("out/results.json")).at("runs").size(), 12u);
  EXPECT_EQ(markup_fault(text("out/report.html")), "");
  // Its own configuration is enough.
  const ProgramResult rest = selfsame_program({"study", "--out", out("out").string(), "--resume"});
  ASSERT_EQ(rest.exit_code, 0) << rest.err;
  expect_same("out", "whole");
}

TEST_F(SampleStudyCommand, TwoProcessesShareTheWork) {
  const std::vector<std::string> longer{"--resume",
                                        "--set",
                                        "study.run.training.steps=200",
                                        "--set",
                                        "study.run.validation.every_steps=100",
                                        "--set",
                                        "study.run.checkpoint.every_steps=20"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), longer.begin(), longer.end());
    return more;
  };
  ASSERT_EQ(study("whole", longer).exit_code, 0);
  ProgramResult one, two;
  std::atomic<bool> ended = false;
  std::thread other([&] {
    one = study("shared", with({"--lanes", "1", "--threads", "2"}));
    ended = true;
  });
  while (!trains("shared") && !ended) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  two = study("shared", with({"--lanes", "2"}));
  other.join();
  ASSERT_EQ(one.exit_code, 0) << one.err;
  ASSERT_EQ(two.exit_code, 0) << two.err;
  std::map<std::string, int> done = done_in(one.out);
  EXPECT_FALSE(done.empty()) << "the first took part";
  EXPECT_FALSE(done_in(two.out).empty()) << "the second took part";
  for (const auto& [id, times] : done_in(two.out)) {
    done[id] += times;
  }
  EXPECT_EQ(done.size(), 12u);
  for (const auto& [id, times] : done) {
    EXPECT_EQ(times, 1) << id;
  }
  expect_same("shared", "whole");
}

TEST_F(SampleStudyCommand, KilledTwentyTimesSlowEndsWithTheSameBytes) {
  const auto started = std::chrono::steady_clock::now();
  ASSERT_EQ(study("whole").exit_code, 0);
  const double whole = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  std::mt19937 random(11);
  std::uniform_real_distribution<double> delay(0.02 * whole, 0.6 * whole);
  int kills = 0;
  for (int round = 0; kills < kKills; ++round) {
    const std::string name = "killed" + std::to_string(round);
    for (bool done = false; !done;) {
      const ProgramResult result = study(name, {"--resume"}, kills < kKills ? delay(random) : 0);
      done = result.exit_code == 0;
      kills += result.signal == SIGKILL ? 1 : 0;
      ASSERT_TRUE(done || result.signal == SIGKILL) << result.exit_code << "\n" << result.err;
      ASSERT_EQ(result.out.find("previous generation"), std::string::npos) << result.out;
    }
    expect_same(name, "whole");
  }
  EXPECT_EQ(kills, kKills);
}

}  // namespace
}  // namespace selfsame
