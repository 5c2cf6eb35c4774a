// SPDX-License-Identifier: Apache-2.0
// Races that ThreadSanitizer must find, and exchanges that it must not report (preset tsan; skipped
// elsewhere).
#include <gtest/gtest.h>

#include <cstdlib>

#include "kernels/device/gpu/gpu.cuh"
#include "kernels/device/sim/sanitizer_hooks.hpp"
#include "tests/kernels/device/sim/sim_test.hpp"

namespace selfsame::SELFSAME_GPU {
namespace {

constexpr int kThreads = 64, kBlocks = 3;

// ---- races
// ---------------------------------------------------------------------------------------------------

__global__ void missing_barrier_kernel(float* y) {
  SELFSAME_SHARED(float, part, [kThreads]);
  part[thread_x()] = 1;
  y[block_x() * kThreads + thread_x()] = part[kThreads - 1 - thread_x()];
}

__global__ void missing_second_barrier_kernel(float* y) {
  SELFSAME_SHARED(float, part, [kThreads]);
  float sum = 0;
  for (int round = 0; round < 3; ++round) {
    part[thread_x()] = static_cast<float>(round);
    sync_threads();
    sum += part[kThreads - 1 - thread_x()];
  }
  y[block_x() * kThreads + thread_x()] = sum;
}

__global__ void blocks_write_one_array_kernel(float* y) {
  sync_threads();
  y[thread_x()] = static_cast<float>(block_x());
}

__global__ void plain_counter_kernel(float* y) { y[0] += 1; }

/// A shuffle lets lanes meet and orders no memory.
__global__ void shuffle_is_no_barrier_kernel(float* y) {
  SELFSAME_SHARED(float, part, [kThreads]);
  part[thread_x()] = 1;
  const float sum = warp_sum(1.0f);
  y[block_x() * kThreads + thread_x()] = part[thread_x() ^ 1] + sum;
}

__global__ void sync_warp_is_no_block_barrier_kernel(float* y) {
  SELFSAME_SHARED(float, part, [kThreads]);
  part[thread_x()] = 1;
  sync_warp();
  y[block_x() * kThreads + thread_x()] = part[kThreads - 1 - thread_x()];
}

__global__ void ldmatrix_without_barrier_kernel(float* y) {
  SELFSAME_SHARED(bf16, tile, [32 * 8]);
  for (int i = 0; i < 4; ++i) {
    tile[thread_x() * 4 + i] = bf16{};
  }
  sync_warp();
  unsigned r[4];
  load_matrix_x4(r, &tile[lane_id() * 8]);  // half of the rows are the other warp's
  y[block_x() * kThreads + thread_x()] = static_cast<float>(r[0]);
}

__global__ void copy_seen_by_others_without_barrier_kernel(float* y) {
  SELFSAME_SHARED(float, part, [4 * kThreads]);
  copy_async16(&part[4 * thread_x()], y);
  copy_async_commit();
  copy_async_wait<0>();
  y[block_x() * kThreads + thread_x() + 4] = part[4 * (kThreads - 1 - thread_x())];
}

// ---- no races
// ------------------------------------------------------------------------------------------------

__global__ void two_barriers_kernel(float* y) {
  SELFSAME_SHARED(float, part, [kThreads]);
  float local[50], sum = 0;
  for (int round = 0; round < 5; ++round) {
    part[thread_x()] = static_cast<float>(round);
    sync_threads();
    local[round * 10] = part[kThreads - 1 - thread_x()];
    sum += local[round / 2 * 10];
    sync_threads();
  }
  y[block_x() * kThreads + thread_x()] = sum;
}

__global__ void atomic_counter_kernel(float* y) { atomic_add(y, 1.0f); }

__global__ void exchange_in_warp_kernel(float* y) {
  auto* part = dynamic_shared<float>();
  for (int round = 0; round < 3; ++round) {
    part[thread_x()] = 1;
    sync_warp();
    y[block_x() * kThreads + thread_x()] += part[thread_x() ^ 1] + warp_sum(1.0f);
    sync_warp();
  }
}

__global__ void staged_matrix_kernel(float* y) {
  SELFSAME_SHARED(float, stage, [2][4 * kThreads]);
  for (int round = 0; round < 4; ++round) {
    copy_async16(&stage[round % 2][4 * thread_x()], y, round % 2 == 0);
    copy_async_commit();
    copy_async_wait<0>();
    sync_threads();
    unsigned r[4];
    load_matrix_x4(r, &stage[round % 2][4 * (kThreads - 1 - thread_x())]);
    float d[4] = {};
    const unsigned b[2] = {};
    mma_bf16(d, r, b);
    y[kThreads * (block_x() + 1) + thread_x()] = d[0];
  }
}

struct Case {
  const char* name;
  void (*kernel)(float*);
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

void run_and_exit(void (*kernel)(float*)) {
  Stream stream(DeviceKind::kSimulated, 1);
  const DeviceArray<float> y(stream, (kBlocks + 1) * kThreads);
  for (int i = 0; i < 2; ++i) {
    launch("kernel", kernel, {{kBlocks}, {kThreads}, kThreads * sizeof(float)}, stream, y.data());
  }
  static_cast<void>(y.values());
  std::exit(0);
}

class Race : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    if (!kThreadSanitizer) {
      GTEST_SKIP() << "needs ThreadSanitizer: cmake --preset tsan";
    }
  }
};
class RaceFree : public Race {};

constexpr auto kNameOf = [](const auto& i) { return std::string(i.param.name); };
INSTANTIATE_TEST_SUITE_P(
    By, Race,
    testing::Values(Case{"MissingBarrier", missing_barrier_kernel},
                    Case{"MissingSecondBarrierInALoop", missing_second_barrier_kernel},
                    Case{"BlocksThatWriteOneArray", blocks_write_one_array_kernel},
                    Case{"APlainCounter", plain_counter_kernel},
                    Case{"AShuffleInPlaceOfSyncWarp", shuffle_is_no_barrier_kernel},
                    Case{"SyncWarpInPlaceOfABarrier", sync_warp_is_no_block_barrier_kernel},
                    Case{"LdmatrixOfAnotherWarpsRows", ldmatrix_without_barrier_kernel},
                    Case{"ACopyThatOthersReadAtOnce", copy_seen_by_others_without_barrier_kernel}),
    kNameOf);
INSTANTIATE_TEST_SUITE_P(With, RaceFree,
                         testing::Values(Case{"TwoBarriersInALoop", two_barriers_kernel},
                                         Case{"AnAtomicCounter", atomic_counter_kernel},
                                         Case{"SyncWarp", exchange_in_warp_kernel},
                                         Case{"StagedCopies", staged_matrix_kernel}),
                         kNameOf);

TEST_P(Race, IsFound) {
  EXPECT_EXIT(run_and_exit(GetParam().kernel), testing::ExitedWithCode(66), "ThreadSanitizer: data race");
}

TEST_P(RaceFree, IsNotReported) {
  EXPECT_EXIT(run_and_exit(GetParam().kernel), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace selfsame::SELFSAME_GPU
