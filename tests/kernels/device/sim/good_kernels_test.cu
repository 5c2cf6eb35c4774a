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

__device__ float block_sum(float v) {
  SELFSAME_SHARED(float, parts, [32]);
  v = warp_sum(v);
  if (lane_id() == 0) {
    parts[warp_id()] = v;
  }
  sync_threads();
  float sum = 0;
  for (int w = 0; w < block_size_x() / kWarpSize; ++w) {
    sum += parts[w];
  }
  sync_threads();  // before the next call writes
  return sum;
}

__global__ void two_block_sums_kernel(float* y, const float* x) {
  const float sum = block_sum(x[thread_x()]);
  y[thread_x()] = block_sum(sum * x[thread_x()]);
}

/// A tile that is used again and again: two barriers for each use.
__global__ void running_sum_kernel(float* y, const float* x, int rounds) {
  SELFSAME_SHARED(float, tile, [64]);
  float sum = 0;
  for (int round = 0; round < rounds; ++round) {
    tile[thread_x()] = x[round * 64 + thread_x()];
    sync_threads();
    sum += tile[63 - thread_x()];
    sync_threads();
  }
  y[thread_x()] = sum;
}

__global__ void votes_kernel(unsigned* y) {
  const unsigned even = ballot(thread_x() % 2 == 0);
  const bool one = any(thread_x() % 32 == 5), most = all(thread_x() % 32 < 31), every = all(true);
  y[thread_x()] = even + one + 2 * most + 4 * every;
}

__global__ void shuffles_kernel(float* y, double* z) {
  const int lane = lane_id();
  const float down = shuffle_down(static_cast<float>(lane), 3);  // 29..31 keep theirs
  const int turned = shuffle(lane, (lane + 1) % 32);
  y[thread_x()] = down + 100.0f * static_cast<float>(turned);
  z[thread_x()] = shuffle_xor(1e-300 * lane, 5);
}

/// Branches that differ between threads are legal as long as nobody meets in them.
__global__ void divergent_kernel(float* y) {
  float v = 0;
  if (thread_x() % 3 == 0) {
    for (int i = 0; i < thread_x(); ++i) {
      v += 1;
    }
  } else if (thread_x() % 3 == 1) {
    v = -1;
  }
  y[thread_x()] = v + shuffle(v, 3);
}

/// A barrier in a branch that the whole block takes, and warp words in one that the whole warp takes.
__global__ void uniform_branches_kernel(float* y) {
  SELFSAME_SHARED(float, part, [64]);
  part[thread_x()] = 1;
  float v = 1;
  if (block_x() == 1) {
    sync_threads();
    v += 2 * part[63 - thread_x()];
  }
  if (warp_id() == 1) {
    v = warp_sum(v);
    sync_warp();
  }
  y[block_x() * 64 + thread_x()] = v;
}

template <typename T, int kFactor>
__global__ void scaled_reverse_kernel(T* y, const T* x) {
  SELFSAME_SHARED(T, tile, [64]);
  tile[thread_x()] = x[thread_x()] * static_cast<T>(kFactor);
  sync_threads();
  y[thread_x()] = tile[63 - thread_x()];
}

__global__ void transpose_kernel(float* y, const float* x, int rows, int columns) {
  SELFSAME_SHARED(float, tile, [16][17]);
  const int row = block_y() * 16 + thread_y(), column = block_x() * 16 + thread_x();
  if (row < rows && column < columns) {
    tile[thread_y()][thread_x()] = x[row * columns + column];
  }
  sync_threads();
  const int to_row = block_x() * 16 + thread_y(), to_column = block_y() * 16 + thread_x();
  if (to_row < columns && to_column < rows) {
    y[to_row * rows + to_column] = tile[thread_x()][thread_y()];
  }
}

__global__ void count_kernel(int* count, float* sum, const float* x, int n) {
  const int i = block_x() * block_size_x() + thread_x();
  if (i < n && x[i] >= 10) {
    atomic_add(count, 1);
    atomic_add(sum, x[i]);
  }
}

