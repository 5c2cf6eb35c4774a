// SPDX-License-Identifier: Apache-2.0
// Kernels in queues: streams, graphs, errors and several OS threads.
#include <gtest/gtest.h>

#include <thread>

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

__global__ void failing_kernel(float* y) {
  SELFSAME_SHARED(float, tile, [64]);
  tile[thread_x()] = y[thread_x()];
  if (thread_x() == 40) {
    device_assert(false);
  }
  sync_threads();
}

class SimulatedQueueOfKernels : public testing::Test {
 protected:
  Stream stream_{DeviceKind::kSimulated, 1};
};

TEST_F(SimulatedQueueOfKernels, DropsWhatFollowsAnErrorAndGoesOn) {
  const DeviceArray<float> x(stream_, ramp(1000)), sum(stream_, 4), y(stream_, 64);
  for (int i = 0; i < 3; ++i) {
    launch("failing", failing_kernel, {{4}, {64}}, stream_, y.data());
    launch("never_run", add_kernel, {{1}, {64}}, stream_, y.data(), x.data(), 64);
    EXPECT_NE(error_of([&] { stream_.synchronize(); }).find("kernel failing"), std::string::npos);
    launch("tree_sum", tree_sum_kernel, {{4}, {256}}, stream_, sum.data(), x.data(), 1000);
    EXPECT_EQ(sum.values()[0], 32640.0f);
  }
  EXPECT_EQ(y.values()[63], 0.0f);  // what followed the error was dropped
}

TEST_F(SimulatedQueueOfKernels, IsIndependentOfOtherStreams) {
  Stream other(DeviceKind::kSimulated, 1);
  const DeviceArray<float> x(stream_, ramp(64)), y(stream_, 64), z(stream_, 64);
  launch("add", add_kernel, {{1}, {64}}, stream_, y.data(), x.data(), 64);
  launch("add", add_kernel, {{1}, {64}}, other, z.data(), x.data(), 64);
  other.synchronize();
  std::vector<float> first(64), second(64);
  other.download(first.data(), y.data(), 256);
  other.download(second.data(), z.data(), 256);
  other.synchronize();
  EXPECT_EQ(first[63], 0.0f);  // the other stream's work is not done yet
  EXPECT_EQ(second[63], 126.0f);
  EXPECT_EQ(y.values()[63], 126.0f);
}

TEST_F(SimulatedQueueOfKernels, IsRepeatedByAGraph) {
  const DeviceArray<float> x(stream_, 64), y(stream_, 64);
  std::vector<float> input = ramp(64), output(64);
  stream_.queue().begin_capture();
  stream_.upload(x.data(), input.data(), 256);
  launch("add", add_kernel, {{1}, {64}}, stream_, y.data(), x.data(), 64);
  stream_.download(output.data(), y.data(), 256);
  const std::unique_ptr<Graph> graph = stream_.queue().end_capture();
  stream_.synchronize();
  EXPECT_EQ(output[63], 0.0f);
  graph->launch();
  graph->launch();
  EXPECT_EQ(output[63], 0.0f);
  stream_.synchronize();
  EXPECT_EQ(output[63], 252.0f);
  input[63] = 0;
  graph->launch();
  stream_.synchronize();
  EXPECT_EQ(output[63], 252.0f);
  EXPECT_EQ(output[62], 3 * 124.0f);
}

TEST_F(SimulatedQueueOfKernels, RunFromSeveralOsThreads) {
  std::vector<std::thread> threads;
  std::vector<float> results(4);
  for (std::size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&results, i] {
      Stream stream(DeviceKind::kSimulated, 1);
      const DeviceArray<float> x(stream, std::vector<float>(1000, static_cast<float>(i))), sum(stream, 4);
      for (int round = 0; round < 20; ++round) {
        launch("tree_sum", tree_sum_kernel, {{4}, {256}}, stream, sum.data(), x.data(), 1000);
        results[i] = sum.values()[0];
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(results, (std::vector<float>{0, 256, 512, 768}));
}

}  // namespace
}  // namespace selfsame::SELFSAME_GPU
