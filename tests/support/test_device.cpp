// SPDX-License-Identifier: Apache-2.0
// On a device that cannot be used every test is skipped, or fails if REQUIRE_GPU=1 asks so. Test by test, not
// once for all in an environment's SetUp: then gtest would count them as passed, and ctest with it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "tests/support/op_contract.hpp"

namespace selfsame::contract {
namespace {

class DeviceGuard final : public testing::EmptyTestEventListener {
 public:
  void OnTestStart(const testing::TestInfo&) override {
    static const std::string why = why_unavailable(test_device());
    if (why.empty()) {
      return;
    }
    const char* required = std::getenv("REQUIRE_GPU");
    if (required != nullptr && std::string_view(required) == "1") {
      FAIL() << "device " << name_of(test_device()) << ": " << why;
    }
    GTEST_SKIP() << "device " << name_of(test_device()) << ": " << why;
  }
};

[[maybe_unused]] const bool registered = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new DeviceGuard);  // gtest's from here on
  return true;
}();

}  // namespace
}  // namespace selfsame::contract
