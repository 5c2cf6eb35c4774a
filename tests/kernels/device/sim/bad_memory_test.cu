// SPDX-License-Identifier: Apache-2.0
// Kernels that touch memory they may not. What is a fault of the machine is an error of the launch, or, in
// builds with a sanitizer, its report, which names the line of the kernel.
#include <gtest/gtest.h>

#include "kernels/device/gpu/gpu.cuh"
#include "kernels/device/sim/fiber.hpp"
#include "kernels/device/sim/sanitizer_hooks.hpp"
#include "kernels/device/sim/simulator.hpp"
#include "tests/kernels/device/sim/sim_test.hpp"

namespace selfsame::SELFSAME_GPU {
namespace {

constexpr int kCount = 64;  // floats in the array that the kernels get

// ---- asynchronous copies and matrix rows
// ---------------------------------------------------------------------

__global__ void no_wait_kernel(float* y) {
  SELFSAME_SHARED(float, tile, [128]);
  copy_async16(&tile[thread_x() * 4], &y[thread_x() % 16 * 4]);
  copy_async_commit();
}
__global__ void wait_for_too_few_kernel(float* y) {
  SELFSAME_SHARED(float, tile, [128]);
  copy_async16(&tile[thread_x() * 4], &y[thread_x() % 16 * 4]);
  copy_async_commit();
  copy_async_wait<1>();
}
__global__ void no_commit_kernel(float* y) {
  SELFSAME_SHARED(float, tile, [128]);
  copy_async16(&tile[thread_x() * 4], &y[thread_x() % 16 * 4]);
  copy_async_wait<0>();
}
__global__ void odd_target_kernel(float* y) {
  SELFSAME_SHARED(float, tile, [132]);
  copy_async16(&tile[thread_x() * 4 + 1], &y[thread_x() % 16 * 4]);
}
__global__ void odd_source_kernel(float* y) {
  SELFSAME_SHARED(float, tile, [132]);
  copy_async16(&tile[thread_x() * 4], &y[thread_x() % 15 * 4 + 2]);
}
__global__ void global_target_kernel(float* y) { copy_async16(y, y + 16); }
__global__ void target_beyond_kernel(float* y) {
  SELFSAME_SHARED(float, tile, [126]);
  copy_async16(&tile[thread_x() * 4], &y[thread_x() % 16 * 4]);
  copy_async_commit();
  copy_async_wait<0>();
}
__global__ void shared_source_kernel(float*) {
  SELFSAME_SHARED(float, tile, [128]);
  copy_async16(&tile[0], &tile[64]);
}
__global__ void too_many_copies_kernel(float* y) {
  SELFSAME_SHARED(float, tile, [128]);
  for (int i = 0; i < 2000; ++i) {
    copy_async16(&tile[0], &y[0]);
  }
}
__global__ void odd_row_kernel(float*) {
  SELFSAME_SHARED(bf16, tile, [16 * 16 + 8]);
  unsigned r[4];
  load_matrix_x4(r, &tile[thread_x() % 16 * 16 + 4]);
}
__global__ void row_beyond_kernel(float*) {
  SELFSAME_SHARED(bf16, tile, [15 * 16]);
  unsigned r[4];
  load_matrix_x4_transposed(r, &tile[thread_x() % 16 * 16]);
}
__global__ void global_row_kernel(float* y) {
  unsigned r[2];
  load_matrix_x2(r, y);
}

struct Bad {
  const char* name;
  void (*kernel)(float*);
  std::vector<const char*> fragments;
  std::size_t shared_bytes = 0;
};
std::ostream& operator<<(std::ostream& out, const Bad& bad) { return out << bad.name; }

class SimulatedBadCopy : public testing::TestWithParam<Bad> {};
const Bad kBadCopies[] = {
    {"NeverWaitedFor",
     no_wait_kernel,
     {"returns with 1 copies that it never waited for", "copy_async16 at "}},
    {"WaitedForTooFewGroups", wait_for_too_few_kernel, {"never waited for"}},
    {"NeverCommitted", no_commit_kernel, {"never waited for", "which was not committed"}},
    {"ToAnUnalignedTarget", odd_target_kernel, {"the target address ", "is not a multiple of 16"}},
    {"FromAnUnalignedSource", odd_source_kernel, {"the source address ", "is not a multiple of 16"}},
    {"ToGlobalMemory", global_target_kernel, {"is not within shared memory of this block"}},
    {"ToTheEndOfAnArrayAndBeyond",
     target_beyond_kernel,
     {"thread (31,0,0)", "is not within shared memory", "at byte 496 of the shared array tile (504 bytes, "}},
    {"FromSharedMemory", shared_source_kernel, {"the source ", "is not global memory"}},
    {"TooManyAtOnce", too_many_copies_kernel, {"1024 copies are under way"}},
    {"OfAnUnalignedRow", odd_row_kernel, {"load_matrix_x4 at ", "is not a multiple of 16"}},
    {"OfARowBeyondTheTile",
     row_beyond_kernel,
     {"thread (15,0,0): load_matrix_x4_transposed at ", "0 bytes after the end of the shared array tile"}},
    {"OfARowInGlobalMemory", global_row_kernel, {"load_matrix_x2 at ", "is not within shared memory"}},
};
INSTANTIATE_TEST_SUITE_P(Copy, SimulatedBadCopy, testing::ValuesIn(kBadCopies),
                         [](const auto& i) { return std::string(i.param.name); });

TEST_P(SimulatedBadCopy, IsReportedWithItsPlace) {
  const ThreadOrderScope order(ThreadOrder::kForward);  // which thread is first
  Stream stream(DeviceKind::kSimulated, 1);
  const DeviceArray<float> y(stream, kCount);
  launch("bad_copy", GetParam().kernel, {{2}, {32}}, stream, y.data());
  const std::string error = error_of([&] { stream.synchronize(); });
  for (const char* fragment : {"kernel bad_copy (launched at ", "bad_memory_test.cu:"}) {
    EXPECT_NE(error.find(fragment), std::string::npos) << error;
  }
  for (const char* fragment : GetParam().fragments) {
    EXPECT_NE(error.find(fragment), std::string::npos) << "no \"" << fragment << "\" in\n" << error;
  }
}

// ---- wild accesses
// -------------------------------------------------------------------------------------------

__global__ void far_beyond_kernel(float* y) { y[kCount * 64 + thread_x()] = 1; }
__global__ void one_beyond_kernel(float* y) { y[thread_x() + 33] = 1; }
__global__ void before_kernel(float* y) { y[thread_x() - 1] = 1; }
__global__ void read_far_beyond_kernel(float* y) { y[0] = y[kCount * 64]; }
__global__ void null_kernel(float* y) {
  const float* volatile nothing = nullptr;
  y[0] = *nothing;
}
__global__ void shared_beyond_kernel(float* y) {
  SELFSAME_SHARED(float, part, [32]);
  volatile int last = 32;
  part[last] = y[0];
}
__global__ void dynamic_beyond_kernel(float*) { dynamic_shared<float>()[thread_x() + 1] = 1; }
__global__ void far_dynamic_beyond_kernel(float*) { dynamic_shared<float>()[2000] = 1; }
__global__ void dynamic_before_kernel(float*) { dynamic_shared<float>()[thread_x() - 1] = 1; }
__global__ void stack_kernel(float* y) {
  float large[1 << 17];
  for (int i = 0; i < 1 << 17; ++i) {
    large[i] = y[i % kCount];
  }
  y[0] = large[static_cast<int>(y[1]) + thread_x()];
}

class SimulatedBadAccess : public testing::TestWithParam<Bad> {};
const Bad kBadAccesses[] = {
    {"FarBeyondAnAllocation", far_beyond_kernel, {"thread (0,0,0): access to ", "of 256 bytes"}},
    {"ReadFarBeyondAnAllocation", read_far_beyond_kernel, {"access to ", "16128 bytes after the end of the"}},
    {"OneBeyondAnAllocation", one_beyond_kernel, {"0 bytes after the end of the device allocation of 256"}},
    {"BeforeAnAllocation", before_kernel, {"was written 4 bytes before the device allocation of 256 bytes"}},
    {"OfANullPointer", null_kernel, {"access to ", "a null pointer"}},
    {"BeyondASharedArray",
     shared_beyond_kernel,
     {"block (0,0,0): shared memory was written 0 bytes after the end of the shared array part (128 "
      "bytes, "}},
    {"BeyondDynamicSharedMemory",
     dynamic_beyond_kernel,
     {"0 bytes after the end of the 128 bytes of dynamic shared memory"},
     128},
    {"FarBeyondDynamicSharedMemory",
     far_dynamic_beyond_kernel,
     {"access to ", "7900 bytes after the end of the 100 bytes of dynamic shared memory"},
     100},
    {"BeforeDynamicSharedMemory",
     dynamic_before_kernel,
     {"written before the 128 bytes of dynamic shared memory"},
     128},
    {"BeyondTheStack", stack_kernel, {"thread (0,0,0): the stack of 65536 bytes has overflown"}},
};
INSTANTIATE_TEST_SUITE_P(Access, SimulatedBadAccess, testing::ValuesIn(kBadAccesses),
                         [](const auto& i) { return std::string(i.param.name); });

TEST_P(SimulatedBadAccess, IsReported) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const ThreadOrderScope order(ThreadOrder::kForward);  // which thread is first
  const auto run = [&] {
    Stream stream(DeviceKind::kSimulated, 1);
    // Without the boundary of 256 bytes behind it, one beyond is another page.
    const DeviceArray<float> y(stream, kCount);
    launch("bad_access", GetParam().kernel, {{1}, {32}, GetParam().shared_bytes}, stream, y.data());
    stream.synchronize();
  };
  if (kAddressSanitizer) {
    EXPECT_DEATH(run(), "bad_memory_test.cu|stack-overflow");
  } else if (!kThreadSanitizer && resume_address() != nullptr) {
    const std::string error = error_of(run);
    for (const char* fragment : GetParam().fragments) {
      EXPECT_NE(error.find(fragment), std::string::npos) << "no \"" << fragment << "\" in\n" << error;
    }
  }
}

TEST(SimulatedBadAccess, AfterTheMemoryWasReleasedIsReported) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto run = [] {
    Stream stream(DeviceKind::kSimulated, 1);
    {
      const DeviceArray<float> y(stream, kCount);
      launch("released", before_kernel, {{1}, {32}}, stream, y.data() + 1);
    }
    stream.synchronize();
  };
  if (kAddressSanitizer || kThreadSanitizer || resume_address() == nullptr) {
    EXPECT_DEATH(run(), "");
  } else {
    EXPECT_NE(error_of(run).find("kernel released (launched at "), std::string::npos);
    EXPECT_NE(error_of(run).find("access to "), std::string::npos);
  }
}

}  // namespace
}  // namespace selfsame::SELFSAME_GPU