/// Two stages of cp.async: the next tile comes while this one is used. Beyond the end, zeros.
__global__ void pipelined_sum_kernel(float* y, const float* x, int count, int tiles) {
  SELFSAME_SHARED(float, stage, [2][128]);
  const int i = thread_x();
  const auto fetch = [&](int tile) {
    const int at = tile * 128 + i * 4;
    copy_async16(&stage[tile % 2][i * 4], x + at, at + 4 <= count);
    copy_async_commit();
  };
  fetch(0);
  float sum = 0;
  for (int tile = 0; tile < tiles; ++tile) {
    fetch(tile + 1);
    copy_async_wait<1>();
    sync_threads();
    for (int j = 0; j < 4; ++j) {
      sum += stage[tile % 2][(i * 4 + j + 64) % 128];
    }
    sync_threads();
  }
  copy_async_wait<0>();
  y[i] = sum;
}

__global__ void large_shared_kernel(float* y) {
  auto* const values = dynamic_shared<float>();
  const int count = 200 * 1024 / 4;
  for (int i = thread_x(); i < count; i += block_size_x()) {
    values[i] = static_cast<float>(i);
  }
  sync_threads();
  y[thread_x()] = values[count - 1 - thread_x()];
}

__global__ void indices_kernel(int* y) {
  const int block = (block_z() * grid_size_y() + block_y()) * grid_size_x() + block_x();
  const int thread = (thread_z() * block_size_y() + thread_y()) * block_size_x() + thread_x();
  y[block * 24 + thread] = block * 1000 + thread;
}

__global__ void local_array_kernel(float* y, int last) {
  float values[10000];
  for (int i = 0; i < 10000; ++i) {
    values[i] = static_cast<float>(i + thread_x());
  }
  sync_threads();
  y[thread_x()] = values[last];
}

struct Args {
  float* y;
  float a, b;
  int n;
};
__global__ void __launch_bounds__(64) args_kernel(const Args args) {
  device_assert(args.n == 64);
  args.y[thread_x()] = args.a * static_cast<float>(thread_x()) + args.b;
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

TEST_P(SimulatedGood, BlockSumsOfADeviceFunctionWithSharedMemory) {
  const DeviceArray<float> x(stream_, std::vector<float>(128, 0.5f)), y(stream_, 128);
  launch("two_block_sums", two_block_sums_kernel, {{1}, {128}}, stream_, y.data(), x.data());
  EXPECT_EQ(y.values(), std::vector<float>(128, 4096.0f));
}

TEST_P(SimulatedGood, LoopsWithTwoBarriers) {
  const DeviceArray<float> x(stream_, ramp(640)), y(stream_, 64);
  launch("running_sum", running_sum_kernel, {{1}, {64}}, stream_, y.data(), x.data(), 10);
  EXPECT_EQ(y.values()[60], 10 * 3 + 64 * 45);
}

TEST_P(SimulatedGood, Votes) {
  const DeviceArray<unsigned> y(stream_, 64);
  launch("votes", votes_kernel, {{1}, {64}}, stream_, y.data());
  EXPECT_EQ(y.values(), std::vector<unsigned>(64, 0x55555555u + 5));
}

TEST_P(SimulatedGood, ShufflesOfFourAndEightBytes) {
  const DeviceArray<float> y(stream_, 64);
  const DeviceArray<double> z(stream_, 64);
  launch("shuffles", shuffles_kernel, {{1}, {64}}, stream_, y.data(), z.data());
  const std::vector<float> floats = y.values();
  EXPECT_EQ(floats[33], 4.0f + 200.0f);
  EXPECT_EQ(floats[31], 31.0f);
  EXPECT_EQ(floats[62], 30.0f + 3100.0f);
  EXPECT_EQ(z.values()[34], 1e-300 * (2 ^ 5));
}

TEST_P(SimulatedGood, BranchesThatDifferBetweenThreads) {
  const DeviceArray<float> y(stream_, 64);
  launch("divergent", divergent_kernel, {{1}, {64}}, stream_, y.data());
  const std::vector<float> values = y.values();
  EXPECT_EQ(values[9], 12.0f);
  EXPECT_EQ(values[10], 2.0f);
  EXPECT_EQ(values[35], 0.0f);
}

TEST_P(SimulatedGood, BarriersInBranchesThatTheBlockTakesTogether) {
  const DeviceArray<float> y(stream_, 128);
  launch("uniform", uniform_branches_kernel, {{2}, {64}}, stream_, y.data());
  const std::vector<float> values = y.values();
  EXPECT_EQ(values[0], 1.0f);
  EXPECT_EQ(values[63], 32.0f);
  EXPECT_EQ(values[64], 3.0f);
  EXPECT_EQ(values[127], 96.0f);
}

TEST_P(SimulatedGood, TemplatesHaveTheirOwnSharedMemory) {
  const DeviceArray<float> x(stream_, ramp(64)), y(stream_, 64);
  const DeviceArray<double> z(stream_, 64), w(stream_, std::vector<double>(64, 2.0));
  launch("reverse_float", scaled_reverse_kernel<float, 3>, {{1}, {64}}, stream_, y.data(), x.data());
  launch("reverse_double", scaled_reverse_kernel<double, 5>, {{1}, {64}}, stream_, z.data(), w.data());
  EXPECT_EQ(y.values()[0], 189.0f);
  EXPECT_EQ(z.values()[7], 10.0);
}

TEST_P(SimulatedGood, ATransposeInTilesWithTails) {
  const int rows = 37, columns = 21;
  const DeviceArray<float> x(stream_, ramp(37 * 21)), y(stream_, 37 * 21);
  launch("transpose", transpose_kernel, {{blocks_for(columns, 16), blocks_for(rows, 16)}, {16, 16}}, stream_,
         y.data(), x.data(), rows, columns);
  const std::vector<float> values = y.values();
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) {
      ASSERT_EQ(values[static_cast<std::size_t>(c * rows + r)], static_cast<float>(r * columns + c));
    }
  }
}

