// SPDX-License-Identifier: Apache-2.0
// Kernels that a GPU may let pass or hang on. Each must be reported, with the places.
#include <gtest/gtest.h>

#include <stdexcept>

#include "kernels/device/gpu/gpu.cuh"
#include "kernels/device/sim/simulator.hpp"
#include "tests/kernels/device/sim/sim_test.hpp"

namespace selfsame::SELFSAME_GPU {
namespace {

// ---- barriers
// ------------------------------------------------------------------------------------------------

__global__ void different_barriers_kernel() {
  if (thread_x() < 16) {
    sync_threads();
  } else {
    sync_threads();
  }
}

__global__ void barriers_on_one_line_kernel() { thread_x() < 40 ? sync_threads() : sync_threads(); }

__global__ void early_return_kernel() {
  if (thread_x() == 5) {
    return;
  }
  sync_threads();
}

__global__ void uneven_loop_kernel() {
  for (int i = 0; i < 3 + thread_x() / 32; ++i) {
    sync_threads();
  }
}

__global__ void second_barrier_differs_kernel() {
  sync_threads();
  if (thread_y() == 1) {
    sync_threads();
  }
  sync_threads();
}

__global__ void warps_take_different_ways_kernel() {
  if (warp_id() == 0) {
    sync_warp();
    sync_threads();
  } else {
    sync_threads();
  }
}

// ---- warp
// ----------------------------------------------------------------------------------------------------

__global__ void shuffle_in_branch_kernel(float* y) {
  if (thread_x() < 16) {
    y[thread_x()] = shuffle(1.0f, 0);
  }
}

__global__ void different_collectives_kernel(float* y) {
  if (thread_x() < 16) {
    y[thread_x()] = shuffle_xor(1.0f, 1);
  } else {
    y[thread_x()] = static_cast<float>(ballot(true));
  }
}

__global__ void same_shuffle_twice_kernel(float* y) {
  y[thread_x()] = thread_x() < 16 ? shuffle_xor(1.0f, 1) : shuffle_xor(2.0f, 1);
}

__global__ void barrier_against_shuffle_kernel(float* y) {
  if (thread_x() % 2 == 0) {
    sync_threads();
  }
  y[thread_x()] = shuffle_down(1.0f, 1);
}

__global__ void lane_too_large_kernel(float* y) { y[thread_x()] = shuffle(1.0f, thread_x() + 1); }
__global__ void lane_negative_kernel(float* y) { y[thread_x()] = shuffle(1.0f, thread_x() - 1); }
__global__ void mask_too_large_kernel(float* y) { y[thread_x()] = shuffle_xor(1.0f, 32); }
__global__ void delta_negative_kernel(float* y) { y[thread_x()] = shuffle_down(1.0f, -1); }
__global__ void warp_sum_kernel(float* y) { y[thread_x()] = warp_sum(1.0f); }

__global__ void sync_warp_after_return_kernel() {
  if (thread_x() % 32 == 31) {
    return;
  }
  sync_warp();
}

__global__ void vote_in_loop_kernel() {
  int i = 0;
  while (any(i < thread_x() % 32)) {  // the break leaves the other lanes alone
    if (i++ == thread_x() % 32) {
      break;
    }
  }
}

__global__ void mma_in_branch_kernel() {
  float d[4] = {};
  const unsigned a[4] = {}, b[2] = {};
  if (thread_x() != 3) {
    mma_bf16(d, a, b);
  }
}

__global__ void mma_of_two_kinds_kernel() {
  float d[4] = {};
  const unsigned a[4] = {}, b[2] = {};
  thread_x() < 8 ? mma_bf16(d, a, b) : mma_tf32(d, a, b);
}

// ---- assertions, exceptions, limits
// --------------------------------------------------------------------------

__global__ void assert_kernel() { device_assert(block_x() == 0 || thread_x() != 7 || thread_y() == 0); }

__global__ void throw_kernel() {
  if (thread_x() == 3) {
    throw std::runtime_error("not in a kernel");
  }
  sync_threads();
}

__global__ void static_shared_kernel(char* y) {
  SELFSAME_SHARED(char, a, [30000]);
  SELFSAME_SHARED(char, b, [30000]);
  a[0] = b[0] = 0;
  *y = a[0];
}

__global__ void empty_kernel() {}

__global__ void launching_kernel(Stream* stream) { launch("empty", empty_kernel, {{1}, {1}}, *stream); }

struct Bad {
  const char* name;
  void (*start)(Stream&, float*);
  std::vector<const char*> fragments;
};
std::ostream& operator<<(std::ostream& out, const Bad& bad) { return out << bad.name; }

const Bad kBad[] = {
    {"ThreadsWaitAtDifferentBarriers",
     [](Stream& s, float*) {
       launch("different_barriers", different_barriers_kernel, {{2}, {32}}, s);
     },
     {"kernel different_barriers (launched at ", "bad_kernels_test.cu:", "block (0,0,0): divergent barrier",
      "16 of 32 threads (0-15; first (0,0,0)) wait in sync_threads() at ", "(16-31; first (16,0,0))"}},
    {"TwoBarriersOnOneLineAreTwo",
     [](Stream& s, float*) {
       launch("one_line", barriers_on_one_line_kernel, {{1}, {64}}, s);
     },
     {"divergent barrier", "40 of 64 threads (0-39;", "24 of 64 threads (40-63;"}},
    {"OneThreadReturnsBeforeABarrier",
     [](Stream& s, float*) {
       launch("early_return", early_return_kernel, {{1}, {64}}, s);
     },
     {"a barrier waits for threads that have returned", "63 of 64 threads (0-4, 6-63; first (0,0,0)) wait",
      "1 of 64 threads (5; first (5,0,0)) have returned"}},
    {"ALoopWithABarrierRunsUnevenly",
     [](Stream& s, float*) {
       launch("uneven_loop", uneven_loop_kernel, {{1}, {96}}, s);
     },
     {"a barrier waits for threads that have returned", "32 of 96 threads (0-31;"}},
    {"TheSecondOfThreeBarriersIsDivergent",
     [](Stream& s, float*) {
       launch("second", second_barrier_differs_kernel, {{1}, {16, 4}}, s);
     },
     {"divergent barrier", "16 of 64 threads (16-31; first (0,1,0))", "48 of 64 threads (0-15, 32-63;"}},
    {"WarpsTakeDifferentWaysToTheBarrier",
     [](Stream& s, float*) {
       launch("ways", warps_take_different_ways_kernel, {{1}, {64}}, s);
     },
     {"divergent barrier", "(0-31; first (0,0,0))", "(32-63; first (32,0,0))"}},
    {"AShuffleInABranchOfHalfAWarp",
     [](Stream& s, float* y) {
       launch("half_warp", shuffle_in_branch_kernel, {{1}, {32}}, s, y);
     },
     {"a warp's collective waits for lanes that have returned", "16 of 32 threads (0-15;",
      "wait in shuffle at "}},
    {"LanesMeetInDifferentCollectives",
     [](Stream& s, float* y) {
       launch("meet", different_collectives_kernel, {{1}, {32}}, s, y);
     },
     {"thread (16,0,0): lanes of one warp meet in different collectives", "lane 16 in ballot at ",
      "in shuffle_xor at "}},
    {"TheSameShuffleInBothBranchesIsTwo",
     [](Stream& s, float* y) {
       launch("twice", same_shuffle_twice_kernel, {{1}, {32}}, s, y);
     },
     {"meet in different collectives"}},
    {"ABarrierAgainstAShuffle",
     [](Stream& s, float* y) {
       launch("against", barrier_against_shuffle_kernel, {{1}, {64}}, s, y);
     },
     {"deadlock between a warp's collective and the block's barrier", "wait in sync_threads()",
      "wait in shuffle_down at "}},
    {"AShuffleFromLane32",
     [](Stream& s, float* y) {
       launch("lane_32", lane_too_large_kernel, {{1}, {32}}, s, y);
     },
     {"thread (31,0,0): shuffle at ", "lane is 32, allowed are 0 to 31"}},
    {"AShuffleFromANegativeLane",
     [](Stream& s, float* y) {
       launch("lane_negative", lane_negative_kernel, {{1}, {32}}, s, y);
     },
     {"thread (0,0,0): shuffle at ", "lane is -1"}},
    {"AShuffleXorBeyondTheWarp",
     [](Stream& s, float* y) {
       launch("mask", mask_too_large_kernel, {{1}, {64}}, s, y);
     },
     {"shuffle_xor at ", "mask is 32"}},
    {"AShuffleDownByLessThanNothing",
     [](Stream& s, float* y) {
       launch("delta", delta_negative_kernel, {{1}, {32}}, s, y);
     },
     {"shuffle_down at ", "delta is -1"}},
    {"AWarpSumInAPartialWarp",
     [](Stream& s, float* y) {
       launch("partial", warp_sum_kernel, {{1}, {48}}, s, y);
     },
     {"shuffle_xor at ", "gpu.cuh", "needs full warps, and a block has 48 threads"}},
    {"SyncWarpWithoutALaneThatReturned",
     [](Stream& s, float*) {
       launch("sync_warp", sync_warp_after_return_kernel, {{1}, {64}}, s);
     },
     {"a warp's collective waits for lanes that have returned", "wait in sync_warp",
      "2 of 64 threads (31, 63;"}},
    {"AVoteInALoopThatLanesLeave",
     [](Stream& s, float*) {
       launch("vote_loop", vote_in_loop_kernel, {{1}, {32}}, s);
     },
     {"wait in any at ", "1 of 32 threads (0; first (0,0,0)) have returned"}},
    {"AMatrixProductWithoutOneLane",
     [](Stream& s, float*) {
       launch("mma", mma_in_branch_kernel, {{1}, {32}}, s);
     },
     {"31 of 32 threads (0-2, 4-31;", "wait in mma_bf16"}},
    {"MatrixProductsOfTwoKindsInOneWarp",
     [](Stream& s, float*) {
       launch("mma_kinds", mma_of_two_kinds_kernel, {{1}, {32}}, s);
     },
     {"lane 8 in mma_tf32 at ", "8 of the others in mma_bf16"}},
    {"AFailedAssertion",
     [](Stream& s, float*) {
       launch("assert", assert_kernel, {{3}, {8, 2}}, s);
     },
     {"kernel assert ", "block (1,0,0), thread (7,1,0): device_assert failed at "}},
    {"AnExceptionOfAKernel",
     [](Stream& s, float*) {
       launch("throw", throw_kernel, {{1}, {32}}, s);
     },
     {"kernel throw ", "thread (3,0,0): not in a kernel"}},
    {"MoreStaticSharedMemoryThanThereIs",
     [](Stream& s, float* y) {
       launch("static_shared", static_shared_kernel, {{1}, {32}}, s, reinterpret_cast<char*>(y));
     },
     {"the shared array b at ", "needs 30000 bytes, but 30000 bytes of static"}},
    {"StaticAndDynamicSharedMemoryTogetherAreTooMuch",
     [](Stream& s, float* y) {
       launch("both_shared", static_shared_kernel, {{1}, {32}, 225 * 1024}, s, reinterpret_cast<char*>(y));
     },
     {"the shared array a at ", "230400 bytes of dynamic"}},
    {"ALaunchOfNoBlocks",
     [](Stream& s, float*) {
       launch("none", empty_kernel, {{0}, {32}}, s);
     },
     {"launch of none: grid.x is 0"}},
    {"ALaunchOf1056Threads",
     [](Stream& s, float*) {
       launch("many", empty_kernel, {{1}, {33, 32}}, s);
     },
     {"launch of many: the number of threads in a block is 1056"}},
    {"ALaunchWithTooMuchSharedMemory",
     [](Stream& s, float*) {
       launch("shared", empty_kernel, {{1}, {32}, 227 * 1024 + 1}, s);
     },
     {"launch of shared: 232449 bytes of shared memory, allowed are 232448"}},
    {"ALaunchOnAnotherDevice",
     [](Stream&, float*) {
       Stream cpu(DeviceKind::kCpu, 1);
       launch("elsewhere", empty_kernel, {{1}, {32}}, cpu);
     },
     {"elsewhere launched on device cpu"}},
    {"ALaunchByAKernel",
     [](Stream& s, float*) {
       launch(
           "launching", +[](std::uintptr_t stream) { launching_kernel(reinterpret_cast<Stream*>(stream)); },
           {{1}, {1}}, s, reinterpret_cast<std::uintptr_t>(&s));
     },
     {"empty launched by a kernel"}},
    {"AHostPointerAsAnArgument",
     [](Stream& s, float*) {
       float host[32];
       launch("host_pointer", warp_sum_kernel, {{1}, {32}}, s, &host[0]);
     },
     {"launch of host_pointer: pointer argument 1 ", "is not device memory"}},
};

class SimulatedBad : public testing::TestWithParam<Bad> {};
INSTANTIATE_TEST_SUITE_P(Kernel, SimulatedBad, testing::ValuesIn(kBad),
                         [](const auto& i) { return std::string(i.param.name); });

TEST_P(SimulatedBad, IsReportedWithItsPlaces) {
  const ThreadOrderScope order(ThreadOrder::kForward);  // which thread is first
  Stream stream(DeviceKind::kSimulated, 1);
  const DeviceArray<float> y(stream, 64);
  const std::string error = error_of([&] {
    GetParam().start(stream, y.data());
    stream.synchronize();
  });
  for (const char* fragment : GetParam().fragments) {
    EXPECT_NE(error.find(fragment), std::string::npos) << "no \"" << fragment << "\" in\n" << error;
  }
  // The queue is empty again and works.
  launch("warp_sum", warp_sum_kernel, {{1}, {64}}, stream, y.data());
  EXPECT_EQ(y.values()[63], 32.0f);
}

TEST(SimulatedBad, WordsOutsideAKernelAreRefused) {
  EXPECT_NE(error_of([] { sync_threads(); }).find("was called outside a kernel: sync_threads()"),
            std::string::npos);
  EXPECT_NE(error_of([] { static_cast<void>(ballot(true)); }).find("outside a kernel: ballot"),
            std::string::npos);
  EXPECT_NE(error_of([] { static_cast<void>(dynamic_shared<float>()); }).find("outside a kernel"),
            std::string::npos);
}

}  // namespace
}  // namespace selfsame::SELFSAME_GPU
