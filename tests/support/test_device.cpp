// SPDX-License-Identifier: Apache-2.0
// Before any test: on a device that cannot be used every test is skipped, or fails if REQUIRE_GPU=1 asks so.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "tests/support/op_contract.hpp"

namespace selfsame::contract {
namespace {

class TestDevice final : public testing::Environment {
 public:
  void SetUp() override {
    const std::string why = why_unavailable(test_device());
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

[[maybe_unused]] testing::Environment* const registered = testing::AddGlobalTestEnvironment(new TestDevice);

}  // namespace
}  // namespace selfsame::contract