TEST_P(SimulatedGood, Atomics) {
  const DeviceArray<float> x(stream_, ramp(100)), sum(stream_, 1);
  const DeviceArray<int> count(stream_, 1);
  launch("count", count_kernel, {{4}, {32}}, stream_, count.data(), sum.data(), x.data(), 100);
  EXPECT_EQ(count.values()[0], 90);
  EXPECT_EQ(sum.values()[0], 4950.0f - 45.0f);
}

TEST_P(SimulatedGood, AsynchronousCopiesInTwoStages) {
  const DeviceArray<float> x(stream_, std::vector<float>(5 * 128 - 8, 1.0f)), y(stream_, 32);
  launch("pipelined", pipelined_sum_kernel, {{1}, {32}}, stream_, y.data(), x.data(), 5 * 128 - 8, 5);
  const std::vector<float> values = y.values();
  EXPECT_EQ(values[0], 20.0f);
  EXPECT_EQ(values[14], 16.0f);  // reads what threads 30 and 31 brought: 4 of 5 tiles
  EXPECT_EQ(std::accumulate(values.begin(), values.end(), 0.0f), 5 * 128 - 8);
}

TEST_P(SimulatedGood, DynamicSharedMemoryOf200Kilobytes) {
  const DeviceArray<float> y(stream_, 1024);
  launch("large_shared", large_shared_kernel, {{1}, {1024}, 200 * 1024}, stream_, y.data());
  EXPECT_EQ(y.values()[1023], 51200.0f - 1024.0f);
}

TEST_P(SimulatedGood, IndicesOfThreeDimensions) {
  const DeviceArray<int> y(stream_, 24 * 24);
  launch("indices", indices_kernel, {{2, 3, 4}, {4, 3, 2}}, stream_, y.data());
  const std::vector<int> values = y.values();
  for (int i = 0; i < 24 * 24; ++i) {
    ASSERT_EQ(values[static_cast<std::size_t>(i)], i / 24 * 1000 + i % 24);
  }
}

TEST_P(SimulatedGood, ArraysOf40KilobytesInEveryThread) {
  const DeviceArray<float> y(stream_, 32);
  launch("local_array", local_array_kernel, {{1}, {32}}, stream_, y.data(), 9999);
  EXPECT_EQ(y.values()[31], 10030.0f);
}

TEST_P(SimulatedGood, ArgumentsInOneStruct) {
  const DeviceArray<float> y(stream_, 64);
  launch("args", args_kernel, {{1}, {64}}, stream_, Args{y.data(), 2.0f, 1.0f, 64});
  EXPECT_EQ(y.values()[63], 127.0f);
}

}  // namespace
}  // namespace selfsame::SELFSAME_GPU
