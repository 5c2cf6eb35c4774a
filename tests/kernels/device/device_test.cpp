// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/device.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

TEST(Device, HasAName) {
  EXPECT_STREQ(name_of(DeviceKind::kCpu), "cpu");
  EXPECT_STREQ(name_of(DeviceKind::kCuda), "cuda");
  EXPECT_STREQ(name_of(DeviceKind::kSimulated), "simulated");
}

TEST(Device, IsThereOrSaysWhyNot) {
  EXPECT_TRUE(device_available(DeviceKind::kCpu));
  for (const DeviceKind kind : {DeviceKind::kCpu, DeviceKind::kCuda, DeviceKind::kSimulated}) {
    const std::string why = why_unavailable(kind);
    if (why.empty()) {
      EXPECT_EQ(device_of(kind).kind(), kind);
      EXPECT_EQ(&device_of(kind), &device_of(kind));
      EXPECT_NE(device_of(kind).description(), "");
      continue;
    }
    try {
      static_cast<void>(device_of(kind));
      ADD_FAILURE() << name_of(kind) << " is not there";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kDevice);
      EXPECT_EQ(error.what(), std::string("device ") + name_of(kind) + " cannot be used: " + why);
    }
  }
}

TEST(Device, OfTheHostGivesZeroedAlignedMemory) {
  Device& host = device_of(DeviceKind::kCpu);
  EXPECT_GT(host.free_bytes(), 0u);
  for (const std::size_t bytes : {1, 64, 1000}) {
    for (void* data : {host.allocate(bytes), host.allocate_staging(bytes)}) {
      ASSERT_NE(data, nullptr);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(data) % 64, 0u);
      for (std::size_t i = 0; i < bytes; ++i) {
        ASSERT_EQ(static_cast<const std::byte*>(data)[i], std::byte{0});
      }
      host.release(data, bytes);
    }
  }
}

TEST(Device, OfTheHostDoesItsWorkAtOnce) {
  const std::unique_ptr<Queue> queue = device_of(DeviceKind::kCpu).make_queue();
  std::vector<int> a{1, 2, 3}, b(3);
  queue->copy(b.data(), a.data(), 12, CopyKind::kToDevice);
  EXPECT_EQ(b, a);
  queue->fill(b.data(), 0xff, 8);
  EXPECT_EQ(b, (std::vector<int>{-1, -1, 3}));
  queue->copy(nullptr, nullptr, 0, CopyKind::kToHost);
  queue->fill(nullptr, 0, 0);
  queue->synchronize();
  EXPECT_EQ(queue->native(), nullptr);
}

TEST(Device, OfTheHostDoesNotRecord) {
  const std::unique_ptr<Queue> queue = device_of(DeviceKind::kCpu).make_queue();
  EXPECT_THROW(queue->begin_capture(), Error);
  EXPECT_THROW(static_cast<void>(queue->end_capture()), Error);
  EXPECT_FALSE(queue->capturing());
}

}  // namespace
}  // namespace selfsame
