// SPDX-License-Identifier: Apache-2.0
#include "engine/run/text_log.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/text_pattern.hpp"

namespace selfsame {
namespace {

TEST(TextLog, AppendsLinesWithDateAndTime) {
  const TemporaryFolder folder;
  TextLog(folder / "log.txt").line("first");
  TextLog(folder / "log.txt").line("second");
  const std::string text = read_file(folder / "log.txt", 1000);
  EXPECT_TRUE(has_form(text, "####-##-## ##:##:## first\n####-##-## ##:##:## second\n")) << text;
}

TEST(TextLog, AFullDiskDoesNotStopTheRun) {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit bound{4, 4};
    ::setrlimit(RLIMIT_FSIZE, &bound);
    TextLog log(folder / "log.txt");
    log.line("does not fit");
    ::_exit(log.failed() ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(TextLog, AFileThatCannotBeOpenedIsNamed) {
  const TemporaryFolder folder;
  const std::string text = error_text<Error>([&] { TextLog log(folder.path()); });
  EXPECT_NE(text.find(folder.path().string()), std::string::npos);
}

}  // namespace
}  // namespace selfsame
