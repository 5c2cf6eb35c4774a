// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

namespace selfsame::simulated {

constexpr std::size_t kPage = 4096;
[[nodiscard]] constexpr std::size_t round_up(std::size_t bytes, std::size_t to) {
  return (bytes + to - 1) / to * to;
}

/// Addresses without memory behind them and without access. Null if they cannot be had.
[[nodiscard]] std::byte* reserve_addresses(std::size_t bytes);
/// Allows or forbids every access to whole pages.
void allow_access(void* data, std::size_t bytes);
void deny_access(void* data, std::size_t bytes);
/// Gives the memory of whole pages back; they read as zeros afterwards.
void drop_contents(void* data, std::size_t bytes);
/// New accessible pages at the same addresses, for which ThreadSanitizer knows no earlier access.
void replace_pages(void* data, std::size_t bytes);

}  // namespace selfsame::simulated
