// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/cuda/cudnn_library.hpp"

#include <gtest/gtest.h>

#if defined(SELFSAME_CUDNN)
#include <cstdlib>
#include <string>

namespace selfsame {
namespace {

TEST(CudnnLibrary, ThatCannotBeLoadedIsAnErrorThatSaysSo) {
  if (cudnn_loaded()) {
    GTEST_SKIP() << "cudnn is loaded already";
  }
  setenv("SELFSAME_CUDNN_LIBRARY", "/no/such/libcudnn.so", 1);
  std::string text;
  try {
    static_cast<void>(cudnn_library());
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDevice);
    text = error.what();
  }
  unsetenv("SELFSAME_CUDNN_LIBRARY");
  EXPECT_EQ(text.find("cudnn was asked for, but /no/such/libcudnn.so cannot be loaded: "), 0u) << text;
  EXPECT_NE(text.find("SELFSAME_CUDNN_LIBRARY"), std::string::npos) << text;
  EXPECT_FALSE(cudnn_loaded());
}

}  // namespace
}  // namespace selfsame
#endif
