// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

// What the simulator tells AddressSanitizer and ThreadSanitizer; nothing in builds without them. The build
// sets SELFSAME_SIM_TSAN, because the simulator's own files are compiled without -fsanitize=thread: their
// accesses are not those of a kernel.

#if defined(__SANITIZE_ADDRESS__)
#define SELFSAME_SIM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SELFSAME_SIM_ASAN 1
#endif
#endif

#if defined(SELFSAME_SIM_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(SELFSAME_SIM_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace selfsame::simulated {

#if defined(SELFSAME_SIM_ASAN)
constexpr bool kAddressSanitizer = true;
inline void forbid(const void* data, std::size_t bytes) { __asan_poison_memory_region(data, bytes); }
inline void permit(const void* data, std::size_t bytes) { __asan_unpoison_memory_region(data, bytes); }
#else
constexpr bool kAddressSanitizer = false;
inline void forbid(const void*, std::size_t) {}
inline void permit(const void*, std::size_t) {}
#endif

/// What a thread did before order_release(tag) happens before what another does after order_acquire(tag).
#if defined(SELFSAME_SIM_TSAN)
constexpr bool kThreadSanitizer = true;
inline void order_release(void* tag) { __tsan_release(tag); }
inline void order_acquire(void* tag) { __tsan_acquire(tag); }
#else
constexpr bool kThreadSanitizer = false;
inline void order_release(void*) {}
inline void order_acquire(void*) {}
#endif

}  // namespace selfsame::simulated
