// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/multiplicity.hpp"

#include <gtest/gtest.h>

#include "kernels/base/error.hpp"

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

TEST(Multiplicity, CauchyOfEqualValuesIsThatValue) {
  const std::vector<double> weights{0.5, 0.2, 0.3};
  for (const double p : {1e-200, 1e-16, 1e-9, 0.05, 0.5, 0.9}) {
    const std::vector<double> all(3, p);
    EXPECT_NEAR(cauchy_combination(all, weights) / p, 1.0, 1e-7) << p;
  }
  const std::vector<double> mixed{1e-8, 1.0, 0.5};
  EXPECT_NEAR(cauchy_combination(mixed, weights), 2e-8, 1e-12) << "led by the smallest, over its weight";
  const std::vector<double> certain{0.0, 1.0, 1.0};
  EXPECT_EQ(cauchy_combination(certain, weights), 0.0);
  const std::vector<double> wrong{1.5, 0.1, 0.1};
  EXPECT_THROW((void)cauchy_combination(wrong, weights), Error);
}

}  // namespace selfsame
