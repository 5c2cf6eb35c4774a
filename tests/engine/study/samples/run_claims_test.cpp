// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/run_claims.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>
#include <new>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/study/samples/claim_file.hpp"
#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr ClaimOptions kEveryTime{.lifetime = minutes(10), .refresh_every = milliseconds(0)};

fs::path claim_path(const TemporaryFolder& folder, const std::string& run) {
  return folder / ("claims/" + run + ".claim");
}

std::string text_of(const fs::path& path) { return read_file(path, 1 << 16); }

/// A claim file that another process would have written.
void put_claim(const fs::path& path, const ProcessIdentity& owner) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << nlohmann::json{
      {"host", owner.host}, {"boot", owner.boot},   {"pid_namespace", owner.pid_namespace},
      {"pid", owner.pid},   {"start", owner.start}, {"token", "0123456789abcdef0123456789abcdef"}};
}

/// This process under a start time that is not its own: a PID that was used again.
ProcessIdentity dead_process() {
  ProcessIdentity process = this_process();
  process.start -= 1;
  return process;
}

/// Makes a file look as if it was last touched `age` ago.
void make_old(const fs::path& path, std::chrono::seconds age) {
  const std::int64_t now = file_system_now(path.parent_path()) / 1'000'000'000;
  const timespec then{.tv_sec = now - age.count(), .tv_nsec = 0};
  const timespec times[2] = {then, then};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

/// Runs f in children that begin together, and returns their exit codes (1000 + signal).
std::vector<int> in_processes(int count, const std::function<int(int)>& f) {
  int gate[2];
  EXPECT_EQ(::pipe(gate), 0);
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(gate[1]);
      char c = 0;
      static_cast<void>(::read(gate[0], &c, 1) == 0);  // ends when the parent closes the gate
      int code = 99;
      try {
        code = f(i);
      } catch (const std::exception&) {
      }
      ::_exit(code);
    }
    children.push_back(child);
  }
  ::close(gate[0]);
  ::close(gate[1]);
  std::vector<int> codes;
  for (const pid_t child : children) {
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    codes.push_back(WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status));
  }
  return codes;
}

std::int64_t files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

TEST(RunClaims, GiveARunToOneUntilItIsReleased) {
  const TemporaryFolder folder;
  const RunClaims claims(folder.path()), others(folder.path());
  {
    const std::optional<Claim> claim = claims.try_claim("supervised-0005-0");
    ASSERT_TRUE(claim);
    EXPECT_FALSE(others.try_claim("supervised-0005-0"));
    EXPECT_FALSE(claims.try_claim("supervised-0005-0"));
    EXPECT_TRUE(others.try_claim("supervised-0005-1"));
    const auto json = nlohmann::json::parse(text_of(claim_path(folder, "supervised-0005-0")));
    EXPECT_EQ(json.at("pid"), ::getpid());
    EXPECT_EQ(json.at("host"), this_process().host);
    EXPECT_EQ(json.at("token").get<std::string>().size(), 32u);
  }
  EXPECT_TRUE(others.try_claim("supervised-0005-0"));
  EXPECT_EQ(files_in(folder / "claims"), 0);
}

TEST(RunClaims, AMovedClaimIsReleasedOnce) {
  const TemporaryFolder folder;
  const RunClaims claims(folder.path());
  std::optional<Claim> first = claims.try_claim("a");
  const Claim second(std::move(*first));
  first.reset();
  EXPECT_FALSE(claims.try_claim("a"));
}

TEST(RunClaims, RefuseNamesThatAreNoFileNames) {
  const TemporaryFolder folder;
  const RunClaims claims(folder.path());
  for (const std::string& name : {std::string(), std::string("a/b"), std::string(".."), std::string(".a"),
                                  std::string("sigma' = 25"), std::string(201, 'a')}) {
    EXPECT_NE(error_text<Error>([&] { static_cast<void>(claims.try_claim(name)); }).find("no name of a run"),
              std::string::npos)
        << name;
  }
  EXPECT_TRUE(claims.try_claim(std::string(200, 'a')));
}

TEST(RunClaims, RefreshRenewsTheFile) {
  const TemporaryFolder folder;
  const RunClaims claims(folder.path(), kEveryTime);
  std::optional<Claim> claim = claims.try_claim("a");
  make_old(claim_path(folder, "a"), hours(1));
  EXPECT_TRUE(claim->refresh());
  EXPECT_FALSE(claims.try_claim("a"));
  EXPECT_TRUE(claim->refresh());
}

TEST(RunClaims, RefreshLooksAtTheFileOnlyNowAndThen) {
  const TemporaryFolder folder;
  const RunClaims claims(folder.path(), {.lifetime = minutes(10), .refresh_every = hours(1)});
  std::optional<Claim> claim = claims.try_claim("a");
  make_old(claim_path(folder, "a"), hours(2));
  const auto before = fs::last_write_time(claim_path(folder, "a"));
  EXPECT_TRUE(claim->refresh());
  EXPECT_EQ(fs::last_write_time(claim_path(folder, "a")), before);
}

