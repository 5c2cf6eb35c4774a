// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/sim/fiber_stacks.hpp"

#include "kernels/base/error.hpp"
#include "kernels/device/sim/sanitizer_hooks.hpp"

namespace selfsame::simulated {
namespace {
constexpr int kMaxThreads = 1024;
}

void FiberStacks::reserve() {
  base_ = reserve_addresses(kMaxThreads * kStride);
  if (base_ == nullptr) {
    fail(ErrorKind::kDevice, "simulated device: no addresses for {} stacks of {} bytes", kMaxThreads,
         kStackBytes);
  }
  for (std::size_t i = 0; i < kMaxThreads; ++i) {
    allow_access(base_ + i * kStride + kPage, kStackBytes);
  }
}

void FiberStacks::assign(Fiber& fiber, int index) {
  if (base_ == nullptr) {
    reserve();
  }
  fiber.stack = base_ + static_cast<std::size_t>(index) * kStride + kPage;
  fiber.stack_bytes = kStackBytes;
}

void FiberStacks::renew(int count, bool abandoned) {
  if (base_ == nullptr) {
    return;
  }
  const std::size_t bytes = static_cast<std::size_t>(count) * kStride;
  if (kThreadSanitizer) {
    replace_pages(base_, bytes);
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      deny_access(base_ + i * kStride, kPage);
    }
  } else if (abandoned) {
    permit(base_, bytes);
  }
}

bool FiberStacks::hold(const void* address) const {
  const auto* const at = static_cast<const std::byte*>(address);
  return base_ != nullptr && at >= base_ && at < base_ + kMaxThreads * kStride;
}

int FiberStacks::overflown(const void* address) const {
  const auto* const at = static_cast<const std::byte*>(address);
  if (!hold(address)) {
    return -1;
  }
  const auto offset = static_cast<std::size_t>(at - base_);
  return offset % kStride < kPage ? static_cast<int>(offset / kStride) : -1;
}

}  // namespace selfsame::simulated
