// SPDX-License-Identifier: Apache-2.0
// The words of kernels/device/gpu/gpu.cuh on the simulated device; what they mean on a GPU:
// kernels/device/cuda/cuda_words.cuh. Loads and stores of shared memory are made here, in the kernel's own
// translation unit, so that sanitizers see them as the kernel's.
#pragma once
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/device/bf16.hpp"
#include "kernels/device/gpu/launch_shape.hpp"
#include "kernels/device/sim/pending_copies.hpp"
#include "kernels/device/sim/sim_state.hpp"
#include "kernels/device/sim/simulated_queue.hpp"
#include "kernels/device/sim/warp_words.hpp"
#include "kernels/device/stream.hpp"

#define __global__
#define __device__
#define __host__
#define __constant__
#define __launch_bounds__(...)
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(n) alignas(n)

/// A reference to the block's array; the static variable's address says which one.
#define SELFSAME_SHARED(T, name, ...)           \
  static constinit char selfsame_site_##name{}; \
  using selfsame_type_##name = T __VA_ARGS__;   \
  selfsame_type_##name& name =                  \
      ::selfsame::simulated::static_shared<selfsame_type_##name>(&selfsame_site_##name, #name)

#if defined(SELFSAME_SIM_TSAN)
// The state of the simulator is not the kernel's memory.
#define SELFSAME_SIM_UNSEEN __attribute__((noinline, no_sanitize("thread")))
#else
#define SELFSAME_SIM_UNSEEN
#endif

namespace selfsame::simulated {

SELFSAME_SIM_UNSEEN inline int thread_x() { return current_thread->at.x; }
SELFSAME_SIM_UNSEEN inline int thread_y() { return current_thread->at.y; }
SELFSAME_SIM_UNSEEN inline int thread_z() { return current_thread->at.z; }
SELFSAME_SIM_UNSEEN inline int block_x() { return place.block.x; }
SELFSAME_SIM_UNSEEN inline int block_y() { return place.block.y; }
SELFSAME_SIM_UNSEEN inline int block_z() { return place.block.z; }
SELFSAME_SIM_UNSEEN inline int block_size_x() { return place.block_size.x; }
SELFSAME_SIM_UNSEEN inline int block_size_y() { return place.block_size.y; }
SELFSAME_SIM_UNSEEN inline int block_size_z() { return place.block_size.z; }
SELFSAME_SIM_UNSEEN inline int grid_size_x() { return place.grid_size.x; }
SELFSAME_SIM_UNSEEN inline int grid_size_y() { return place.grid_size.y; }
SELFSAME_SIM_UNSEEN inline int grid_size_z() { return place.grid_size.z; }

template <typename T>
T& static_shared(const void* site, const char* name, Where where = Where::current()) {
  using Element = std::remove_all_extents_t<T>;
  // Nothing is constructed: an initial value of a member (bf16) does not take effect, as with nvcc.
  static_assert(std::is_trivially_copyable_v<Element>);
  static_assert(alignof(T) <= 128 && sizeof(T) <= SharedMemory::kMaxStaticBytes);
  return *static_cast<T*>(shared_array(site, name, sizeof(T), where));
}
template <typename T>
T* dynamic_shared() {
  static_assert(alignof(T) <= 128);
  return static_cast<T*>(dynamic_shared_memory());
}

inline void sync_threads(Where where = Where::current()) { block_barrier(where); }
inline void sync_warp(Where where = Where::current()) {
  warp_collective("sync_warp", where, nullptr, nullptr);
}

// ---- shuffles and votes ----------------------------------------------------------------------------------

template <typename T>
T exchange_value(const char* word, T v, int from, const Where& where) {
  static_assert(std::is_arithmetic_v<T> && (sizeof(T) == 4 || sizeof(T) == 8), "as CUDA's shuffles");
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  return std::bit_cast<T>(static_cast<Bits>(exchange(word, std::bit_cast<Bits>(v), from, where)));
}
template <typename T>
T shuffle(T v, int lane, Where where = Where::current()) {
  check_lane("shuffle", "lane", lane, where);
  return exchange_value("shuffle", v, lane, where);
}
template <typename T>
T shuffle_xor(T v, int mask, Where where = Where::current()) {
  check_lane("shuffle_xor", "mask", mask, where);
  return exchange_value("shuffle_xor", v, own_lane() ^ mask, where);
}
/// Lanes for which there is no lane + delta keep their value.
template <typename T>
T shuffle_down(T v, int delta, Where where = Where::current()) {
  check_lane("shuffle_down", "delta", delta, where);
  const int from = own_lane() + delta;
  return exchange_value("shuffle_down", v, from < kLanes ? from : -1, where);
}
inline unsigned ballot(bool p, Where where = Where::current()) { return vote("ballot", p, where); }
inline bool any(bool p, Where where = Where::current()) { return vote("any", p, where) != 0; }
inline bool all(bool p, Where where = Where::current()) { return vote("all", p, where) == 0xffffffffu; }

// ---- atomics and checks ----------------------------------------------------------------------------------

inline void atomic_add(float* to, float v) {
  std::atomic_ref<float>(*to).fetch_add(v, std::memory_order_relaxed);
}
inline void atomic_add(int* to, int v) { std::atomic_ref<int>(*to).fetch_add(v, std::memory_order_relaxed); }
inline void device_assert(bool condition, Where where = Where::current()) {
  check_device_assert(condition, where);
}

// ---- asynchronous copies ---------------------------------------------------------------------------------

inline void copy_async16(void* to_shared, const void* from, bool valid = true,
                         Where where = Where::current()) {
  add_copy(to_shared, from, valid, where);
}
inline void copy_async_commit() { commit_copies(); }
template <int N>
void copy_async_wait() {
  static_assert(N >= 0);
  DueCopy copy;
  while (next_due_copy(N, copy)) {
    const auto* const from = static_cast<const MatrixRow*>(copy.from);
    *static_cast<MatrixRow*>(copy.to) = from == nullptr ? MatrixRow{} : *from;
  }
}

// ---- matrices --------------------------------------------------------------------------------------------

template <int kCount>
void load_matrix(const char* word, unsigned (&r)[kCount], const void* row, bool transposed,
                 const Where& where) {
  MatrixRow own{};
  if (own_lane() < 8 * kCount) {  // the others' addresses do not matter
    check_matrix_row(word, row, where);
    own = *static_cast<const MatrixRow*>(row);
  }
  exchange_matrix(word, own, r, kCount, transposed, where);
}
inline void load_matrix_x4(unsigned (&r)[4], const void* row, Where where = Where::current()) {
  load_matrix("load_matrix_x4", r, row, false, where);
}
inline void load_matrix_x4_transposed(unsigned (&r)[4], const void* row, Where where = Where::current()) {
  load_matrix("load_matrix_x4_transposed", r, row, true, where);
}
inline void load_matrix_x2(unsigned (&r)[2], const void* row, Where where = Where::current()) {
  load_matrix("load_matrix_x2", r, row, false, where);
}
inline void load_matrix_x2_transposed(unsigned (&r)[2], const void* row, Where where = Where::current()) {
  load_matrix("load_matrix_x2_transposed", r, row, true, where);
}

inline void mma_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2],
                     Where where = Where::current()) {
  multiply_bf16(d, a, b, where);
}
inline void mma_tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2],
                     Where where = Where::current()) {
  multiply_tf32(d, a, b, where);
}
inline unsigned to_tf32(float v) {
  const auto bits = std::bit_cast<std::uint32_t>(v);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return 0x7fffffffu;  // NaN
  }
  return (bits & 0x7f800000u) == 0x7f800000u ? bits : (bits + 0x1000u) & 0xffffe000u;
}