TEST(RunClaims, RefreshTellsTheLoserOfATakeover) {
  const TemporaryFolder folder;
  const RunClaims claims(folder.path(), kEveryTime);
  std::optional<Claim> slow = claims.try_claim("a");
  make_old(claim_path(folder, "a"), minutes(11));
  std::optional<Claim> taker = claims.try_claim("a");
  ASSERT_TRUE(taker) << "its process lives, but it was not renewed";
  EXPECT_FALSE(slow->refresh());
  EXPECT_TRUE(taker->refresh());
  slow.reset();
  EXPECT_TRUE(taker->refresh()) << "the loser must not remove the winner's file";
  EXPECT_TRUE(fs::exists(claim_path(folder, "a")));
}

TEST(RunClaims, RefreshMakesAFileAgainThatWasRemovedByHand) {
  const TemporaryFolder folder;
  const RunClaims claims(folder.path(), kEveryTime);
  std::optional<Claim> claim = claims.try_claim("a");
  const std::string before = text_of(claim_path(folder, "a"));
  fs::remove(claim_path(folder, "a"));
  EXPECT_TRUE(claim->refresh());
  EXPECT_EQ(text_of(claim_path(folder, "a")), before);
  fs::remove(claim_path(folder, "a"));
  const std::optional<Claim> other = claims.try_claim("a");
  EXPECT_TRUE(other);
  EXPECT_FALSE(claim->refresh());
}

TEST(RunClaims, OfADeadProcessOfThisMachineAreTakenAtOnce) {
  const TemporaryFolder folder;
  const RunClaims claims(folder.path());
  put_claim(claim_path(folder, "a"), this_process());
  EXPECT_FALSE(claims.try_claim("a"));
  put_claim(claim_path(folder, "a"), dead_process());
  EXPECT_TRUE(claims.try_claim("a"));
  EXPECT_EQ(files_in(folder / "claims"), 0);
}

TEST(RunClaims, OfProcessesThatCannotBeSeenGoByTheirAge) {
  const TemporaryFolder folder;
  const RunClaims claims(folder.path());
  for (std::string ProcessIdentity::*part :
       {&ProcessIdentity::host, &ProcessIdentity::boot, &ProcessIdentity::pid_namespace}) {
    ProcessIdentity owner = dead_process();  // dead here, but it is not of here
    owner.*part = "elsewhere";
    put_claim(claim_path(folder, "a"), owner);
    EXPECT_FALSE(claims.try_claim("a"));
    make_old(claim_path(folder, "a"), minutes(9));
    EXPECT_FALSE(claims.try_claim("a"));
    make_old(claim_path(folder, "a"), minutes(11));
    EXPECT_TRUE(claims.try_claim("a"));
    EXPECT_EQ(files_in(folder / "claims"), 0);
  }
}

TEST(RunClaims, ThatAreDamagedGoByTheirAge) {
  const TemporaryFolder folder;
  const RunClaims claims(folder.path());
  const nlohmann::json whole{{"host", "h"}, {"boot", "b"}, {"pid_namespace", "p"}, {"pid", 1}, {"start", 1}};
  std::vector<std::string> texts{"", "{", "null", "[]", "\xff\xfe", std::string(10000, 'x')};
  for (const auto& [key, value] : whole.items()) {
    nlohmann::json changed = whole;
    changed[key] = -1;
    texts.push_back(changed.dump());
    changed.erase(key);
    texts.push_back(changed.dump());
  }
  nlohmann::json large = whole;
  large["pid"] = std::uint64_t{1} << 40;
  texts.push_back(large.dump());
  for (const std::string& text : texts) {
    std::ofstream(claim_path(folder, "a")) << text;
    EXPECT_FALSE(claims.try_claim("a")) << text;
    make_old(claim_path(folder, "a"), minutes(11));
    EXPECT_TRUE(claims.try_claim("a")) << text;
  }
}

TEST(RunClaims, ATakeoverThatWasKilledDoesNotBlockTheNext) {
  const TemporaryFolder folder;
  const RunClaims claims(folder.path());
  put_claim(claim_path(folder, "a"), dead_process());
  put_claim(folder / "claims/.a.takeover", this_process());
  EXPECT_FALSE(claims.try_claim("a")) << "another is about to take it";
  put_claim(folder / "claims/.a.takeover", dead_process());
  EXPECT_TRUE(claims.try_claim("a"));
  EXPECT_EQ(files_in(folder / "claims"), 0);
}

