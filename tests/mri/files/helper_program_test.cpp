// SPDX-License-Identifier: Apache-2.0
#include "mri/files/helper_program.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

/// The answer of a helper that is a line of shell.
HelperAnswer answer_of(const std::string& line, const HelperLimits& limits = {10, 1, 1 << 20, 100}) {
  const TemporaryFolder folder;
  std::ofstream(folder / "helper") << "#!/bin/sh\n" << line << "\n";
  ::chmod((folder / "helper").c_str(), 0700);
  return ask_helper(folder / "helper", {"MAGIC__A", "MAGIC__E"}, {"verb", "a b", "c"}, limits);
}

TEST(HelperProgram, AnswersAndRefuses) {
  const HelperAnswer good = answer_of("printf 'MAGIC__A\\003\\0\\0\\0\\0\\0\\0\\0a\\0b'");
  EXPECT_EQ(good.failure + good.refusal, "");
  EXPECT_EQ(good.content, std::string("a\0b", 3));
  EXPECT_EQ(answer_of("printf 'MAGIC__A\\0\\0\\0\\0\\0\\0\\0\\0'").failure, "") << "nothing is an answer";
  const HelperAnswer refused = answer_of("printf 'MAGIC__E\\003\\0\\0\\0\\0\\0\\0\\0a\\nb'");
  EXPECT_EQ(refused.refusal, "a b");
  EXPECT_EQ(refused.content + refused.failure, "");
  EXPECT_NE(answer_of("printf 'MAGIC__E\\0\\0\\0\\0\\0\\0\\0\\0'").refusal, "");
}

TEST(HelperProgram, GetsItsLimitsBehindTheVerb) {
  // The size as an octal escape, and the words.
  const std::string print =
      "text=\"$1|$2|$3|$4|$5|$6\"; size=$(printf '\\\\0%o' ${#text}); "
      "printf '%b%s' \"MAGIC__A$size\\0\\0\\0\\0\\0\\0\\0\" \"$text\"";
  EXPECT_EQ(answer_of(print, {10.5, 0.5, 12345, 100}).content, "verb|12345|1|11|a b|c");
}

TEST(HelperProgram, WhateverElseItDoesIsAFailure) {
  for (const char* line :
       {"true", "echo garbage", "exit 1", "kill -SEGV $$", "head -c 1000000 /dev/zero",
        "printf 'MAGIC__B\\001\\0\\0\\0\\0\\0\\0\\0a'", "printf 'MAGIC__A\\002\\0\\0\\0\\0\\0\\0\\0a'"}) {
    const HelperAnswer answer = answer_of(line);
    EXPECT_NE(answer.failure, "") << line;
    EXPECT_EQ(answer.content + answer.refusal, "") << line;
  }
  EXPECT_EQ(answer_of("exec sleep 60", {0.3, 1, 1 << 20, 100}).failure.rfind("no end within", 0), 0u);
  EXPECT_NE(ask_helper("/no/such/helper", {"MAGIC__A", "MAGIC__E"}, {"verb"}, {}).failure, "");
}

TEST(HelperProgram, IsLookedForBesideTheProgramAndAbove) {
  EXPECT_EQ(find_helper_program("no-such-helper"), std::filesystem::path());
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  EXPECT_EQ(find_helper_program(self.filename().string()), self);
}

}  // namespace
}  // namespace selfsame
