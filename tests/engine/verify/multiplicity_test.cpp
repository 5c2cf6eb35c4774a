// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/multiplicity.hpp"

#include <gtest/gtest.h>

namespace selfsame {

TEST(Multiplicity, HolmByHand) {
  const std::vector<double> p{0.01, 0.04, 0.03, 0.9};
  const std::vector<double> expected{0.04, 0.09, 0.09, 0.9};
  const std::vector<double> adjusted = holm_adjusted(p);
  for (std::size_t i = 0; i < p.size(); ++i) {
    EXPECT_DOUBLE_EQ(adjusted[i], expected[i]);
  }
  EXPECT_TRUE(holm_adjusted({}).empty());
}

}  // namespace selfsame