TEST(RunClaims, OfAKilledProcessAreTakenAtOnce) {
  const TemporaryFolder folder;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::optional<Claim> claim = RunClaims(folder.path()).try_claim("a");
    const char c = claim ? 'y' : 'n';
    if (::write(ends[1], &c, 1) == 1) {
      ::pause();
    }
    ::_exit(1);
  }
  char c = 0;
  ASSERT_EQ(::read(ends[0], &c, 1), 1);
  ASSERT_EQ(c, 'y');
  const RunClaims claims(folder.path());
  EXPECT_FALSE(claims.try_claim("a"));
  ::kill(child, SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(fs::exists(claim_path(folder, "a")));
  EXPECT_TRUE(claims.try_claim("a")) << "nobody has asked for its exit code yet";
  ::waitpid(child, nullptr, 0);
}

TEST(RunClaims, EightProcessesDoEachOfFiftyRunsOnce) {
  const TemporaryFolder folder;
  constexpr int kProcesses = 8, kRuns = 50;
  const std::vector<int> done = in_processes(kProcesses, [&](int me) {
    const RunClaims claims(folder.path());
    int mine = 0;
    for (int left = kRuns; left > 0;) {
      left = 0;
      for (int i = 0; i < kRuns; ++i) {
        const std::string run = "run" + std::to_string((i + me) % kRuns);
        const fs::path result = folder / run, busy = folder / (run + ".busy");
        if (fs::exists(result)) {
          continue;
        }
        ++left;
        const std::optional<Claim> claim = claims.try_claim(run);
        if (!claim || fs::exists(result)) {
          continue;
        }
        const int fd = ::open(busy.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0600);
        if (fd < 0) {
          return 100;  // two at once
        }
        ::usleep(200);  // work, so that the others come by meanwhile
        std::ofstream(result) << me;
        ::close(fd);
        fs::remove(busy);
        ++mine;
      }
    }
    return mine;
  });
  int all = 0;
  for (const int count : done) {
    EXPECT_LT(count, 99);
    all += count;
  }
  EXPECT_EQ(all, kRuns);
  EXPECT_EQ(files_in(folder / "claims"), 0);
}

TEST(RunClaims, OneOfRacingTakeoversWins) {
  const TemporaryFolder folder;
  constexpr int kRuns = 200, kProcesses = 4;
  struct Shared {
    std::atomic<int> arrived[kRuns + 1], winners[kRuns];
  };
  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto* shared = new (memory) Shared{};
  for (int run = 0; run < kRuns; ++run) {
    put_claim(claim_path(folder, std::to_string(run)), dead_process());
  }
  const std::vector<int> codes = in_processes(kProcesses, [&](int me) {
    const auto meet = [&](int place) {
      for (++shared->arrived[place]; shared->arrived[place] < kProcesses;) {
        ::sched_yield();
      }
    };
    const RunClaims claims(folder.path());
    std::vector<Claim> won;  // held to the end: who comes late must not have a run after the winner
    for (int run = 0; run < kRuns; ++run) {
      meet(run);
      ::usleep(static_cast<useconds_t>(me * (run % 20) * 10));  // some come while another is about it
      if (std::optional<Claim> claim = claims.try_claim(std::to_string(run))) {
        ++shared->winners[run];
        won.push_back(std::move(*claim));
      }
    }
    meet(kRuns);
    return 0;
  });
  EXPECT_EQ(codes, std::vector<int>(kProcesses, 0));
  for (int run = 0; run < kRuns; ++run) {
    EXPECT_EQ(shared->winners[run], 1) << run;
  }
  ::munmap(memory, sizeof(Shared));
  EXPECT_EQ(files_in(folder / "claims"), 0);
}

TEST(RunClaims, AForkedChildDoesNotReleaseWhatItsParentHolds) {
  const TemporaryFolder folder;
  std::optional<Claim> claim = RunClaims(folder.path()).try_claim("a");
  const std::vector<int> codes = in_processes(1, [&](int) {
    claim.reset();
    return RunClaims(folder.path()).try_claim("a") ? 1 : 0;
  });
  EXPECT_EQ(codes, std::vector<int>{0});
  EXPECT_TRUE(fs::exists(claim_path(folder, "a")));
}

TEST(RunClaims, AFolderThatCannotBeMadeIsAnIoError) {
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  try {
    const RunClaims claims(folder / "file");
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kIo);
    EXPECT_NE(std::string(e.what()).find((folder / "file/claims").string()), std::string::npos) << e.what();
  }
}

TEST(RunClaims, AReadOnlyFolderIsAnIoErrorThatNamesTheFile) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "claims");
  ::chmod(folder.path().c_str(), 0755);
  ::chmod((folder / "claims").c_str(), 0555);
  const std::vector<int> codes = in_processes(1, [&](int) {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) {  // root may write everywhere
      return 2;
    }
    try {
      return RunClaims(folder.path()).try_claim("a") ? 3 : 4;
    } catch (const Error& e) {
      const bool named = std::string(e.what()).find(claim_path(folder, "a").string()) != std::string::npos;
      return e.kind() == ErrorKind::kIo && named ? 0 : 5;
    }
  });
  EXPECT_EQ(codes, std::vector<int>{0});
  ::chmod((folder / "claims").c_str(), 0755);
}

}  // namespace
}  // namespace selfsame
