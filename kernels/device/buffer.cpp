// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/buffer.hpp"

#include <atomic>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {
std::atomic<std::size_t> current_bytes{0}, peak_bytes{0};
std::atomic<std::uint64_t> allocations{0};
}  // namespace

Buffer::Buffer(std::size_t bytes, DeviceKind device, bool staging)
    : bytes_(bytes), device_(device), staging_(staging) {
  if (bytes == 0) {
    return;
  }
  Device& where = device_of(device);
  data_ = static_cast<std::byte*>(staging ? where.allocate_staging(bytes) : where.allocate(bytes));
  if (data_ == nullptr) {
    fail(ErrorKind::kDevice, "out of memory: could not allocate {} bytes on device {}", bytes,
         name_of(device));
  }
  const std::size_t now = current_bytes += bytes;
  std::size_t peak = peak_bytes;
  while (now > peak && !peak_bytes.compare_exchange_weak(peak, now)) {
  }
  ++allocations;
}

Buffer::~Buffer() {
  if (data_ != nullptr) {
    Device& where = device_of(device_);
    staging_ ? where.release_staging(data_, bytes_) : where.release(data_, bytes_);
  }
  current_bytes -= bytes_;
}

Buffer::Usage Buffer::usage() { return {current_bytes, peak_bytes, allocations}; }

}  // namespace selfsame
