// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/sim/shared_memory.hpp"

#include <fmt/format.h>

#include <cstdint>

#include "kernels/base/error.hpp"
#include "kernels/device/sim/mapping.hpp"
#include "kernels/device/sim/sanitizer_hooks.hpp"

namespace selfsame::simulated {
namespace {

// tags | guard | static arrays | guard | dynamic memory, at the end | guard; a guard has no memory, only
// addresses.
constexpr std::size_t kGuard = 256 * kPage;
constexpr std::size_t kStaticRegion = 64 * 1024;  // the arrays with what lies between them
constexpr std::size_t kDynamicRegion = round_up(SharedMemory::kMaxBytes, kPage);
constexpr std::size_t kStaticAt = kPage + kGuard, kDynamicAt = kStaticAt + kStaticRegion + kGuard;
constexpr std::size_t kTotal = kDynamicAt + kDynamicRegion + kGuard;

constexpr std::size_t kBetween = 64;  // bytes after an array that belong to nobody
constexpr std::size_t kAlignment = 128;
constexpr std::byte kCanary{0xc7};

// Plain loops: ThreadSanitizer sees memset and memcpy in every file.
void poison(std::byte* data, std::size_t bytes) {
  constexpr std::uint64_t kNothing = 0xfff5fff5fff5fff5u;
  std::size_t i = 0;
  for (; i + 8 <= bytes; i += 8) {
    *reinterpret_cast<volatile std::uint64_t*>(data + i) = kNothing;
  }
  for (; i < bytes; ++i) {
    data[i] = std::byte{static_cast<unsigned char>(i % 2 == 0 ? 0xf5 : 0xff)};
  }
}

void mark(std::byte* data, std::size_t bytes) {
  if (!kAddressSanitizer) {
    for (std::size_t i = 0; i < bytes; ++i) {
      *static_cast<volatile std::byte*>(data + i) = kCanary;
    }
  }
  forbid(data, bytes);
}

/// Index of the first byte that is not as mark() left it, or `bytes`.
std::size_t first_damage(const std::byte* data, std::size_t bytes) {
  std::size_t i = 0;
  while (!kAddressSanitizer && i < bytes && data[i] == kCanary) {
    ++i;
  }
  return kAddressSanitizer ? bytes : i;
}

}  // namespace

void SharedMemory::reserve() {
  base_ = reserve_addresses(kTotal);
  if (base_ == nullptr) {
    fail(ErrorKind::kDevice, "simulated device: no addresses for {} bytes of shared memory", kTotal);
  }
  allow_access(base_ + kStaticAt, kStaticRegion);
  allow_access(base_ + kDynamicAt, kDynamicRegion);
}

void SharedMemory::begin_block(std::size_t dynamic_bytes) {
  if (base_ == nullptr) {
    reserve();
  }
  if (kThreadSanitizer) {
    replace_pages(base_, kPage);
    replace_pages(base_ + kStaticAt, kStaticRegion);
    replace_pages(base_ + kDynamicAt, kDynamicRegion);
  }
  next_ = base_ + kStaticAt;
  count_ = 0;
  static_bytes_ = 0;
  permit(next_, kStaticRegion);

  std::byte* const end = base_ + kDynamicAt + kDynamicRegion;
  dynamic_bytes_ = dynamic_bytes;
  dynamic_ = end - round_up(dynamic_bytes, kAlignment);
  permit(base_ + kDynamicAt, kDynamicRegion);
  poison(dynamic_, dynamic_bytes);
  mark(dynamic_ + dynamic_bytes, static_cast<std::size_t>(end - dynamic_) - dynamic_bytes);
  const auto before = static_cast<std::size_t>(dynamic_ - (base_ + kDynamicAt));
  if (before > 0) {
    mark(dynamic_ - kAlignment, kAlignment);
    forbid(base_ + kDynamicAt, before);
  }
}

void* SharedMemory::array(const void* site, const char* name, std::size_t bytes,
                          const std::source_location& where) {
  for (std::size_t i = 0; i < count_; ++i) {
    if (arrays_[i].site == site) {
      return arrays_[i].data;
    }
  }
  const std::size_t room = round_up(bytes, kAlignment) + kBetween * 2;
  const auto left = static_cast<std::size_t>(base_ + kStaticAt + kStaticRegion - next_);
  if (count_ == arrays_.size() || static_bytes_ + bytes > kMaxStaticBytes || room > left ||
      static_bytes_ + bytes + dynamic_bytes_ > kMaxBytes) {
    return nullptr;
  }
  std::byte* const data = next_;
  arrays_[count_++] = {site, name, data, bytes, where};
  next_ += room;
  static_bytes_ += bytes;
  poison(data, bytes);
  mark(data + bytes, room - bytes);
  return data;
}

std::string SharedMemory::damage() const {
  for (std::size_t i = 0; i < count_; ++i) {
    const Array& a = arrays_[i];
    const std::size_t room = round_up(a.bytes, kAlignment) + kBetween * 2 - a.bytes;
    if (const std::size_t at = first_damage(a.data + a.bytes, room); at < room) {
      return fmt::format("was written {}", describe(a.data + a.bytes + at));
    }
  }
  const std::size_t room = round_up(dynamic_bytes_, kAlignment) - dynamic_bytes_;
  if (const std::size_t at = first_damage(dynamic_ + dynamic_bytes_, room); at < room) {
    return fmt::format("was written {}", describe(dynamic_ + dynamic_bytes_ + at));
  }
  if (dynamic_ > base_ + kDynamicAt) {
    if (first_damage(dynamic_ - kAlignment, kAlignment) < kAlignment) {
      return fmt::format("was written before the {} bytes of dynamic shared memory", dynamic_bytes_);
    }
  }
  return {};
}

bool SharedMemory::holds(const void* data, std::size_t bytes) const {
  const auto* const at = static_cast<const std::byte*>(data);
  const auto within = [&](const std::byte* begin, std::size_t size) {
    return at >= begin && bytes <= size && at <= begin + (size - bytes);
  };
  if (within(dynamic_, dynamic_bytes_)) {
    return true;
  }
  for (std::size_t i = 0; i < count_; ++i) {
    if (within(arrays_[i].data, arrays_[i].bytes)) {
      return true;
    }
  }
  return false;
}

bool SharedMemory::in_range(const void* address) const {
  const auto* const at = static_cast<const std::byte*>(address);
  return base_ != nullptr && at >= base_ && at < base_ + kTotal;
}

std::string SharedMemory::describe(const void* address) const {
  const auto* const at = static_cast<const std::byte*>(address);
  const auto place = [&](const std::byte* data, std::size_t bytes, const std::string& what) {
    return at < data           ? fmt::format("{} bytes before {}", data - at, what)
           : at < data + bytes ? fmt::format("at byte {} of {}", at - data, what)
                               : fmt::format("{} bytes after the end of {}", at - (data + bytes), what);
  };
  if (at >= base_ + kDynamicAt - kGuard / 2) {
    return place(dynamic_, dynamic_bytes_,
                 fmt::format("the {} bytes of dynamic shared memory", dynamic_bytes_));
  }
  const Array* nearest = nullptr;
  for (std::size_t i = 0; i < count_; ++i) {
    if (nearest == nullptr || at >= arrays_[i].data) {
      nearest = &arrays_[i];
    }
  }
  return nearest == nullptr
             ? "in shared memory, of which the block has none"
             : place(nearest->data, nearest->bytes,
                     fmt::format("the shared array {} ({} bytes, {}:{})", nearest->name, nearest->bytes,
                                 nearest->where.file_name(), nearest->where.line()));
}

}  // namespace selfsame::simulated
