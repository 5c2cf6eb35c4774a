// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/hotelling.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/base/error.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame {
namespace {

nlohmann::json stored() {
  return nlohmann::json::parse(std::ifstream(source_root() / "tests/fixtures/statistics.json"))
      .at("hotelling");
}

TEST(Hotelling, MatchesNumpy) {
  const auto data = stored();
  std::vector<double> rows;
  for (const auto& row : data.at("rows")) {
    rows.insert(rows.end(), row.begin(), row.end());
  }
  const HotellingResult result = hotelling(rows, 3);
  EXPECT_EQ(result.dimensions, 3);
  EXPECT_NEAR(result.t_squared, data.at("t_squared").get<double>(), 1e-9);
  EXPECT_NEAR(result.correction, data.at("correction").get<double>(), 1e-9);
  EXPECT_GT(result.correction, 1.001) << "the rows are skewed";
  EXPECT_NEAR(result.p_value, data.at("p_value").get<double>(), 1e-9);

  // A sum of two components and a component that is always 0 add nothing.
  std::vector<double> wider;
  for (std::size_t m = 0; m < rows.size() / 3; ++m) {
    const double a = rows[3 * m], b = rows[3 * m + 1], c = rows[3 * m + 2];
    wider.insert(wider.end(), {1e6 * a, a + b, 0.0, b, c});
  }
  const HotellingResult same = hotelling(wider, 5);
  EXPECT_EQ(same.dimensions, 3);
  EXPECT_NEAR(same.p_value, result.p_value, 1e-8);
}

TEST(Hotelling, ConstantComponentsDecideAlone) {
  const std::vector<double> zero(20), one(20, 0.5);
  EXPECT_EQ(hotelling(zero, 1).p_value, 1.0);
  EXPECT_EQ(hotelling(zero, 1).dimensions, 0);
  EXPECT_EQ(hotelling(one, 1).p_value, 0.0);
  EXPECT_THROW((void)hotelling(one, 20), Error);
}

}  // namespace
}  // namespace selfsame
