// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>

#include "mri/files/helper_program.hpp"

namespace selfsame {

// What the helper programs have in common (mri/files/helper_program.hpp has the protocol). Here and not in a
// source, because a helper is linked to nothing of this program.

/// Why a request cannot be served: becomes the text of a refusal.
class HelperRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline std::uint64_t helper_number(const char* text) {
  char* end = nullptr;
  errno = 0;
  const unsigned long long value = std::strtoull(text, &end, 10);
  if (end == text || *end != '\0' || errno != 0) {
    throw HelperRefused(std::string("not a number: ") + text);
  }
  return value;
}

inline void limit_resource(int resource, std::uint64_t value, std::uint64_t beyond = 0) {
  struct rlimit wanted {};
  wanted.rlim_cur = static_cast<rlim_t>(value);
  wanted.rlim_max = static_cast<rlim_t>(value + beyond);
  ::setrlimit(static_cast<__rlimit_resource_t>(resource), &wanted);
}

/// @param words          MEMORY SECONDS CLOCK
/// @param written_bytes  no file may become longer
inline void set_helper_limits(char** words, std::uint64_t written_bytes) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // The sanitizers reserve terabytes of addresses.
  limit_resource(RLIMIT_AS, helper_number(words[0]));
#endif
  limit_resource(RLIMIT_CPU, helper_number(words[1]), 1);  // SIGXCPU, which says why, before SIGKILL
  limit_resource(RLIMIT_CORE, 0);
  limit_resource(RLIMIT_FSIZE, written_bytes);
  // Even if the one who asked is gone.
  ::alarm(static_cast<unsigned>(helper_number(words[2]) + 1));
}

inline bool helper_write(const void* from, std::size_t bytes) {
  const char* at = static_cast<const char*>(from);
  while (bytes > 0) {
    const ssize_t n = ::write(STDOUT_FILENO, at, bytes);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return false;
    }
    at += n;
    bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

inline bool helper_answer(const char* magic, const void* from, std::uint64_t bytes) {
  char prefix[kHelperPrefixBytes];
  std::memcpy(prefix, magic, 8);
  std::memcpy(prefix + 8, &bytes, 8);
  return helper_write(prefix, sizeof prefix) && helper_write(from, bytes);
}

/// Serves the request, which answers by itself, or refuses with the reason that it throws. Returns whether
/// all of the answer was written.
template <typename Serve>
bool run_helper(const HelperMagic& magic, Serve serve) {
  const auto refuse = [&magic](std::string why) {
    why.resize(std::min<std::size_t>(why.size(), kHelperLongestRefusal));
    return helper_answer(magic.refusal, why.data(), why.size());
  };
  try {
    return serve();
  } catch (const std::bad_alloc&) {
    return refuse("it asks for more memory than its size explains");
  } catch (const std::exception& e) {
    return refuse(e.what());
  }
}

/// All of main: the help where there is no request, else serve(argc, argv), and the end of the process
/// without the libraries' clean-up, which has nothing to save and may crash on what it has read.
template <typename Serve>
int helper_main(int argc, char** argv, const char* help, const HelperMagic& magic, Serve serve) {
  if (argc < 6) {
    std::fputs(help, stdout);
    return argc == 2 && std::strcmp(argv[1], "--help") == 0 ? 0 : 2;
  }
  ::_exit(run_helper(magic, [&] { return serve(argc, argv); }) ? 0 : 1);
}

}  // namespace selfsame
