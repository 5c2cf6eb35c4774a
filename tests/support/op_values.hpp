// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/support/op_contract.hpp"

// What the two halves of tests/support/op_contract.hpp share.

namespace selfsame::contract {

/// Elements of an operand, over all lanes.
[[nodiscard]] std::size_t count_of(const Operand& operand);
/// Standard normals of a stream of their own, the same for every device.
[[nodiscard]] std::vector<double> normals(std::size_t count, std::uint64_t seed, std::uint32_t which);
[[nodiscard]] bool same_bits(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace selfsame::contract
