// SPDX-License-Identifier: Apache-2.0
#include "mri/fourier/fourier_roots.hpp"

#include <cmath>
#include <map>
#include <mutex>
#include <numbers>
#include <utility>

namespace selfsame {

const float* fourier_roots(std::int64_t n, Stream& stream) {
  static std::mutex lock;
  // Never destroyed: at the end of the process the device may be gone before it.
  static auto& tables = *new std::map<std::pair<DeviceKind, std::int64_t>, Buffer>;
  const std::scoped_lock guard(lock);
  Buffer& table = tables[{stream.device(), n}];
  if (table.data() == nullptr) {
    SELFSAME_CHECK(!stream.queue().capturing(),
                   "roots for a transform of {} points are first needed while a graph is recorded", n);
    const std::size_t bytes = static_cast<std::size_t>(n) * 2 * sizeof(float);
    const Buffer host = Buffer::staging(bytes, stream.device());
    for (std::int64_t m = 0; m < n; ++m) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(m) / static_cast<double>(n);
      host.as<float>()[2 * m] = static_cast<float>(std::cos(angle));
      host.as<float>()[2 * m + 1] = static_cast<float>(-std::sin(angle));
    }
    Buffer made(bytes, stream.device());
    stream.upload(made.data(), host.data(), bytes);
    stream.synchronize();
    table = std::move(made);
  }
  return table.as<const float>();
}

}  // namespace selfsame
