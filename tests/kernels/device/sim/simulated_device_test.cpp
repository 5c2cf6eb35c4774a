// SPDX-License-Identifier: Apache-2.0
// Memory and queues of the simulated device, without kernels.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include "kernels/base/error.hpp"
#include "kernels/device/sim/device_memory.hpp"
#include "kernels/device/stream.hpp"
#include "tests/kernels/device/sim/sim_test.hpp"

namespace selfsame {
namespace {

using simulated::DeviceMemory;

class SimulatedDevice : public testing::Test {
 protected:
  Stream stream_{DeviceKind::kSimulated, 1};
  Device& device_ = device_of(DeviceKind::kSimulated);
};

TEST_F(SimulatedDevice, SaysWhatItIs) {
  EXPECT_TRUE(device_available(DeviceKind::kSimulated));
  EXPECT_EQ(device_.kind(), DeviceKind::kSimulated);
  EXPECT_EQ(device_.description(), "simulated GPU on the host, 4 GiB");
  EXPECT_EQ(stream_.queue().native(), nullptr);
}

TEST_F(SimulatedDevice, FreshMemoryIsZeroAndAligned) {
  for (const std::size_t bytes : {1, 255, 256, 257, 4096, 100000}) {
    for (int round = 0; round < 3; ++round) {  // the second finds what the first has left
      const Buffer buffer(bytes, DeviceKind::kSimulated);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 256, 0u);
      std::vector<unsigned char> values(bytes, 1);
      stream_.download(values.data(), buffer.data(), bytes);
      stream_.synchronize();
      EXPECT_EQ(std::accumulate(values.begin(), values.end(), 0), 0);
      stream_.queue().fill(buffer.data(), 0x5a, bytes);
      stream_.download(values.data(), buffer.data(), bytes);
      stream_.synchronize();
      EXPECT_EQ(std::accumulate(values.begin(), values.end(), std::size_t{0}), 0x5a * bytes);
    }
  }
}

TEST_F(SimulatedDevice, UsesReleasedMemoryAgain) {
  const std::size_t free_before = device_.free_bytes();
  const void* first = nullptr;
  {
    const Buffer a(10000, DeviceKind::kSimulated), b(10000, DeviceKind::kSimulated);
    first = a.data();
    EXPECT_LE(device_.free_bytes() + 20000, free_before);
  }
  EXPECT_EQ(device_.free_bytes(), free_before);
  EXPECT_EQ(Buffer(10000, DeviceKind::kSimulated).data(), first);
  for (int i = 0; i < 3000; ++i) {  // 6 GiB in all
    const Buffer large(2 << 20, DeviceKind::kSimulated);
    ASSERT_NE(large.data(), nullptr);
  }
}

TEST_F(SimulatedDevice, SaysWhenItsMemoryIsUsedUp) {
  EXPECT_EQ(device_.allocate(DeviceMemory::kCapacity + 1), nullptr);
  const std::string error =
      error_of([] { const Buffer buffer(DeviceMemory::kCapacity * 2, DeviceKind::kSimulated); });
  EXPECT_NE(error.find("on device simulated"), std::string::npos) << error;
  void* const most = device_.allocate(device_.free_bytes() - 4096);
  EXPECT_NE(most, nullptr);
  EXPECT_EQ(device_.allocate(8192), nullptr);
  device_.release(most, 0);
}

TEST_F(SimulatedDevice, DoesNothingBeforeSynchronize) {
  const Buffer buffer(4, DeviceKind::kSimulated);
  int source = 1, result = 0;
  stream_.upload(buffer.data(), &source, 4);
  stream_.download(&result, buffer.data(), 4);
  source = 2;  // read when the work is done
  EXPECT_EQ(result, 0);
  stream_.synchronize();
  EXPECT_EQ(result, 2);
}

TEST_F(SimulatedDevice, CopiesOnTheDevice) {
  const DeviceArray<float> a(stream_, ramp(100)), b(stream_, 100);
  stream_.copy(b.data() + 50, a.data(), 200);
  EXPECT_EQ(b.values()[99], 49.0f);
  EXPECT_EQ(b.values()[49], 0.0f);
}

TEST_F(SimulatedDevice, RefusesCopiesOutsideAnAllocation) {
  const DeviceArray<float> a(stream_, 16);
  std::vector<float> host(100);
  const auto copied = [&](void* to, const void* from, std::size_t bytes, CopyKind kind) {
    return error_of([&] {
      stream_.queue().copy(to, from, bytes, kind);
      stream_.synchronize();
    });
  };
  EXPECT_NE(copied(a.data(), host.data(), 68, CopyKind::kToDevice)
                .find("upload of 68 bytes on the simulated device: 68 bytes from "),
            std::string::npos);
  EXPECT_NE(copied(host.data(), a.data() + 16, 4, CopyKind::kToHost)
                .find("0 bytes after the end of the device allocation of 64 bytes"),
            std::string::npos);
  EXPECT_NE(
      copied(host.data(), host.data() + 50, 8, CopyKind::kToHost).find("is not memory of the simulated"),
      std::string::npos);
  EXPECT_NE(copied(a.data(), a.data() + 8, 8, CopyKind::kToDevice).find("and is device memory"),
            std::string::npos);
  EXPECT_NE(copied(a.data(), host.data(), 8, CopyKind::kOnDevice).find("copy from of 8 bytes"),
            std::string::npos);
  const std::string error = error_of([&] {
    stream_.queue().fill(a.data() + 15, 0, 8);
    stream_.synchronize();
  });
  EXPECT_NE(error.find("fill of 8 bytes"), std::string::npos);
  EXPECT_EQ(copied(a.data(), host.data(), 64, CopyKind::kToDevice), "");
}

TEST_F(SimulatedDevice, RecordsWorkOnlyOnce) {
  const Buffer buffer(4, DeviceKind::kSimulated);
  int value = 7, result = 0;
  EXPECT_THROW(static_cast<void>(stream_.queue().end_capture()), Error);
  stream_.queue().begin_capture();
  EXPECT_TRUE(stream_.queue().capturing());
  EXPECT_THROW(stream_.queue().begin_capture(), Error);
  stream_.upload(buffer.data(), &value, 4);
  stream_.download(&result, buffer.data(), 4);
  EXPECT_THROW(stream_.synchronize(), Error);
  const std::unique_ptr<Graph> graph = stream_.queue().end_capture();
  EXPECT_FALSE(stream_.queue().capturing());
  graph->launch();
  stream_.synchronize();
  EXPECT_EQ(result, 7);
}

TEST_F(SimulatedDevice, RefusesAGraphWhoseQueueIsGone) {
  std::unique_ptr<Graph> graph;
  {
    Stream other(DeviceKind::kSimulated, 1);
    other.queue().begin_capture();
    graph = other.queue().end_capture();
  }
  EXPECT_NE(error_of([&] { graph->launch(); }).find("the queue that the graph was recorded from is gone"),
            std::string::npos);
}

TEST_F(SimulatedDevice, StagingMemoryIsTheHosts) {
  const Buffer staging = Buffer::staging(100, DeviceKind::kSimulated);
  for (std::size_t i = 0; i < 100; ++i) {
    ASSERT_EQ(staging.data()[i], std::byte{0});
  }
}

TEST_F(SimulatedDevice, MemoryCannotBeReadByTheHost) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const Buffer buffer(4, DeviceKind::kSimulated);
  EXPECT_DEATH(
      {
        volatile std::byte seen = *buffer.data();
        static_cast<void>(seen);
      },
      "");
  int value = 3;
  stream_.upload(buffer.data(), &value, 4);
  stream_.synchronize();
  EXPECT_DEATH(*buffer.as<volatile int>() = 1, "");  // closed again after the work
}

TEST_F(SimulatedDevice, MemoryThatWasNotAllocatedCannotBeReleased) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  int mine = 0;
  EXPECT_DEATH(device_.release(&mine, 4), "was released and is no allocation");
  EXPECT_DEATH(
      {
        void* data = device_.allocate(4);
        device_.release(data, 4);
        device_.release(data, 4);
      },
      "was released and is no allocation");
}

}  // namespace
}  // namespace selfsame
