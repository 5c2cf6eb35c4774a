// SPDX-License-Identifier: Apache-2.0
#include "engine/run/process_identity.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace selfsame {
namespace {

TEST(ProcessIdentity, ThisProcessIsKnownAndAlive) {
  const ProcessIdentity self = this_process();
  EXPECT_EQ(self.pid, ::getpid());
  EXPECT_FALSE(self.host.empty());
  EXPECT_EQ(self.boot.size(), 36u) << self.boot;  // a UUID
  EXPECT_TRUE(self.pid_namespace.starts_with("pid:[")) << self.pid_namespace;
  EXPECT_GT(self.start, 0u);
  EXPECT_TRUE(is_alive(self));
  EXPECT_TRUE(sees(self, self));
}

TEST(ProcessIdentity, APidThatWasUsedAgainIsAnotherProcess) {
  ProcessIdentity earlier = this_process();
  earlier.start -= 1;
  EXPECT_FALSE(is_alive(earlier));
  earlier.start = 0;  // unknown: the PID has to do
  EXPECT_TRUE(is_alive(earlier));
}

TEST(ProcessIdentity, NothingLivesUnderAPidThatIsNone) {
  ProcessIdentity none = this_process();
  for (const pid_t pid : {0, -1, -::getpid()}) {
    none.pid = pid;
    EXPECT_FALSE(is_alive(none)) << pid;
  }
}

TEST(ProcessIdentity, AKilledProcessIsDeadBeforeAndAfterItsParentAsks) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(1);
  }
  ProcessIdentity process = this_process();
  process.pid = child;
  process.start = 0;
  EXPECT_TRUE(is_alive(process));
  ::kill(child, SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);  // now it is a zombie
  EXPECT_FALSE(is_alive(process));
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(is_alive(process));
}

TEST(ProcessIdentity, SeesOnlyProcessesOfTheSameMachineBootAndNamespace) {
  const ProcessIdentity self = this_process();
  for (std::string ProcessIdentity::*part :
       {&ProcessIdentity::host, &ProcessIdentity::boot, &ProcessIdentity::pid_namespace}) {
    ProcessIdentity other = self;
    other.*part += "x";
    EXPECT_FALSE(sees(self, other));
    ProcessIdentity unknown = self;
    (unknown.*part).clear();
    EXPECT_FALSE(sees(unknown, unknown)) << "equal, but nothing is known";
  }
}

}  // namespace
}  // namespace selfsame
