// SPDX-License-Identifier: Apache-2.0
#include "engine/config/suggest.hpp"

#include <gtest/gtest.h>

namespace selfsame {
namespace {

TEST(Suggest, DistanceCountsSingleEdits) {
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("abc", "abc"), 0);
  EXPECT_EQ(edit_distance("abc", "acb"), 1);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
  EXPECT_EQ(edit_distance("ca", "abc"), 3);
}

TEST(Suggest, NamesAllThatAreEquallyNear) {
  EXPECT_EQ(did_you_mean("beta3", {"beta1", "beta2", "lr"}), "did you mean \"beta1\" or \"beta2\"?");
  EXPECT_EQ(did_you_mean("Every-Steps", {"every_steps", "every_epochs"}), "did you mean \"every_steps\"?");
  EXPECT_EQ(did_you_mean("zebra", {"lr", "seed"}), "");
  EXPECT_EQ(did_you_mean(std::string(1000, 'a'), {std::string(1000, 'b')}), "");
}

}  // namespace
}  // namespace selfsame
