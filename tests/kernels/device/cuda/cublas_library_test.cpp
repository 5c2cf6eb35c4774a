// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/cuda/cublas_library.hpp"

#include <gtest/gtest.h>

#if defined(SELFSAME_CUBLAS)
#include <cstdlib>
#include <string>

namespace selfsame {
namespace {

TEST(CublasLibrary, ThatCannotBeLoadedIsAnErrorThatSaysSo) {
  if (cublas_loaded()) {
    GTEST_SKIP() << "cublas is loaded already";
  }
  setenv("SELFSAME_CUBLAS_LIBRARY", "/no/such/libcublas.so", 1);
  std::string text;
  try {
    static_cast<void>(cublas_library());
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDevice);
    text = error.what();
  }
  unsetenv("SELFSAME_CUBLAS_LIBRARY");
  EXPECT_EQ(text.find("cublas was asked for, but /no/such/libcublas.so cannot be loaded: "), 0u) << text;
  EXPECT_NE(text.find("SELFSAME_CUBLAS_LIBRARY"), std::string::npos) << text;
  EXPECT_FALSE(cublas_loaded());
}

}  // namespace
}  // namespace selfsame
#endif
