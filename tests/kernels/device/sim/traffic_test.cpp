// SPDX-License-Identifier: Apache-2.0
// The counts for one instruction of a warp. That the compiler's calls arrive is seen where a program has
// them: scripts/kernel_traffic.sh.
#include "kernels/device/sim/traffic.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace selfsame::simulated {
namespace {

constexpr std::uint64_t kStart = 1 << 20;

template <typename F>
WarpAccess access(int bytes, F offset) {
  WarpAccess a;
  a.bytes = bytes;
  a.lanes = 0xffffffffu;
  for (std::uint64_t lane = 0; lane < 32; ++lane) {
    a.address[lane] = kStart + offset(lane);
  }
  return a;
}

void expect(const Service& service, std::int64_t served, std::int64_t least) {
  EXPECT_EQ(service.served, served);
  EXPECT_EQ(service.least, least);
}

TEST(Traffic, WordsSideBySideHaveABankEach) {
  expect(shared_wavefronts(access(4, [](auto lane) { return 4 * lane; })), 1, 1);
  expect(shared_wavefronts(access(4, [](auto lane) { return 4 * (31 - lane); })), 1, 1);
  expect(shared_wavefronts(access(2, [](auto lane) { return 2 * lane; })), 1, 1);
}

TEST(Traffic, OneWordForAllIsReadOnce) {
  expect(shared_wavefronts(access(4, [](auto) { return 0; })), 1, 1);
}

TEST(Traffic, AStrideOfNWordsSharesBanksByItsCommonDivisorWith32) {
  for (const std::uint64_t stride : {1, 2, 3, 4, 6, 8, 12, 16, 32, 33, 36, 64}) {
    expect(shared_wavefronts(access(4, [&](auto lane) { return 4 * stride * lane; })),
           std::gcd<std::int64_t>(static_cast<std::int64_t>(stride), 32), 1);
  }
}

TEST(Traffic, WideAccessesAreServedInHalvesAndQuarters) {
  expect(shared_wavefronts(access(8, [](auto lane) { return 8 * lane; })), 2, 2);
  expect(shared_wavefronts(access(16, [](auto lane) { return 16 * lane; })), 4, 4);
  // Rows of 16 bytes, 48 bytes apart, as a padded tile has them: eight of them meet every bank once.
  expect(shared_wavefronts(access(16, [](auto lane) { return 48 * lane; })), 4, 4);
  expect(shared_wavefronts(access(16, [](auto lane) { return 64 * lane; })), 16, 4);
  expect(shared_wavefronts(access(16, [](auto lane) { return 128 * lane; })), 32, 4);
}

TEST(Traffic, LanesThatTakeNoPartCostNothing) {
  WarpAccess a = access(16, [](auto lane) { return 128 * lane; });
  a.lanes = 0x000000ffu;
  expect(shared_wavefronts(a), 8, 1);
  a.lanes = 0;
  expect(shared_wavefronts(a), 0, 0);
  expect(global_sectors(a), 0, 0);
}

TEST(Traffic, SectorsOfGlobalMemory) {
  expect(global_sectors(access(4, [](auto lane) { return 4 * lane; })), 4, 4);
  expect(global_sectors(access(4, [](auto lane) { return 4 * lane + 16; })), 5, 4);  // across a border
  expect(global_sectors(access(16, [](auto lane) { return 16 * lane; })), 16, 16);
  expect(global_sectors(access(16, [](auto lane) { return 32 * lane; })), 32, 16);
  expect(global_sectors(access(2, [](auto lane) { return 2 * lane; })), 2, 2);
  expect(global_sectors(access(4, [](auto lane) { return 288 * lane; })), 32, 4);
  expect(global_sectors(access(4, [](auto) { return 0; })), 1, 1);
}

}  // namespace
}  // namespace selfsame::simulated