// ---- launch ----------------------------------------------------------------------------------------------

template <typename... P>
class TypedCall final : public KernelCall {
 public:
  explicit TypedCall(void (*kernel)(P...), const P&... arguments)
      : kernel_(kernel), arguments_(arguments...) {}
  void run() const override { run_with(std::index_sequence_for<P...>()); }

 private:
  template <std::size_t... I>
  __forceinline__ void run_with(std::index_sequence<I...>) const {
    kernel_(std::get<I>(arguments_)...);
  }
  void (*kernel_)(P...);
  std::tuple<P...> arguments_;
};

template <typename T>
void note_pointer([[maybe_unused]] std::vector<const void*>& pointers, [[maybe_unused]] const T& value) {
  if constexpr (std::is_pointer_v<T>) {
    pointers.push_back(value);
  }
}

/// Queues a kernel on the stream. `arguments` are the kernel's, in order.
template <typename... P, typename... A>
void launch(LaunchName name, void (*kernel)(P...), const LaunchShape& shape, Stream& stream, A&&... a) {
  static_assert(sizeof...(P) == sizeof...(A), "as many arguments as the kernel has parameters");
  static_assert((std::is_trivially_copyable_v<P> && ...), "kernels take plain values, no references");
  static_assert((sizeof(P) + ... + 0) <= 4096, "a kernel's parameters are at most 4 KB");
  const auto start = [&](const std::type_identity_t<P>&... values) {
    std::vector<const void*> pointers;
    (note_pointer(pointers, values), ...);
    enqueue_kernel(name, shape, stream, pointers, std::make_shared<const TypedCall<P...>>(kernel, values...));
  };
  start(static_cast<P>(std::forward<A>(a))...);
}

}  // namespace selfsame::simulated
