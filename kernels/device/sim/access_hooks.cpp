// SPDX-License-Identifier: Apache-2.0
// The calls that the compiler makes at every load and store with -fsanitize=thread, here without
// ThreadSanitizer: they tell traffic.hpp. Linked only into programs that record traffic; with
// SELFSAME_SIM_TRAFFIC in the environment they write it to that file when they end, a line for each place:
//
//   kernel  offset of the code  shared|global  load|store  bytes  instructions  accesses  served  least
#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "kernels/device/sim/traffic.hpp"

extern "C" char __executable_start;  // by the linker

namespace selfsame::simulated {
namespace {

void note(const void* address, std::size_t bytes, bool store, const void* code) {
  if (traffic_on) {
    note_access(address, bytes, store, code);
  }
}

/// From the start of the process to its end.
struct WholeProcess {
  WholeProcess() {
    if (std::getenv("SELFSAME_SIM_TRAFFIC") != nullptr) {
      start_traffic();
      std::atexit(write);
    }
  }
  static void write() {
    const char* const path = std::getenv("SELFSAME_SIM_TRAFFIC");
    std::FILE* const file = std::fopen(path, "w");
    if (file == nullptr) {
      std::perror(path);
      return;
    }
    for (const TrafficLine& line : stop_traffic()) {
      // The call returns behind the access: one byte back is within it.
      const auto offset = static_cast<const char*>(line.code) - 1 - &__executable_start;
      fmt::print(file, "{}\t{:#x}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", line.kernel, offset,
                 line.shared ? "shared" : "global", line.store ? "store" : "load", line.bytes,
                 line.instructions, line.accesses, line.service.served, line.service.least);
    }
    std::fclose(file);
  }
} const whole_process;

}  // namespace
}  // namespace selfsame::simulated

#define SELFSAME_ACCESS(name, bytes, store)                                          \
  void name(void* address) {                                                         \
    ::selfsame::simulated::note(address, bytes, store, __builtin_return_address(0)); \
  }
#define SELFSAME_ACCESSES(bytes)                              \
  SELFSAME_ACCESS(__tsan_read##bytes, bytes, false)           \
  SELFSAME_ACCESS(__tsan_write##bytes, bytes, true)           \
  SELFSAME_ACCESS(__tsan_volatile_read##bytes, bytes, false)  \
  SELFSAME_ACCESS(__tsan_volatile_write##bytes, bytes, true)  \
  SELFSAME_ACCESS(__tsan_unaligned_read##bytes, bytes, false) \
  SELFSAME_ACCESS(__tsan_unaligned_write##bytes, bytes, true)

extern "C" {
SELFSAME_ACCESSES(1)
SELFSAME_ACCESSES(2)
SELFSAME_ACCESSES(4)
SELFSAME_ACCESSES(8)
SELFSAME_ACCESSES(16)

void __tsan_read_range(void* address, std::size_t bytes) {
  ::selfsame::simulated::note(address, bytes, false, __builtin_return_address(0));
}
void __tsan_write_range(void* address, std::size_t bytes) {
  ::selfsame::simulated::note(address, bytes, true, __builtin_return_address(0));
}
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}

// Atomics of kernels (atomic_add), and of the library's own inline code: not recorded.
#define SELFSAME_ATOMIC(bits, T)                                                                  \
  T __tsan_atomic##bits##_fetch_add(volatile T* to, T v, int) {                                   \
    return std::atomic_ref<T>(const_cast<T&>(*to)).fetch_add(v);                                  \
  }                                                                                               \
  T __tsan_atomic##bits##_load(const volatile T* from, int) {                                     \
    return std::atomic_ref<T>(const_cast<T&>(*from)).load();                                      \
  }                                                                                               \
  void __tsan_atomic##bits##_store(volatile T* to, T v, int) {                                    \
    std::atomic_ref<T>(const_cast<T&>(*to)).store(v);                                             \
  }                                                                                               \
  int __tsan_atomic##bits##_compare_exchange_strong(volatile T* at, T* expected, T v, int, int) { \
    return std::atomic_ref<T>(const_cast<T&>(*at)).compare_exchange_strong(*expected, v) ? 1 : 0; \
  }                                                                                               \
  int __tsan_atomic##bits##_compare_exchange_weak(volatile T* at, T* expected, T v, int, int) {   \
    return std::atomic_ref<T>(const_cast<T&>(*at)).compare_exchange_weak(*expected, v) ? 1 : 0;   \
  }
SELFSAME_ATOMIC(32, int)
SELFSAME_ATOMIC(64, long)
}
