// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/grouped_difference.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/verify/distributions.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {

TEST(GroupedDifference, IsStudentsTestPerGroupWithHolm) {
  GroupedDifference groups({"low", "high", "equal"});
  const double low[] = {1, 2, 3, 4, 5}, high[] = {1, -1, 2, -2, 0.5};
  for (int m = 0; m < 5; ++m) {
    groups.add(std::vector<double>{low[m], high[m], 0.0}, std::vector<double>{10.0, -4.0, 1.0});
  }
  const auto result = groups.groups();
  // Mean 3, variance 2.5: t = 3 / sqrt(2.5 / 5).
  EXPECT_DOUBLE_EQ(result[0].mean, 3.0);
  EXPECT_NEAR(result[0].t, 3 / std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(result[0].p_value, student_t_two_sided(3 / std::sqrt(0.5), 4), 1e-14);
  EXPECT_NEAR(result[0].p_holm, 3 * result[0].p_value, 1e-14);
  EXPECT_DOUBLE_EQ(result[0].relative, 0.3);
  EXPECT_NEAR(result[0].relative_upper, 0.3 + student_t_quantile(0.975, 4) * std::sqrt(0.5) / 10, 1e-12);
  EXPECT_DOUBLE_EQ(result[1].relative, 0.1 / 4) << "of the size of the supervised value";
  EXPECT_EQ(result[2].p_value, 1.0);
  EXPECT_EQ(result[2].relative, 0.0);
}

TEST(GroupedDifference, NamesWhatIsWrong) {
  EXPECT_THROW(GroupedDifference({}), Error);
  GroupedDifference groups({"low", "high"});
  EXPECT_THROW(groups.add(std::vector<double>{1.0}, std::vector<double>{1.0}), Error);
  try {
    groups.add(std::vector<double>{1.0, NAN}, std::vector<double>{1.0, 1.0});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("high"), std::string::npos);
  }
  EXPECT_EQ(groups.draws(), 0);
  EXPECT_THROW((void)groups.groups(), Error);
}

}  // namespace selfsame
