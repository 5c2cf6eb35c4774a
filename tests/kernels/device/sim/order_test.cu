// SPDX-License-Identifier: Apache-2.0
// Faults that no rule of the simulator refuses: another order of threads, or the pattern that fresh shared
// memory holds, makes them visible.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <set>

#include "kernels/device/gpu/gpu.cuh"
#include "kernels/device/sim/sanitizer_hooks.hpp"
#include "kernels/device/sim/simulator.hpp"
#include "kernels/device/sim/thread_order.hpp"
#include "tests/kernels/device/sim/sim_test.hpp"

namespace selfsame::SELFSAME_GPU {
namespace {

constexpr int kThreads = 64;

__global__ void neighbour_without_barrier_kernel(float* y) {
  SELFSAME_SHARED(float, part, [kThreads]);
  const int i = thread_x();
  part[i] = static_cast<float>(i);
  y[i] = i == 0 ? 0.0f : part[i - 1];
}

__global__ void second_barrier_missing_kernel(float* y) {
  SELFSAME_SHARED(float, part, [kThreads]);
  const int i = thread_x();
  for (int round = 0; round < 3; ++round) {
    part[i] = static_cast<float>(100 * round + i);
    sync_threads();
    y[i] += part[kThreads - 1 - i];
  }
}

__global__ void exchange_without_sync_warp_kernel(float* y) {
  SELFSAME_SHARED(float, part, [kThreads]);
  part[thread_x()] = static_cast<float>(thread_x());
  y[thread_x()] = part[thread_x() / 32 * 32 + (thread_x() + 31) % 32];
}

__global__ void block_reads_block_kernel(float* y) {
  if (thread_x() == 0) {
    y[block_x()] = 1 + (block_x() == 0 ? 0.0f : y[block_x() - 1]);
  }
}

__global__ void last_writer_kernel(float* y) { y[0] = static_cast<float>(thread_x()); }

std::vector<float> result_of(void (*kernel)(float*), ThreadOrder order, std::uint64_t seed = 1) {
  const ThreadOrderScope scope(order, seed);
  Stream stream(DeviceKind::kSimulated, 1);
  const DeviceArray<float> y(stream, kThreads);
  launch("racy", kernel, {{8}, {kThreads}}, stream, y.data());
  return y.values();
}

/// NaN counts as equal to itself.
bool alike(const std::vector<float>& a, const std::vector<float>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i]))) {
      return false;
    }
  }
  return true;
}

struct Racy {
  const char* name;
  void (*kernel)(float*);
};
std::ostream& operator<<(std::ostream& out, const Racy& racy) { return out << racy.name; }

class SimulatedOrder : public testing::TestWithParam<Racy> {};
INSTANTIATE_TEST_SUITE_P(Of, SimulatedOrder,
                         testing::Values(Racy{"MissingBarrier", neighbour_without_barrier_kernel},
                                         Racy{"MissingSecondBarrier", second_barrier_missing_kernel},
                                         Racy{"MissingSyncWarp", exchange_without_sync_warp_kernel},
                                         Racy{"BlockThatReadsAnother", block_reads_block_kernel},
                                         Racy{"TwoWriters", last_writer_kernel}),
                         [](const auto& i) { return std::string(i.param.name); });

TEST_P(SimulatedOrder, ChangesTheResultOfARace) {
  const auto [name, kernel] = GetParam();
  if (kThreadSanitizer) {
    GTEST_SKIP() << "races end a process with ThreadSanitizer: tests/kernels/device/sim/race_test.cu";
  }
  const std::vector<float> forward = result_of(kernel, ThreadOrder::kForward);
  EXPECT_FALSE(alike(forward, result_of(kernel, ThreadOrder::kReverse))) << name;
  EXPECT_FALSE(alike(forward, result_of(kernel, ThreadOrder::kShuffled))) << name;
  EXPECT_TRUE(alike(forward, result_of(kernel, ThreadOrder::kForward))) << name << " is not repeatable";
  EXPECT_TRUE(
      alike(result_of(kernel, ThreadOrder::kShuffled, 7), result_of(kernel, ThreadOrder::kShuffled, 7)))
      << name << " is not repeatable for one seed";
}

