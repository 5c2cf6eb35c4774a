// SPDX-License-Identifier: Apache-2.0
// selfsame study, as a user runs it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mri/files/atomic_file.hpp"
#include "tests/support/markup.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

class StudyCommand : public testing::Test {
 protected:
  StudyCommand() {
    write_file_atomically(path("study.json"),
                          R"({"name": "tiny", "seed": 4, "study": {"type": "subspace", "n": 10, "d": 2,
                              "target_sigmas": [0.2], "examples": [3, 15, 40], "repeats": 8, "iterations": 500}})");
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::vector<std::string> arguments(std::vector<std::string> more = {}) const {
    std::vector<std::string> all{"study",    "--config", path("study.json"), "--out", path("out"),
                                 "--device", "cpu"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  nlohmann::json results() const {
    return nlohmann::json::parse(read_file(path("out/results.json"), 1 << 24));
  }
  TemporaryFolder folder_;
};

TEST_F(StudyCommand, WritesResultsAndReport) {
  const ProgramResult first = selfsame_program(arguments());
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_NE(first.out.find("Noisy targets need more examples by a factor of"), std::string::npos)
      << first.out;
  EXPECT_EQ(first.out.find('\x1b'), std::string::npos);  // no terminal, no escape codes
  EXPECT_EQ(markup_fault(read_file(path("out/report.html"), 1 << 24)), "");
  const nlohmann::json found = results();
  EXPECT_EQ(found["points"].size(), 6u);
  EXPECT_EQ(found["seed"], 4);
  EXPECT_NE(found["command"].get<std::string>().find("study --config"), std::string::npos);
  EXPECT_EQ(read_file(path("out/results.csv"), 1 << 20).substr(0, 9), "examples,");

  // The resolved configuration makes the same numbers again, and nothing is replaced unasked.
  const ProgramResult refused = selfsame_program(arguments());
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("results.json"), std::string::npos) << refused.err;
  fs::copy_file(path("out/config.json"), path("study.json"), fs::copy_options::overwrite_existing);
  const ProgramResult again = selfsame_program(arguments({"--overwrite", "--threads", "1"}));
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(results()["points"], found["points"]);
  ASSERT_EQ(selfsame_program(arguments({"--overwrite", "--set", "seed=5"})).exit_code, 0);
  EXPECT_NE(results()["points"], found["points"]);
}

TEST_F(StudyCommand, MistakesAreNamedAndNothingIsWritten) {
  const ProgramResult unknown = selfsame_program(arguments({"--set", "study.repeat=9"}));
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.err.find("repeats"), std::string::npos) << unknown.err;
  const ProgramResult bare = selfsame_program({"study", "--config", path("study.json")});
  EXPECT_EQ(bare.exit_code, 2);
  EXPECT_NE(bare.err.find("--out DIR is needed"), std::string::npos) << bare.err;
  EXPECT_EQ(selfsame_program(arguments({"--config", path("none.json")})).exit_code, 2);
  EXPECT_FALSE(fs::exists(path("out")));
}

TEST_F(StudyCommand, PrintsItsKeys) {
  const ProgramResult all = selfsame_program({"study", "--keys"});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_NE(all.out.find("target_sigmas"), std::string::npos) << all.out;
  const ProgramResult one = selfsame_program({"study", "--keys", "study.iterations"});
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_NE(one.out.find("of gradient descent"), std::string::npos) << one.out;
  EXPECT_EQ(selfsame_program({"study", "--keys", "study.iteration"}).exit_code, 2);
}

TEST_F(StudyCommand, ControlCLeavesNothingBehind) {
  // In the foreground: otherwise the whole process group gets the signal too, and a second one ends the
  // program at once.
  std::vector<std::string> all{"--foreground", "--preserve-status", "--signal=INT", "2", selfsame_binary()};
  for (const std::string& argument : arguments({"--set", "study.repeats=1000000", "--set", "study.n=40"})) {
    all.push_back(argument);
  }
  const ProgramResult stopped = run_program("/usr/bin/timeout", all, 60);
  EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
  EXPECT_NE(stopped.err.find("nothing was written"), std::string::npos) << stopped.err;
  EXPECT_FALSE(fs::exists(path("out")));
}

}  // namespace
}  // namespace selfsame
