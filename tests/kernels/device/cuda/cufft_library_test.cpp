// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/cuda/cufft_library.hpp"

#include <gtest/gtest.h>

#if defined(SELFSAME_CUFFT)
#include <cstdlib>
#include <string>

namespace selfsame {
namespace {

TEST(CufftLibrary, ThatCannotBeLoadedIsAnErrorThatSaysSo) {
  if (cufft_loaded()) {
    GTEST_SKIP() << "cufft is loaded already";
  }
  setenv("SELFSAME_CUFFT_LIBRARY", "/no/such/libcufft.so", 1);
  std::string text;
  try {
    static_cast<void>(cufft_library());
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDevice);
    text = error.what();
  }
  unsetenv("SELFSAME_CUFFT_LIBRARY");
  EXPECT_EQ(text.find("cufft was asked for, but /no/such/libcufft.so cannot be loaded: "), 0u) << text;
  EXPECT_NE(text.find("SELFSAME_CUFFT_LIBRARY"), std::string::npos) << text;
  EXPECT_FALSE(cufft_loaded());
}

}  // namespace
}  // namespace selfsame
#endif
