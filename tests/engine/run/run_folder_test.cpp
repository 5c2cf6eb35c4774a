// SPDX-License-Identifier: Apache-2.0
#include "engine/run/run_folder.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/text_pattern.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

std::string refusal(const fs::path& path, RunMode mode, ErrorKind expected) {
  try {
    const RunFolder folder(path, mode);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), expected) << e.what();
    return e.what();
  }
  return "accepted";
}

void put(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "x";
}

TEST(RunFolder, FreshTakesAnAbsentOrEmptyFolderOnly) {
  const TemporaryFolder base;
  {
    const RunFolder folder(base / "a/b", RunMode::kFresh);
    EXPECT_FALSE(folder.resumes());
  }
  { const RunFolder again(base / "a/b", RunMode::kFresh); }  // only the lock file is there
  put(base / "a/b/notes.txt");
  EXPECT_NE(refusal(base / "a/b", RunMode::kFresh, ErrorKind::kUsage).find("not empty"), std::string::npos);
  EXPECT_TRUE(fs::exists(base / "a/b/notes.txt"));
}

TEST(RunFolder, BeginsAfterARunThatWasKilledBeforeItsFirstFile) {
  const TemporaryFolder base;
  put(base / "run/.lock");
  put(base / "run/.config.input.json.tmp.999999999");
  put(base / "run/checkpoints/.last.safetensors.tmp.999999999");
  {
    const RunFolder folder(base / "run", RunMode::kAuto);
    EXPECT_FALSE(folder.resumes());
    EXPECT_FALSE(fs::exists(base / "run/.config.input.json.tmp.999999999"));
  }
  { const RunFolder folder(base / "run", RunMode::kFresh); }
  put(base / "run/checkpoints/notes.txt");
  EXPECT_NE(refusal(base / "run", RunMode::kAuto, ErrorKind::kUsage).find("no run"), std::string::npos);
}

TEST(RunFolder, IsLockedAgainstOtherProcessesUntilTheyEnd) {
  const TemporaryFolder base;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const RunFolder folder(base.path(), RunMode::kFresh);
    const char c = 'x';
    if (::write(ends[1], &c, 1) == 1) {
      ::pause();
    }
    ::_exit(1);
  }
  char c = 0;
  ASSERT_EQ(::read(ends[0], &c, 1), 1);
  const std::string text = refusal(base.path(), RunMode::kAuto, ErrorKind::kUsage);
  EXPECT_NE(text.find("in use by process " + std::to_string(child)), std::string::npos) << text;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_NO_THROW(RunFolder(base.path(), RunMode::kAuto));
}

TEST(RunFolder, ResumeNeedsACheckpoint) {
  const TemporaryFolder base;
  EXPECT_NE(refusal(base / "absent", RunMode::kResume, ErrorKind::kUsage).find("no run"), std::string::npos);
  EXPECT_FALSE(fs::exists(base / "absent"));
  put(base / "config.json");
  EXPECT_NE(refusal(base.path(), RunMode::kResume, ErrorKind::kUsage).find("no checkpoint"),
            std::string::npos);
  put(base / "checkpoints/last.previous.safetensors");
  EXPECT_TRUE(RunFolder(base.path(), RunMode::kResume).resumes());
  EXPECT_TRUE(RunFolder(base.path(), RunMode::kAuto).resumes());
  EXPECT_TRUE(fs::exists(base / "config.json"));
}

TEST(RunFolder, AutoBeginsAgainWhenThereIsNoCheckpointYet) {
  const TemporaryFolder base;
  EXPECT_FALSE(RunFolder(base / "new", RunMode::kAuto).resumes());
  put(base / "old/metrics.jsonl");
  put(base / "old/config.json");
  EXPECT_FALSE(RunFolder(base / "old", RunMode::kAuto).resumes());
  EXPECT_FALSE(fs::exists(base / "old/metrics.jsonl"));
}

TEST(RunFolder, OverwriteRemovesTheRunAndNothingElse) {
  const TemporaryFolder base;
  for (const char* name : {"config.json", "metrics.jsonl", "DONE", "events.out.tfevents.1.2.0", "log.txt",
                           "checkpoints/last.safetensors", "samples/a.png"}) {
    put(base / name);
  }
  for (const char* name : {"notes.txt", "checkpoints/readme", "samples/a.txt", "other/config.json"}) {
    put(base / name);
  }
  EXPECT_FALSE(RunFolder(base.path(), RunMode::kOverwrite).resumes());
  for (const char* name : {"config.json", "metrics.jsonl", "DONE", "events.out.tfevents.1.2.0", "log.txt",
                           "checkpoints/last.safetensors", "samples/a.png"}) {
    EXPECT_FALSE(fs::exists(base / name)) << name;
  }
  for (const char* name : {"notes.txt", "checkpoints/readme", "samples/a.txt", "other/config.json"}) {
    EXPECT_TRUE(fs::exists(base / name)) << name;
  }
}

TEST(RunFolder, OverwriteRefusesAFolderThatIsNoRun) {
  const TemporaryFolder base;
  put(base / "thesis.tex");
  EXPECT_NE(refusal(base.path(), RunMode::kOverwrite, ErrorKind::kUsage).find("no run"), std::string::npos);
  EXPECT_NE(refusal(base.path(), RunMode::kAuto, ErrorKind::kUsage).find("no run"), std::string::npos);
  EXPECT_TRUE(fs::exists(base / "thesis.tex"));
}

TEST(RunFolder, APathThroughAFileIsAnIoError) {
  const TemporaryFolder base;
  put(base / "file");
  EXPECT_NE(refusal(base / "file/run", RunMode::kFresh, ErrorKind::kIo).find((base / "file/run").string()),
            std::string::npos);
}

TEST(RunFolder, HasOneMarkerAtTheEndAndNoneWhileRunning) {
  const TemporaryFolder base;
  put(base / "checkpoints/last.safetensors");
  {
    const RunFolder folder(base.path(), RunMode::kResume);
    folder.finish(RunOutcome::kStopped, "SIGTERM", 120, 75);
    const auto marker = nlohmann::json::parse(read_file(base / "STOPPED", 1000));
    EXPECT_EQ(marker, (nlohmann::json{{"reason", "SIGTERM"}, {"step", 120}, {"exit_code", 75}}));
  }
  {
    const RunFolder folder(base.path(), RunMode::kResume);
    EXPECT_FALSE(fs::exists(base / "STOPPED"));
    folder.finish(RunOutcome::kFailed, "x", 1, 4);
    folder.finish(RunOutcome::kDone, "all steps", 200, 0);
  }
  EXPECT_TRUE(fs::exists(base / "DONE"));
  EXPECT_FALSE(fs::exists(base / "FAILED"));
}

TEST(RunFolder, KeepsTheCommandsOfAllItsParts) {
  const TemporaryFolder base;
  const RunFolder folder(base.path(), RunMode::kFresh);
  const char* first[] = {"selfsame", "train", "--set", "a.b=\"x y\"", "it's", ""};
  folder.add_command(shell_command(6, first));
  folder.add_command("second");
  EXPECT_EQ(read_file(base / "command.txt", 1000),
            "selfsame train --set 'a.b=\"x y\"' 'it'\\''s' ''\nsecond\n");
}

TEST(RunFolder, DefaultNamesAreDatedAndDiffer) {
  const fs::path path = default_run_path("runs", "my net/1");
  EXPECT_TRUE(has_form(path.string(), "runs/my-net-1-########-######-%%%%")) << path;
  EXPECT_TRUE(default_run_path("runs", "").filename().string().starts_with("run-"));
}

}  // namespace
}  // namespace selfsame