TEST(SimulatedOrder, ShufflesThreadsAnewAfterEveryBarrier) {
  const ThreadOrderScope scope(ThreadOrder::kShuffled, 5);
  OrderSource source;
  std::set<std::vector<int>> orders;
  for (int i = 0; i < 10; ++i) {
    std::vector<int> order(32);
    source.fill(order);
    orders.insert(order);
    EXPECT_EQ(std::set<int>(order.begin(), order.end()).size(), 32u);
  }
  EXPECT_EQ(orders.size(), 10u);
}

TEST(SimulatedOrder, ScopesGiveTheFormerOrderBack) {
  const ThreadOrder former = thread_order();
  {
    const ThreadOrderScope scope(ThreadOrder::kShuffled, 9);
    EXPECT_EQ(thread_order(), ThreadOrder::kShuffled);
    EXPECT_EQ(thread_order_seed(), 9u);
  }
  EXPECT_EQ(thread_order(), former);
}

TEST(SimulatedOrder, IsReadFromTheEnvironment) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto order_with = [](const char* value) {
    setenv("SELFSAME_SIM_ORDER", value, 1);
    try {
      std::exit(10 * static_cast<int>(thread_order()) + static_cast<int>(thread_order_seed()));
    } catch (const Error& error) {
      std::fputs(error.what(), stderr);
      std::exit(100);
    }
  };
  EXPECT_EXIT(order_with("forward"), testing::ExitedWithCode(1), "");
  EXPECT_EXIT(order_with("reverse"), testing::ExitedWithCode(11), "");
  EXPECT_EXIT(order_with("shuffled"), testing::ExitedWithCode(21), "");
  EXPECT_EXIT(order_with("shuffled:7"), testing::ExitedWithCode(27), "");
  EXPECT_EXIT(order_with("shuffled:x"), testing::ExitedWithCode(100), "expected shuffled:SEED");
  EXPECT_EXIT(order_with("backwards"), testing::ExitedWithCode(100), "known are forward, reverse");
}

// ---- poison
// --------------------------------------------------------------------------------------------------

__global__ void read_before_write_kernel(float* y) {
  SELFSAME_SHARED(float, part, [kThreads]);
  y[block_x() * kThreads + thread_x()] = part[thread_x()];
  part[thread_x()] = 1;  // the next block must not see it
}

__global__ void dynamic_read_before_write_kernel(float* y) {
  auto* part = dynamic_shared<bf16>();
  y[block_x() * kThreads + thread_x()] = to_float(part[thread_x()]);
  part[thread_x()] = to_bf16(1);
}

__global__ void late_wait_kernel(float* y) {
  SELFSAME_SHARED(float, part, [4 * kThreads]);
  const int i = thread_x();
  copy_async16(&part[4 * i], y + 8 * kThreads);
  copy_async_commit();
  const float early = part[4 * i];
  copy_async_wait<0>();
  y[block_x() * kThreads + i] = early;
}

__global__ void double_kernel(float* y) {
  SELFSAME_SHARED(double, part, [kThreads]);
  y[block_x() * kThreads + thread_x()] = static_cast<float>(part[thread_x()]);
}

TEST(SimulatedPoison, FillsSharedMemoryOfEveryBlock) {
  constexpr int kBlocks = 8;
  Stream stream(DeviceKind::kSimulated, 1);
  const DeviceArray<float> y(stream, (kBlocks + 1) * kThreads);
  for (auto* kernel :
       {read_before_write_kernel, late_wait_kernel, double_kernel, dynamic_read_before_write_kernel}) {
    stream.queue().fill(y.data(), 0, (kBlocks + 1) * kThreads * sizeof(float));
    launch("poison", kernel, {{kBlocks}, {kThreads}, 2 * kThreads}, stream, y.data());
    const std::vector<float> values = y.values();
    for (std::size_t i = 0; i < kBlocks * kThreads; ++i) {
      ASSERT_TRUE(std::isnan(values[i])) << values[i];
    }
  }
}

}  // namespace
}  // namespace selfsame::SELFSAME_GPU
