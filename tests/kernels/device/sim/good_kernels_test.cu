// SPDX-License-Identifier: Apache-2.0
// Legal kernels run in every thread order, with the right results and without a report.
#include <gtest/gtest.h>

#include <numeric>

#include "kernels/device/gpu/gpu.cuh"
#include "kernels/device/sim/simulator.hpp"
#include "tests/kernels/device/sim/sim_test.hpp"

namespace selfsame::SELFSAME_GPU {
namespace {

__global__ void add_kernel(float* __restrict__ y, const float* __restrict__ x, int count) {
  const int i = block_x() * block_size_x() + thread_x();
  if (i < count) {
    y[i] += 2 * x[i];
  }
}

__global__ void tree_sum_kernel(float* sum, const float* x, int count) {
  SELFSAME_SHARED(float, part, [256]);
  const int i = block_x() * block_size_x() + thread_x();
  part[thread_x()] = i < count ? x[i] : 0.0f;
  sync_threads();
  for (int step = block_size_x() / 2; step > 0; step /= 2) {
    if (thread_x() < step) {
      part[thread_x()] += part[thread_x() + step];
    }
    sync_threads();
  }
  if (thread_x() == 0) {
    sum[block_x()] = part[0];
  }
}

/// Every test below runs in four orders.
class SimulatedGood : public testing::TestWithParam<int> {
 protected:
  ThreadOrderScope order_{GetParam() == 0   ? ThreadOrder::kForward
                          : GetParam() == 1 ? ThreadOrder::kReverse
                                            : ThreadOrder::kShuffled,
                          static_cast<std::uint64_t>(GetParam())};
  Stream stream_{DeviceKind::kSimulated, 1};
};
INSTANTIATE_TEST_SUITE_P(InEveryOrder, SimulatedGood, testing::Range(0, 4));

TEST_P(SimulatedGood, TailsAreGuarded) {
  const DeviceArray<float> x(stream_, ramp(300)), y(stream_, 300);
  launch("add", add_kernel, {{blocks_for(300, 128)}, {128}}, stream_, y.data(), x.data(), 300);
  EXPECT_EQ(y.values()[299], 598.0f);
}

TEST_P(SimulatedGood, TreeSumWithBarriers) {
  const DeviceArray<float> x(stream_, ramp(1000)), sum(stream_, 4);
  launch("tree_sum", tree_sum_kernel, {{4}, {256}}, stream_, sum.data(), x.data(), 1000);
  const std::vector<float> parts = sum.values();
  EXPECT_EQ(std::accumulate(parts.begin(), parts.end(), 0.0f), 499500.0f);
}

}  // namespace
}  // namespace selfsame::SELFSAME_GPU
