// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/sim/mapping.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "kernels/base/error.hpp"

namespace selfsame::simulated {
namespace {

constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

void protect(void* data, std::size_t bytes, int access) {
  if (mprotect(data, bytes, access) != 0) {
    fail(ErrorKind::kDevice, "simulated device: mprotect of {} bytes: {}", bytes, std::strerror(errno));
  }
}

}  // namespace

std::byte* reserve_addresses(std::size_t bytes) {
  void* data = mmap(nullptr, bytes, PROT_NONE, kFlags, -1, 0);
  return data == MAP_FAILED ? nullptr : static_cast<std::byte*>(data);
}

void allow_access(void* data, std::size_t bytes) { protect(data, bytes, PROT_READ | PROT_WRITE); }

void deny_access(void* data, std::size_t bytes) { protect(data, bytes, PROT_NONE); }

void drop_contents(void* data, std::size_t bytes) { madvise(data, bytes, MADV_DONTNEED); }

void replace_pages(void* data, std::size_t bytes) {
  munmap(data, bytes);
  if (mmap(data, bytes, PROT_READ | PROT_WRITE, kFlags | MAP_FIXED, -1, 0) == MAP_FAILED) {
    fail(ErrorKind::kDevice, "simulated device: mmap of {} bytes: {}", bytes, std::strerror(errno));
  }
}

}  // namespace selfsame::simulated
