// SPDX-License-Identifier: Apache-2.0
#include "mri/fourier/fourier_roots.hpp"

#include <cmath>
#include <map>
#include <mutex>
#include <numbers>
#include <utility>

#include "mri/fourier/fourier_line_plan.hpp"

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
    const LinePlan plan = line_fits(n) ? make_line_plan(n) : LinePlan{};
    const std::size_t bytes = static_cast<std::size_t>(n + plan.step_roots) * 2 * sizeof(float);
    const Buffer host = Buffer::staging(bytes, stream.device());
    for (std::int64_t m = 0; m < n; ++m) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(m) / static_cast<double>(n);
      host.as<float>()[2 * m] = static_cast<float>(std::cos(angle));
      host.as<float>()[2 * m + 1] = static_cast<float>(-std::sin(angle));
    }
    for (int i = 0; i < plan.stages; ++i) {
      const LineStage& s = plan.stage[i];
      const int product = s.by_product.divisor;
      if (product > 1 && s.radix <= 8) {
        for (int q = 1; q < s.radix; ++q) {
          for (int k = 0; k < product; ++k) {
            const std::int64_t from = std::int64_t{q} * k * s.stride;
            const std::int64_t to = n + s.roots + std::int64_t{q - 1} * product + k;
            host.as<float>()[2 * to] = host.as<float>()[2 * from];
            host.as<float>()[2 * to + 1] = host.as<float>()[2 * from + 1];
          }
        }
      }
    }
    Buffer made(bytes, stream.device());
    stream.upload(made.data(), host.data(), bytes);
    stream.synchronize();
    table = std::move(made);
  }
  return table.as<const float>();
}

}  // namespace selfsame
