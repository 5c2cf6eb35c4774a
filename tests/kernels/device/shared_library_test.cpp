// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/shared_library.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <string>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr const char* kVariable = "SELFSAME_TEST_LIBRARY";

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDevice);
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

TEST(SharedLibrary, ThatIsNotThereIsAnErrorThatSaysWhatWasAskedForAndWhy) {
  const std::string text = message_of([] {
    const SharedLibrary library({"cudnn", kVariable, {"libselfsame_absent.so.9", "libselfsame_absent.so"}});
  });
  EXPECT_EQ(text.find("cudnn was asked for, but libselfsame_absent.so.9 cannot be loaded: "), 0u) << text;
  EXPECT_NE(text.find("libselfsame_absent.so: "), std::string::npos) << text;
  EXPECT_NE(text.find(kVariable), std::string::npos) << text;
}

TEST(SharedLibrary, IsTheFirstThatCanBeLoaded) {
  const SharedLibrary library({"mathematics", kVariable, {"libselfsame_absent.so", "libm.so.6"}});
  EXPECT_EQ(library.name(), "libm.so.6");
  double (*cube_root)(double) = nullptr;
  library.find(cube_root, "cbrt");
  EXPECT_DOUBLE_EQ(cube_root(27.0), 3.0);
}

TEST(SharedLibrary, IsThatOfTheEnvironmentIfItNamesOne) {
  setenv(kVariable, "/no/such/library.so", 1);
  const std::string text = message_of([] {
    const SharedLibrary library({"mathematics", kVariable, {"libm.so.6"}});
  });
  unsetenv(kVariable);
  EXPECT_EQ(text.find("mathematics was asked for, but /no/such/library.so cannot be loaded: "), 0u) << text;
}

TEST(SharedLibrary, WithoutTheFunctionIsAnErrorThatNamesBoth) {
  const SharedLibrary library({"mathematics", kVariable, {"libm.so.6"}});
  const std::string text = message_of([&] {
    void (*absent)() = nullptr;
    library.find(absent, "selfsame_absent");
  });
  EXPECT_EQ(text.find("mathematics was asked for, but libm.so.6 has no function selfsame_absent: "), 0u)
      << text;
}

}  // namespace
}  // namespace selfsame
