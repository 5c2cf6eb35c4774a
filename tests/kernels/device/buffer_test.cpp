// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/buffer.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <utility>

#include "kernels/base/error.hpp"

namespace selfsame {

TEST(Buffer, FreshMemoryIsZeroAndAligned) {
  for (const std::size_t bytes : {1, 63, 64, 65, 100000}) {
    const Buffer buffer(bytes);
    ASSERT_EQ(buffer.bytes(), bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64, 0u);
    for (std::size_t i = 0; i < bytes; ++i) {
      ASSERT_EQ(buffer.data()[i], std::byte{0});
    }
  }
  EXPECT_EQ(Buffer(0).data(), nullptr);
}

TEST(Buffer, UsageFollowsEveryAllocationMoveAndRelease) {
  const Buffer::Usage before = Buffer::usage();
  {
    Buffer a(1000);
    EXPECT_EQ(Buffer::usage().current, before.current + 1000);
    const Buffer b = std::move(a);
    EXPECT_EQ(Buffer::usage().current, before.current + 1000);
    a = Buffer(500);
    EXPECT_EQ(Buffer::usage().current, before.current + 1500);
    a = Buffer();
    EXPECT_EQ(Buffer::usage().current, before.current + 1000);
    EXPECT_EQ(b.bytes(), 1000u);
  }
  const Buffer::Usage after = Buffer::usage();
  EXPECT_EQ(after.current, before.current);
  EXPECT_EQ(after.allocations, before.allocations + 2);
  EXPECT_GE(after.peak, before.current + 1500);
}

TEST(Buffer, AnImpossibleSizeIsAnErrorThatStatesIt) {
  const Buffer::Usage before = Buffer::usage();
  const std::size_t bytes = std::numeric_limits<std::size_t>::max();
  try {
    const Buffer buffer(bytes);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDevice);
    EXPECT_NE(std::string(error.what()).find(std::to_string(bytes)), std::string::npos);
  }
  EXPECT_EQ(Buffer::usage().current, before.current);
}

}  // namespace selfsame
