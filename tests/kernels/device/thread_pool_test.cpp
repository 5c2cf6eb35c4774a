// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/thread_pool.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "kernels/base/error.hpp"

namespace selfsame {

TEST(ThreadPool, RunsEveryUnitExactlyOnce) {
  for (const int threads : {1, 2, 3, 4}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (const std::int64_t count : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> calls(static_cast<std::size_t>(count));
      std::atomic<bool> thread_inside{true};
      pool.run(count, [&](std::int64_t i, int thread) {
        ++calls[static_cast<std::size_t>(i)];
        if (thread < 0 || thread >= threads) {
          thread_inside = false;
        }
      });
      for (const auto& c : calls) {
        EXPECT_EQ(c.load(), 1);
      }
      EXPECT_TRUE(thread_inside);
    }
  }
}

TEST(ThreadPool, NoTwoUnitsShareAThreadIndexAtTheSameTime) {
  ThreadPool pool(4);
  std::vector<std::atomic<int>> inside(4);
  std::atomic<int> collisions{0};
  pool.run(2000, [&](std::int64_t, int thread) {
    auto& mine = inside[static_cast<std::size_t>(thread)];
    collisions += mine.fetch_add(1) != 0 ? 1 : 0;
    mine.fetch_sub(1);
  });
  EXPECT_EQ(collisions, 0);
}

TEST(ThreadPool, ManyShortRunsInARowAreComplete) {
  ThreadPool pool(3);
  std::vector<std::int64_t> sums(8);
  for (int round = 0; round < 2000; ++round) {
    pool.run(8, [&](std::int64_t i, int) { sums[static_cast<std::size_t>(i)] += i; });
  }
  for (std::int64_t i = 0; i < 8; ++i) {
    EXPECT_EQ(sums[static_cast<std::size_t>(i)], 2000 * i);
  }
}

TEST(ThreadPool, RethrowsTheErrorOfAUnitAndStaysUsable) {
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    for (int round = 0; round < 50; ++round) {
      try {
        pool.run(100, [](std::int64_t i, int) {
          if (i == 37) {
            fail(ErrorKind::kData, "unit {}", i);
          }
        });
        FAIL() << "no error came through";
      } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "unit 37");
      }
      std::atomic<std::int64_t> sum{0};
      pool.run(10, [&](std::int64_t i, int) { sum += i; });
      EXPECT_EQ(sum, 45);
    }
  }
}

TEST(ThreadPool, RefusesANonsensicalNumberOfThreads) {
  EXPECT_THROW(ThreadPool(-1), Error);
  EXPECT_THROW(ThreadPool(100000), Error);
  EXPECT_GE(ThreadPool(0).threads(), 1);
}

}  // namespace selfsame
