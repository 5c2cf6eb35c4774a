// SPDX-License-Identifier: Apache-2.0
// The words of kernels/device/gpu/gpu.cuh for nvcc. The only file with inline assembly. Fragment layouts: PTX
// ISA, "Matrix fragments for mma.m16n8k16 / mma.m16n8k8".
#pragma once
#include <cuda_runtime.h>

#include <type_traits>
#include <utility>

#include "kernels/device/bf16.hpp"
#include "kernels/device/gpu/launch_shape.hpp"
#include "kernels/device/stream.hpp"

#define SELFSAME_SHARED(T, name, ...) __shared__ T name __VA_ARGS__

namespace selfsame::cuda {

constexpr unsigned kFullWarp = 0xffffffffu;

__device__ inline int thread_x() { return static_cast<int>(threadIdx.x); }
__device__ inline int thread_y() { return static_cast<int>(threadIdx.y); }
__device__ inline int thread_z() { return static_cast<int>(threadIdx.z); }
__device__ inline int block_x() { return static_cast<int>(blockIdx.x); }
__device__ inline int block_y() { return static_cast<int>(blockIdx.y); }
__device__ inline int block_z() { return static_cast<int>(blockIdx.z); }
__device__ inline int block_size_x() { return static_cast<int>(blockDim.x); }
__device__ inline int block_size_y() { return static_cast<int>(blockDim.y); }
__device__ inline int block_size_z() { return static_cast<int>(blockDim.z); }
__device__ inline int grid_size_x() { return static_cast<int>(gridDim.x); }
__device__ inline int grid_size_y() { return static_cast<int>(gridDim.y); }
__device__ inline int grid_size_z() { return static_cast<int>(gridDim.z); }

template <typename T>
__device__ inline T* dynamic_shared() {
  extern __shared__ __align__(128) unsigned char selfsame_dynamic_shared[];
  return reinterpret_cast<T*>(selfsame_dynamic_shared);
}

__device__ inline void sync_threads() { __syncthreads(); }
__device__ inline void sync_warp() { __syncwarp(); }

template <typename T>
__device__ inline T shuffle(T v, int lane) {
  return __shfl_sync(kFullWarp, v, lane);
}
template <typename T>
__device__ inline T shuffle_xor(T v, int mask) {
  return __shfl_xor_sync(kFullWarp, v, mask);
}
template <typename T>
__device__ inline T shuffle_down(T v, int delta) {
  return __shfl_down_sync(kFullWarp, v, static_cast<unsigned>(delta));
}
__device__ inline unsigned ballot(bool p) { return __ballot_sync(kFullWarp, p); }
__device__ inline bool any(bool p) { return __any_sync(kFullWarp, p) != 0; }
__device__ inline bool all(bool p) { return __all_sync(kFullWarp, p) != 0; }

__device__ inline void atomic_add(float* to, float v) { atomicAdd(to, v); }
__device__ inline void atomic_add(int* to, int v) { atomicAdd(to, v); }

__device__ inline void device_assert(bool condition) {
  if (!condition) {
    __trap();
  }
}

/// 16 bytes from global to shared memory, in the background; zeros if not valid (`from` is then not read).
__device__ inline void copy_async16(void* to_shared, const void* from, bool valid = true) {
  const unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(to_shared));
  const int bytes = valid ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes) : "memory");
}
__device__ inline void copy_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
/// Waits until at most N of the latest groups of this thread are still under way.
template <int N>
__device__ inline void copy_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}

// Lane i gives the address of 16-byte row i % 8 of 8x8 matrix i / 8 (x2: lanes 0..15 count). Register j of
// lane t gets elements (row t/4, columns 2*(t%4), +1) of matrix j; transposed: (rows 2*(t%4), +1, column
// t/4).
__device__ inline void load_matrix_x4(unsigned (&r)[4], const void* row) {
  const unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(at)
               : "memory");
}
__device__ inline void load_matrix_x4_transposed(unsigned (&r)[4], const void* row) {
  const unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(at)
               : "memory");
}
__device__ inline void load_matrix_x2(unsigned (&r)[2], const void* row) {
  const unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(at)
               : "memory");
}
__device__ inline void load_matrix_x2_transposed(unsigned (&r)[2], const void* row) {
  const unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(at)
               : "memory");
}

/// d (16x8, float) += a (16x16, bf16, rows) * b (16x8, bf16, columns): mma.m16n8k16.
__device__ inline void mma_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
/// d (16x8, float) += a (16x8, tf32, rows) * b (8x8, tf32, columns): mma.m16n8k8.
__device__ inline void mma_tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
/// The float rounded to 10 bits of mantissa, ties away from zero.
__device__ inline unsigned to_tf32(float v) {
  unsigned r;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(r) : "f"(v));
  return r;
}

// ---- launch
// -------------------------------------------------------------------------------------------------

/// Starts a kernel on the stream's queue. `arguments` are the kernel's, in order. (kernels/device/cuda)
void launch_raw(const LaunchName& name, const void* kernel, const LaunchShape& shape, Stream& stream,
                void** arguments);

template <typename... P, typename... A>
void launch(LaunchName name, void (*kernel)(P...), const LaunchShape& shape, Stream& stream, A&&... a) {
  static_assert(sizeof...(P) == sizeof...(A), "as many arguments as the kernel has parameters");
  auto call = [&](std::type_identity_t<P>... values) {
    void* arguments[sizeof...(P) + 1] = {static_cast<void*>(&values)...};
    launch_raw(name, reinterpret_cast<const void*>(kernel), shape, stream, arguments);
  };
  call(static_cast<P>(std::forward<A>(a))...);
}

}  // namespace selfsame::cuda
