// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"
#include "kernels/device/philox_groups.hpp"

// Normal numbers per instruction set (kernels/noise/noise.hpp). Free of the standard library's inline code:
// noise_simd.cpp includes it.

namespace selfsame {

struct NormalTable {
  void (*normals)(float* out, std::uint64_t first_group, std::int64_t groups, const PhiloxStreamKey& key);
};
SELFSAME_DECLARE_ISA_TABLE(NormalTable, normal_table)

namespace noise_reference {
void normals(float* out, std::uint64_t first_group, std::int64_t groups, const PhiloxStreamKey& key);
}  // namespace noise_reference

}  // namespace selfsame
