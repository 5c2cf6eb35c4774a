// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/gpu/launch_shape.hpp"

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kMaxThreads = 1024, kMaxThreadsZ = 64;
constexpr std::int64_t kMaxGridX = 2147483647, kMaxGridYZ = 65535;
constexpr std::size_t kMaxShared = 227 * 1024;

}  // namespace

void check_launch(const LaunchName& name, const LaunchShape& s) {
  const auto refuse = [&](const char* what, std::int64_t value, std::int64_t limit) {
    fail(ErrorKind::kInternal, "{}:{}: launch of {}: {} is {}, allowed are 1 to {}", name.where.file_name(),
         name.where.line(), name.name, what, value, limit);
  };
  const auto check = [&](const char* what, std::int64_t value, std::int64_t limit) {
    if (value < 1 || value > limit) {
      refuse(what, value, limit);
    }
  };
  check("block.x", s.block.x, kMaxThreads);
  check("block.y", s.block.y, kMaxThreads);
  check("block.z", s.block.z, kMaxThreadsZ);
  check("the number of threads in a block", s.block.count(), kMaxThreads);
  check("grid.x", s.grid.x, kMaxGridX);
  check("grid.y", s.grid.y, kMaxGridYZ);
  check("grid.z", s.grid.z, kMaxGridYZ);
  if (s.shared_bytes > kMaxShared) {
    fail(ErrorKind::kInternal, "{}:{}: launch of {}: {} bytes of shared memory, allowed are {}",
         name.where.file_name(), name.where.line(), name.name, s.shared_bytes, kMaxShared);
  }
}

}  // namespace selfsame
