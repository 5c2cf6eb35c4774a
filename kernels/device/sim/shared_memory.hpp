// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>

namespace selfsame::simulated {

/// The shared memory of the block that runs. Every block finds it filled with a pattern that is NaN as float,
/// bfloat16, half and double, and a large negative number as an integer.
class SharedMemory {
 public:
  static constexpr std::size_t kMaxBytes = 227 * 1024, kMaxStaticBytes = 48 * 1024;

  /// Errors: Error(kDevice) if the addresses cannot be had.
  void begin_block(std::size_t dynamic_bytes);
  /// Empty, or which array was written beyond its end (AddressSanitizer reports the access itself).
  [[nodiscard]] std::string damage() const;

  /// The block's array of a SELFSAME_SHARED site; null if the static memory is used up.
  [[nodiscard]] void* array(const void* site, const char* name, std::size_t bytes,
                            const std::source_location& where);
  [[nodiscard]] std::byte* dynamic() const { return dynamic_; }
  [[nodiscard]] std::size_t dynamic_bytes() const { return dynamic_bytes_; }
  [[nodiscard]] std::size_t static_bytes() const { return static_bytes_; }
  /// Addresses that stand for the block's barriers; new for every block, as far as ThreadSanitizer knows.
  [[nodiscard]] void* tag(std::size_t number) const { return base_ + number * sizeof(std::uint64_t); }

  /// Whether the bytes lie within one array of this block, and whether the address is near one at all.
  [[nodiscard]] bool holds(const void* data, std::size_t bytes) const;
  [[nodiscard]] bool in_range(const void* address) const;
  /// "12 bytes after the end of ..." for an address in range.
  [[nodiscard]] std::string describe(const void* address) const;

 private:
  struct Array {
    const void* site;
    const char* name;
    std::byte* data;
    std::size_t bytes;
    std::source_location where;
  };
  void reserve();

  std::byte* base_ = nullptr;
  std::byte* dynamic_ = nullptr;
  std::size_t dynamic_bytes_ = 0, static_bytes_ = 0;
  std::byte* next_ = nullptr;  // where the next static array goes
  std::array<Array, 64> arrays_{};
  std::size_t count_ = 0;
};

}  // namespace selfsame::simulated
