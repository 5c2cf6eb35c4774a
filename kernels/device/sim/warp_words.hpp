// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/sim/sim_state.hpp"

// What the warp's words do, apart from their types. All lanes' values are read here and not in kernels'
// sources: for ThreadSanitizer the exchange itself is no access to memory.

namespace selfsame::simulated {

/// The lane of the current thread in its warp.
[[nodiscard]] int own_lane();
/// Errors: Error(kDevice) if `lane` is not in 0..31.
void check_lane(const char* word, const char* what, int lane, const Where& where);
/// The value of lane `from`, in 0..31, or the own value for from = -1.
[[nodiscard]] std::uint64_t exchange(const char* word, std::uint64_t value, int from, const Where& where);
[[nodiscard]] std::uint32_t vote(const char* word, bool value, const Where& where);

struct alignas(16) MatrixRow {
  std::uint32_t words[4];  // eight bf16, or four tf32
};
/// Errors: Error(kDevice) if `row` is not a 16-byte row within this block's shared memory.
void check_matrix_row(const char* word, const void* row, const Where& where);
/// ldmatrix of `count` 8x8 matrices; lane i brings row i % 8 of matrix i / 8.
void exchange_matrix(const char* word, const MatrixRow& row, unsigned* r, int count, bool transposed,
                     const Where& where);

void multiply_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const Where& where);
void multiply_tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const Where& where);

/// Of a SELFSAME_SHARED site. Errors: Error(kDevice) if the block's shared memory is used up.
[[nodiscard]] void* shared_array(const void* site, const char* name, std::size_t bytes, const Where& where);
[[nodiscard]] void* dynamic_shared_memory();
void check_device_assert(bool condition, const Where& where);

}  // namespace selfsame::simulated
