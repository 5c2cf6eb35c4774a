// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace selfsame::simulated {

/// The memory of the simulated device: addresses that the host cannot read or write except between open() and
/// close(). Every allocation ends at a page without access (up to the 256-byte boundary), so that an access
/// beyond it is a fault; the rest of its pages holds a pattern that is checked, or is poisoned for
/// AddressSanitizer.
class DeviceMemory {
 public:
  static constexpr std::size_t kCapacity = std::size_t{4} << 30;
  static DeviceMemory& instance();

  /// Zero-filled, on a 256-byte boundary; null if there is no room.
  [[nodiscard]] void* allocate(std::size_t bytes);
  /// Aborts if `data` is not an allocation.
  void release(void* data) noexcept;
  [[nodiscard]] std::size_t free_bytes() const;

  /// Gives the host, that is the kernels it runs, access to all allocations, and takes it away.
  void open();
  void close();

  /// Empty, or which allocation was written outside its bytes. Only while open.
  [[nodiscard]] std::string damage() const;
  [[nodiscard]] bool in_range(const void* address) const {
    return address >= base_ && address < base_ + reserved_;
  }
  /// Empty if the bytes lie within one allocation, else why not.
  [[nodiscard]] std::string why_outside(const void* data, std::size_t bytes) const;
  /// "12 bytes after the end of the device allocation of 400 bytes" for an address in range.
  [[nodiscard]] std::string describe(const void* address) const;

 private:
  struct Allocation {
    std::byte* span;  // its pages; a guard follows
    std::size_t span_bytes;
    std::byte* data;
    std::size_t bytes;
    std::uint64_t number;  // counts allocations of the process
  };
  DeviceMemory();
  [[nodiscard]] std::byte* take_span(std::size_t bytes);
  [[nodiscard]] const Allocation* nearest(const std::byte* address) const;
  [[nodiscard]] std::string describe_locked(const std::byte* address) const;

  std::byte* base_ = nullptr;
  std::size_t reserved_ = 0, used_ = 0;
  mutable std::mutex mutex_;
  bool open_ = false;
  std::uint64_t allocations_ = 0;
  std::map<const std::byte*, Allocation> live_;   // by data
  std::map<std::byte*, std::size_t> free_spans_;  // by address, with their guards
};

}  // namespace selfsame::simulated
