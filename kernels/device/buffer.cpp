// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/buffer.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {
std::atomic<std::size_t> current_bytes{0}, peak_bytes{0};
std::atomic<std::uint64_t> allocations{0};
}  // namespace

Buffer::Buffer(std::size_t bytes) : bytes_(bytes) {
  if (bytes == 0) {
    return;
  }
  const std::size_t rounded = (bytes + 63) / 64 * 64;
  if (rounded >= bytes) {
    data_ = static_cast<std::byte*>(std::aligned_alloc(64, rounded));
  }
  if (data_ == nullptr) {
    fail(ErrorKind::kDevice, "out of memory: could not allocate {} bytes", bytes);
  }
  std::memset(data_, 0, rounded);
  const std::size_t now = current_bytes += bytes;
  std::size_t peak = peak_bytes;
  while (now > peak && !peak_bytes.compare_exchange_weak(peak, now)) {
  }
  ++allocations;
}

Buffer::~Buffer() {
  std::free(data_);
  current_bytes -= bytes_;
}

Buffer::Usage Buffer::usage() { return {current_bytes, peak_bytes, allocations}; }

}  // namespace selfsame
