// SPDX-License-Identifier: Apache-2.0
// selfsame-h5: the only program that is linked to libhdf5. See mri/files/hdf5/h5_helper.hpp.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

#include "mri/files/hdf5/h5_helper.hpp"
#include "mri/files/hdf5/requests_hdf5.hpp"

namespace selfsame {
namespace {

constexpr const char* kHelp =
    "selfsame-h5 reads HDF5 files for selfsame, in a process that may crash. It is not for use by hand:\n"
    "  selfsame-h5 describe MEMORY SECONDS CLOCK FILE WHAT...\n"
    "  selfsame-h5 read MEMORY SECONDS CLOCK FILE NAME FIRST COUNT VALUES\n";

std::uint64_t number(const char* text) {
  char* end = nullptr;
  errno = 0;
  const unsigned long long value = std::strtoull(text, &end, 10);
  if (end == text || *end != '\0' || errno != 0) {
    throw H5Refused(std::string("not a number: ") + text);
  }
  return value;
}

void limit(int resource, std::uint64_t value, std::uint64_t beyond = 0) {
  struct rlimit wanted {};
  wanted.rlim_cur = static_cast<rlim_t>(value);
  wanted.rlim_max = static_cast<rlim_t>(value + beyond);
  ::setrlimit(static_cast<__rlimit_resource_t>(resource), &wanted);
}

void set_limits(std::uint64_t memory, std::uint64_t seconds, std::uint64_t clock) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // The sanitizers reserve terabytes of addresses.
  limit(RLIMIT_AS, memory);
#else
  (void)memory;
#endif
  limit(RLIMIT_CPU, seconds, 1);  // SIGXCPU, which says why, before SIGKILL
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  // Even if the one who asked is gone.
  ::alarm(static_cast<unsigned>(clock + 1));
}

bool write_all(const void* from, std::size_t bytes) {
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

bool answer(const char* magic, const void* from, std::uint64_t bytes) {
  char prefix[kH5PrefixBytes];
  std::memcpy(prefix, magic, 8);
  std::memcpy(prefix + 8, &bytes, 8);
  return write_all(prefix, sizeof prefix) && write_all(from, bytes);
}

bool serve(int count, char** words) {
  const std::string verb = words[1];
  set_limits(number(words[2]), number(words[3]), number(words[4]));
  prepare_hdf5();
  if (verb == "describe") {
    const std::string message = describe_hdf5(words[5], {words + 6, words + count});
    return answer(kH5Answer, message.data(), message.size());
  }
  if (verb == "read" && count == 10) {
    const std::vector<float> values =
        read_hdf5(words[5], words[6], number(words[7]), number(words[8]), number(words[9]));
    return answer(kH5Answer, values.data(), values.size() * sizeof(float));
  }
  throw H5Refused("no such request: " + verb);
}

bool refuse(std::string why) {
  why.resize(std::min<std::size_t>(why.size(), kH5LongestRefusal));
  return answer(kH5Refusal, why.data(), why.size());
}

bool run(int count, char** words) {
  try {
    return serve(count, words);
  } catch (const std::bad_alloc&) {
    return refuse("it asks for more memory than its size explains");
  } catch (const std::exception& e) {
    return refuse(e.what());
  }
}

}  // namespace
}  // namespace selfsame

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fputs(selfsame::kHelp, stdout);
    return argc == 2 && std::strcmp(argv[1], "--help") == 0 ? 0 : 2;
  }
  const bool written = selfsame::run(argc, argv);
  // Without the library's clean-up, which has nothing to save and may crash on what it has read.
  ::_exit(written ? 0 : 1);
}
