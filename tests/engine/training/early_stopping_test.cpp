// SPDX-License-Identifier: Apache-2.0
#include "engine/training/early_stopping.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/base/error.hpp"

namespace selfsame {

TEST(EarlyStopping, StopsAfterPatienceValidationsWithoutEnoughGain) {
  EarlyStopping stopping(3, 0.1);
  const double metrics[] = {20.0, 20.2, 20.25, 20.2, 20.35, 20.4, std::nan(""), 20.44};
  const bool stops[] = {false, false, false, false, false, false, false, true};
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(stopping.on_validation(metrics[i], true), stops[i]) << i;
  }
}

TEST(EarlyStopping, NanIsNeverBetterAndEveryNumberBeatsIt) {
  EarlyStopping stopping(2, 0.0);
  EXPECT_FALSE(stopping.on_validation(std::nan(""), false));
  EXPECT_FALSE(stopping.on_validation(5.0, false));
  EXPECT_FALSE(stopping.on_validation(std::nan(""), false));
  EXPECT_FALSE(stopping.on_validation(4.0, false));
  EXPECT_FALSE(stopping.on_validation(4.0, false));
  EXPECT_TRUE(stopping.on_validation(4.0, false));
}

TEST(EarlyStopping, PatienceZeroNeverStops) {
  EarlyStopping stopping(0, 0.0);
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(stopping.on_validation(-i, true));
  }
}

TEST(EarlyStopping, RestoredStateGoesOn) {
  EarlyStopping first(3, 0.0), second(3, 0.0);
  first.on_validation(1.0, true);
  first.on_validation(0.5, true);
  second.restore(first.state());
  EXPECT_EQ(second.state(), first.state());
  EXPECT_FALSE(second.on_validation(0.9, true));
  EXPECT_TRUE(second.on_validation(0.9, true));
  EXPECT_THROW(second.restore({{"best", 1.0}}), Error);
  EXPECT_THROW(EarlyStopping(-1, 0.0), Error);
  EXPECT_THROW(EarlyStopping(1, std::nan("")), Error);
}

}  // namespace selfsame
