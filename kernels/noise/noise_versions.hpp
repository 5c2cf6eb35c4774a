// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// Normal numbers per instruction set (kernels/noise/noise.hpp). Free of the standard library's inline code:
// noise_simd.cpp includes it.

namespace selfsame {

/// What addresses a RandomStream: the Philox key and the upper two counter words.
struct PhiloxStreamKey {
  std::uint32_t key0, key1, a, b;
};

struct NormalTable {
  void (*normals)(float* out, std::uint64_t first_group, std::int64_t groups, const PhiloxStreamKey& key);
};
SELFSAME_DECLARE_ISA_TABLE(NormalTable, normal_table)

namespace noise_reference {
void normals(float* out, std::uint64_t first_group, std::int64_t groups, const PhiloxStreamKey& key);
}  // namespace noise_reference

}  // namespace selfsame
