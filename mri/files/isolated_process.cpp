// SPDX-License-Identifier: Apache-2.0
#include "mri/files/isolated_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <new>
#include <system_error>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

using Clock = std::chrono::steady_clock;

std::string reason(int code) { return std::system_category().message(code); }

struct Descriptor {
  int fd = -1;
  Descriptor() = default;
  explicit Descriptor(int f) : fd(f) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void reset() {
    if (fd >= 0) {
      ::close(fd);
    }
    fd = -1;
  }
};

/// Whole milliseconds until `end`, rounded up; 0 when it is over.
int milliseconds_until(Clock::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30));
}

/// The process: killed and waited for at the end of the scope, if nobody did before.
class Child {
 public:
  ~Child() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait_for(0);
    }
  }
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// An error number, or 0.
  int start(const std::filesystem::path& program, const std::vector<std::string>& arguments, int output);

  /// The status once it has ended by itself, or false at the deadline.
  bool ended(Clock::time_point deadline, int& status) {
    for (;;) {
      const pid_t done = wait_for(WNOHANG, &status);
      if (done != 0) {
        return true;
      }
      const int left = milliseconds_until(deadline);
      if (left == 0) {
        return false;
      }
#ifdef SYS_pidfd_open
      const Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
      if (handle.fd >= 0) {
        struct pollfd waiting {
          handle.fd, POLLIN, 0
        };
        ::poll(&waiting, 1, left);
        continue;
      }
#endif
      ::poll(nullptr, 0, 1);
    }
  }

 private:
  /// As waitpid, which is repeated after EINTR; -1 when nobody is there any more (SIGCHLD is ignored).
  pid_t wait_for(int options, int* status = nullptr) {
    pid_t done = -1;
    do {
      done = ::waitpid(pid_, status, options);
    } while (done < 0 && errno == EINTR);
    if (done != 0) {
      pid_ = -1;
    }
    return done;
  }

  pid_t pid_ = -1;
};

int Child::start(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                 int output) {
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (::posix_spawn_file_actions_init(&actions) != 0) {
    throw std::bad_alloc();
  }
  if (::posix_spawnattr_init(&attributes) != 0) {
    ::posix_spawn_file_actions_destroy(&actions);
    throw std::bad_alloc();
  }
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  int code = 0;
  const auto step = [&code](int result) { code = code == 0 ? result : code; };
  step(::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
  step(::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO));
  step(::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0));
#if defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
  // Also what this program was given by its own parent.
  step(::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1));
#endif
#endif
  step(::posix_spawnattr_setsigmask(&attributes, &none));
  step(::posix_spawnattr_setsigdefault(&attributes, &all));
  step(::posix_spawnattr_setpgroup(&attributes, 0));
  step(::posix_spawnattr_setflags(&attributes,
                                  POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
  if (code == 0) {
    code = ::posix_spawn(&pid_, argv[0], &actions, &attributes, argv.data(), environ);
  }
  if (code != 0) {
    pid_ = -1;
  }
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return code;
}

/// Reads to the end of the output. Returns why not, or nothing.
std::string read_output(int fd, const IsolatedLimits& limits, Clock::time_point deadline,
                        std::string& output) {
  constexpr std::size_t kBlock = 1 << 18;
  const auto block = std::make_unique_for_overwrite<char[]>(kBlock);
  for (;;) {
    struct pollfd waiting {
      fd, POLLIN, 0
    };
    const int left = milliseconds_until(deadline);
    const int ready = left > 0 ? ::poll(&waiting, 1, left) : 0;
    if (ready < 0 && errno == EINTR) {
      continue;
    }
    if (ready < 0) {
      return "cannot be waited for: " + reason(errno);
    }
    if (ready == 0) {
      return fmt::format("no end within {:.0f} s", limits.seconds);
    }
    const ssize_t n = ::read(fd, block.get(), kBlock);
    const int code = errno;
    if (n > 0) {
      output.append(block.get(), static_cast<std::size_t>(n));
    }
    if (n == 0) {
      return {};
    }
    if (n < 0 && code != EINTR) {
      return "its output cannot be read: " + reason(code);
    }
    if (output.size() > limits.output_bytes) {
      return fmt::format("more than {} bytes of output", limits.output_bytes);
    }
  }
}

}  // namespace

IsolatedResult run_isolated(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                            const IsolatedLimits& limits) {
  IsolatedResult result;
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    result.failure = "no pipe: " + reason(errno);
    return result;
  }
  const Descriptor from(ends[0]);
  ::fcntl(ends[0], F_SETPIPE_SZ, 1 << 20);  // fewer turns for a volume; it works without
  Descriptor to(ends[1]);
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                           std::chrono::duration<double>(limits.seconds));
  Child child;
  if (const int code = child.start(program, arguments, to.fd); code != 0) {
    result.failure = fmt::format("{} cannot be started: {}", program.string(), reason(code));
    return result;
  }
  to.reset();
  result.failure = read_output(from.fd, limits, deadline, result.output);
  int status = 0;
  if (result.failure.empty() && !child.ended(deadline, status)) {
    result.failure = fmt::format("no end within {:.0f} s", limits.seconds);
  } else if (result.failure.empty() && WIFSIGNALED(status)) {
    result.failure = WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGALRM
                         ? "no end within its time"
                         : fmt::format("crashed: {}", ::strsignal(WTERMSIG(status)));
  } else if (result.failure.empty() && WEXITSTATUS(status) != 0) {
    result.failure = fmt::format("exit code {}", WEXITSTATUS(status));
  }
  if (!result.failure.empty()) {
    result.output.clear();
  }
  return result;
}

}  // namespace selfsame
