// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/nvtx.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace selfsame {

TEST(ProfilerRange, NestsAndCostsNextToNothingWithoutAProfiler) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 10000; ++i) {
    const ProfilerRange outer("outer");
    const ProfilerRange inner("inner");
  }
  // 20000 ranges; 5 us each would already be more than a kernel's launch.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(100));
}

}  // namespace selfsame
