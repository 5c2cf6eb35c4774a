// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/device.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "kernels/base/error.hpp"
#include "kernels/device/device_backends.hpp"

namespace selfsame {
namespace {

/// Everything is done at once.
class HostQueue final : public Queue {
 public:
  void copy(void* to, const void* from, std::size_t bytes, CopyKind) override {
    if (bytes > 0) {
      std::memmove(to, from, bytes);
    }
  }
  void fill(void* to, unsigned char value, std::size_t bytes) override {
    if (bytes > 0) {
      std::memset(to, value, bytes);
    }
  }
  void synchronize() override {}
  void begin_capture() override { fail(ErrorKind::kInternal, "the CPU does its work at once: no recording"); }
  std::unique_ptr<Graph> end_capture() override {
    fail(ErrorKind::kInternal, "the CPU does its work at once: no recording");
  }
  [[nodiscard]] bool capturing() const override { return false; }
};

class HostDevice final : public Device {
 public:
  [[nodiscard]] DeviceKind kind() const override { return DeviceKind::kCpu; }
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] void* allocate(std::size_t bytes) override;
  void release(void* data, std::size_t bytes) noexcept override;
  [[nodiscard]] void* allocate_staging(std::size_t bytes) override { return allocate(bytes); }
  void release_staging(void* data, std::size_t bytes) noexcept override { release(data, bytes); }
  [[nodiscard]] std::unique_ptr<Queue> make_queue() override;
  [[nodiscard]] std::size_t free_bytes() const override;
};

}  // namespace

const char* name_of(DeviceKind device) {
  switch (device) {
    case DeviceKind::kCpu:
      return "cpu";
    case DeviceKind::kCuda:
      return "cuda";
    case DeviceKind::kSimulated:
      return "simulated";
  }
  return "?";
}

std::string HostDevice::description() const { return "host memory"; }

/// Large memory is asked for in pages of 2 MiB: planes are read along both axes and many at once, which is
/// more small pages than the processor remembers. A wish: without such pages it is memory like any other.
void* HostDevice::allocate(std::size_t bytes) {
  constexpr std::size_t kLine = 64, kHugePage = std::size_t{2} << 20;
  const std::size_t rounded = (bytes + kLine - 1) / kLine * kLine;
  void* data = nullptr;
  if (rounded < bytes || ::posix_memalign(&data, bytes < kHugePage ? kLine : kHugePage, rounded) != 0) {
    return nullptr;
  }
  if (bytes >= kHugePage) {
    ::madvise(data, rounded / kHugePage * kHugePage, MADV_HUGEPAGE);
  }
  std::memset(data, 0, rounded);
  return data;
}

void HostDevice::release(void* data, std::size_t) noexcept { std::free(data); }

std::unique_ptr<Queue> HostDevice::make_queue() { return std::make_unique<HostQueue>(); }

std::size_t HostDevice::free_bytes() const {
  return static_cast<std::size_t>(sysconf(_SC_AVPHYS_PAGES)) *
         static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::string why_unavailable(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::kCpu:
      return {};
    case DeviceKind::kCuda:
#if defined(SELFSAME_CUDA)
      return cuda_unavailable();
#else
      return "this binary was built without CUDA";
#endif
    case DeviceKind::kSimulated:
#if defined(SELFSAME_SIMULATED)
      return {};
#else
      return "this binary was built without the simulated device";
#endif
  }
  return "?";
}

Device& device_of(DeviceKind kind) {
  if (const std::string why = why_unavailable(kind); !why.empty()) {
    fail(ErrorKind::kDevice, "device {} cannot be used: {}", name_of(kind), why);
  }
#if defined(SELFSAME_CUDA)
  if (kind == DeviceKind::kCuda) {
    return cuda_device();
  }
#endif
#if defined(SELFSAME_SIMULATED)
  if (kind == DeviceKind::kSimulated) {
    return simulated_device();
  }
#endif
  // Never destroyed: buffers of static storage give their memory back after everything else is gone.
  static auto* const host = new HostDevice();
  return *host;
}

}  // namespace selfsame
