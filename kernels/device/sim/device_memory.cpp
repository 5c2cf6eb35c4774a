// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/sim/device_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "kernels/base/error.hpp"
#include "kernels/device/sim/mapping.hpp"
#include "kernels/device/sim/sanitizer_hooks.hpp"

namespace selfsame::simulated {
namespace {

constexpr std::size_t kAlignment = 256;
// Addresses beyond every allocation, without access. AddressSanitizer is told of the first of them: its
// report is clearer than that of a fault.
constexpr std::size_t kGuard = 256 * kPage, kPoisoned = 16 * kPage;
// Room for the guards and for what cannot be used between allocations.
constexpr std::size_t kAddresses = 8 * DeviceMemory::kCapacity;
constexpr std::byte kCanary{0xc7};

/// Index of the first byte that was changed, or `bytes`.
std::size_t first_damage(const std::byte* data, std::size_t bytes) {
  return static_cast<std::size_t>(std::find_if(data, data + bytes, [](std::byte b) { return b != kCanary; }) -
                                  data);
}

}  // namespace

DeviceMemory& DeviceMemory::instance() {
  static auto* const memory = new DeviceMemory();  // never destroyed: buffers of static storage outlive it
  return *memory;
}

DeviceMemory::DeviceMemory() {
  for (reserved_ = kAddresses; reserved_ >= kAddresses / 8 && base_ == nullptr; reserved_ /= 2) {
    base_ = reserve_addresses(reserved_);
    if (base_ != nullptr) {
      break;
    }
  }
  if (base_ == nullptr) {
    fail(ErrorKind::kDevice, "simulated device: {} bytes of addresses cannot be had", kAddresses / 8);
  }
  // What lies before the first allocation is nobody's either.
  free_spans_[base_ + kGuard] = reserved_ - kGuard;
}

std::byte* DeviceMemory::take_span(std::size_t bytes) {
  for (auto span = free_spans_.begin(); span != free_spans_.end(); ++span) {
    const auto [begin, size] = *span;
    if (size >= bytes) {
      free_spans_.erase(span);
      if (size > bytes) {
        free_spans_[begin + bytes] = size - bytes;
      }
      return begin;
    }
  }
  return nullptr;
}

void* DeviceMemory::allocate(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes > kCapacity) {
    return nullptr;
  }
  const std::size_t data_bytes = round_up(std::max<std::size_t>(bytes, 1), kAlignment);
  const std::size_t span_bytes = round_up(data_bytes, kPage);
  if (used_ + span_bytes > kCapacity) {
    return nullptr;
  }
  std::byte* const span = take_span(span_bytes + kGuard);
  if (span == nullptr) {
    return nullptr;
  }
  used_ += span_bytes;
  const Allocation a{span, span_bytes, span + (span_bytes - data_bytes), bytes, ++allocations_};
  live_[a.data] = a;
  allow_access(span, span_bytes);
  if (!kAddressSanitizer) {
    std::fill(span, a.data, kCanary);
    std::fill(a.data + bytes, span + span_bytes, kCanary);
  }
  forbid(span, span_bytes + kPoisoned);
  permit(a.data, bytes);
  if (!open_) {
    deny_access(span, span_bytes);
  }
  return a.data;
}

void DeviceMemory::release(void* data) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = live_.find(static_cast<const std::byte*>(data));
  if (found == live_.end()) {
    fmt::print(stderr, "simulated device: {} was released and is no allocation\n", data);
    std::abort();
  }
  const Allocation a = found->second;
  live_.erase(found);
  used_ -= a.span_bytes;
  deny_access(a.span, a.span_bytes);
  drop_contents(a.span, a.span_bytes);
  forbid(a.span, a.span_bytes + kPoisoned);
  // Joined with the free spans on both sides.
  std::byte* begin = a.span;
  std::size_t size = a.span_bytes + kGuard;
  const auto next = free_spans_.find(begin + size);
  if (next != free_spans_.end()) {
    size += next->second;
    free_spans_.erase(next);
  }
  const auto after = free_spans_.lower_bound(begin);
  if (after != free_spans_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == begin) {
      begin = before->first;
      size += before->second;
    }
  }
  free_spans_[begin] = size;
}

std::size_t DeviceMemory::free_bytes() const {
  const std::lock_guard lock(mutex_);
  return kCapacity - used_;
}

void DeviceMemory::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  for (const auto& [data, a] : live_) {
    allow_access(a.span, a.span_bytes);
  }
}

void DeviceMemory::close() {
  const std::lock_guard lock(mutex_);
  open_ = false;
  for (const auto& [data, a] : live_) {
    deny_access(a.span, a.span_bytes);
  }
}

std::string DeviceMemory::damage() const {
  if (kAddressSanitizer) {
    return {};
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [data, a] : live_) {
    const auto before = static_cast<std::size_t>(a.data - a.span);
    const std::size_t after = a.span_bytes - before - a.bytes;
    std::byte* changed = nullptr;
    if (const std::size_t at = first_damage(a.data + a.bytes, after); at < after) {
      changed = a.data + a.bytes + at;
    } else if (const std::size_t first = first_damage(a.span, before); first < before) {
      changed = a.span + first;
    }
    if (changed != nullptr) {
      const std::string text = "was written " + describe_locked(changed);
      std::fill(a.span, a.data, kCanary);  // reported once
      std::fill(a.data + a.bytes, a.span + a.span_bytes, kCanary);
      return text;
    }
  }
  return {};
}

const DeviceMemory::Allocation* DeviceMemory::nearest(const std::byte* address) const {
  auto after = live_.upper_bound(address);
  const Allocation* const above = after == live_.end() ? nullptr : &after->second;
  const Allocation* const below = after == live_.begin() ? nullptr : &std::prev(after)->second;
  if (above == nullptr || below == nullptr) {
    return above == nullptr ? below : above;
  }
  return address - (below->data + below->bytes) <= above->data - address ? below : above;
}

std::string DeviceMemory::describe_locked(const std::byte* address) const {
  const Allocation* const a = nearest(address);
  if (a == nullptr) {
    return "in device memory, where nothing is allocated";
  }
  const std::string what =
      fmt::format("the device allocation of {} bytes (number {} of the process)", a->bytes, a->number);
  if (address < a->data) {
    return fmt::format("{} bytes before {}", a->data - address, what);
  }
  if (address < a->data + a->bytes) {
    return fmt::format("at byte {} of {}", address - a->data, what);
  }
  return fmt::format("{} bytes after the end of {}", address - (a->data + a->bytes), what);
}

std::string DeviceMemory::describe(const void* address) const {
  const std::lock_guard lock(mutex_);
  return describe_locked(static_cast<const std::byte*>(address));
}

std::string DeviceMemory::why_outside(const void* data, std::size_t bytes) const {
  const std::lock_guard lock(mutex_);
  const auto* const at = static_cast<const std::byte*>(data);
  if (!in_range(data)) {
    return fmt::format("{} is not memory of the simulated device", data);
  }
  const Allocation* const a = nearest(at);
  if (a != nullptr && at >= a->data && bytes <= a->bytes && at <= a->data + (a->bytes - bytes)) {
    return {};
  }
  return fmt::format("{} bytes from {}: the first is {}", bytes, data, describe_locked(at));
}

}  // namespace selfsame::simulated
