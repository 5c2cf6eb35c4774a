// SPDX-License-Identifier: Apache-2.0
#include "mri/simulation/bessel.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/source_tree.hpp"

namespace selfsame {

TEST(Bessel, MatchesMpmath) {
  const auto data = nlohmann::json::parse(std::ifstream(source_root() / "tests/fixtures/bessel.json"));
  const auto x = data.at("x").get<std::vector<double>>(), j1 = data.at("j1").get<std::vector<double>>();
  ASSERT_GE(x.size(), 200u);
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_NEAR(bessel_j1(x[i]), j1[i], 1e-15) << x[i];
    EXPECT_EQ(bessel_j1(-x[i]), -bessel_j1(x[i])) << "J1 is odd, " << x[i];
    if (x[i] > 0 && x[i] < 1) {
      EXPECT_NEAR(bessel_j1(x[i]) / j1[i], 1.0, 1e-15) << x[i];
    }
  }
}

TEST(Bessel, OverItsArgumentIsContinuousAtZero) {
  EXPECT_EQ(bessel_j1_over_x(0.0), 0.5);
  for (const double x : {1e-300, 1e-9, 1.01e-8, 1e-6}) {
    EXPECT_NEAR(bessel_j1_over_x(x), 0.5 - x * x / 16, 1e-15) << x;
  }
}

}  // namespace selfsame
