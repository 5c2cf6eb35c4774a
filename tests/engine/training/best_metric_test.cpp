// SPDX-License-Identifier: Apache-2.0
#include "engine/training/best_metric.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/base/error.hpp"

namespace selfsame {

TEST(BestMetric, EveryNumberBeatsNoneAndNanBeatsNothing) {
  BestMetric best;
  EXPECT_FALSE(best.offer(std::nan(""), true));
  EXPECT_FALSE(best.known);
  EXPECT_TRUE(best.offer(-std::numeric_limits<double>::infinity(), true));
  EXPECT_TRUE(best.offer(-5.0, true));
  EXPECT_FALSE(best.offer(std::nan(""), true));
  EXPECT_FALSE(best.offer(-5.0, true));
  EXPECT_EQ(best.value, -5.0);
}

TEST(BestMetric, TheMarginMustBeExceeded) {
  BestMetric high{true, 1.0}, low{true, 1.0};
  EXPECT_FALSE(high.offer(1.25, true, 0.25));
  EXPECT_TRUE(high.offer(1.5, true, 0.25));
  EXPECT_FALSE(low.offer(0.75, false, 0.25));
  EXPECT_TRUE(low.offer(0.5, false, 0.25));
}

TEST(BestMetric, StateEntryNamesWhatIsMissing) {
  EXPECT_EQ(state_entry({{"bad", 3.0}}, "bad"), 3.0);
  EXPECT_THROW(static_cast<void>(state_entry({{"bad", 3.0}}, "best")), Error);
}

}  // namespace selfsame
