// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/gpu/launch_shape.hpp"

#include <gtest/gtest.h>

#include <string>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

/// What check_launch says about a shape, or empty.
std::string refusal(const LaunchShape& shape) {
  try {
    check_launch("kernel", shape);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInternal);
    return error.what();
  }
  return {};
}

TEST(LaunchShape, AllowsTheLargestLaunches) {
  EXPECT_EQ(refusal({}), "");
  EXPECT_EQ(refusal({{2147483647, 65535, 65535}, {1024, 1, 1}, 227 * 1024}), "");
  EXPECT_EQ(refusal({{1}, {1, 1024}}), "");
  EXPECT_EQ(refusal({{1}, {4, 4, 64}}), "");
}

TEST(LaunchShape, NamesTheValueThatIsTooLargeOrTooSmall) {
  struct Case {
    LaunchShape shape;
    const char* text;
  };
  const Case cases[] = {
      {{{1}, {0}}, "block.x is 0, allowed are 1 to 1024"},
      {{{1}, {1025}}, "block.x is 1025, allowed are 1 to 1024"},
      {{{1}, {1, 1025}}, "block.y is 1025"},
      {{{1}, {1, 1, 65}}, "block.z is 65, allowed are 1 to 64"},
      {{{1}, {32, 33}}, "the number of threads in a block is 1056"},
      {{{0}, {32}}, "grid.x is 0"},
      {{{-1}, {32}}, "grid.x is -1"},
      {{{2147483648}, {32}}, "grid.x is 2147483648, allowed are 1 to 2147483647"},
      {{{1, 65536}, {32}}, "grid.y is 65536, allowed are 1 to 65535"},
      {{{1, 1, 65536}, {32}}, "grid.z is 65536"},
      {{{1}, {32}, 227 * 1024 + 1}, "232449 bytes of shared memory, allowed are 232448"},
  };
  for (const Case& c : cases) {
    EXPECT_NE(refusal(c.shape).find(c.text), std::string::npos) << refusal(c.shape);
  }
}

TEST(LaunchShape, ErrorsNameTheKernelAndThePlaceOfTheLaunch) {
  const std::string text = refusal({{1}, {0}});
  EXPECT_NE(text.find("launch_shape_test.cpp:"), std::string::npos) << text;
  EXPECT_NE(text.find("launch of kernel: "), std::string::npos) << text;
}

TEST(LaunchShape, BlocksCoverWhatTheyAreFor) {
  EXPECT_EQ(blocks_for(0, 128), 0);
  EXPECT_EQ(blocks_for(1, 128), 1);
  EXPECT_EQ(blocks_for(128, 128), 1);
  EXPECT_EQ(blocks_for(129, 128), 2);
}

}  // namespace
}  // namespace selfsame
