// SPDX-License-Identifier: Apache-2.0
// Not yet run on a GPU.
#include "kernels/device/cuda/cufft_library.hpp"

#include <atomic>

#include "kernels/device/shared_library.hpp"

namespace selfsame {
namespace {

std::atomic<bool> g_loaded{false};

CufftLibrary load() {
  // Never unloaded: plans live to the end of the process. The major version is that of the toolkit whose
  // header this was built with (cuFFT counts apart from CUDA: 11 came with CUDA 12, 12 with CUDA 13); the
  // functions used are the same in both.
  static const SharedLibrary library(
      {"cufft",
       "SELFSAME_CUFFT_LIBRARY",
       {fmt::format("libcufft.so.{}", CUFFT_VER_MAJOR), "libcufft.so.12", "libcufft.so.11", "libcufft.so"}});
  CufftLibrary functions;
#define SELFSAME_FIND(name) library.find(functions.name, #name);
  SELFSAME_CUFFT_FUNCTIONS(SELFSAME_FIND)
#undef SELFSAME_FIND
  g_loaded = true;
  return functions;
}

}  // namespace

const CufftLibrary& cufft_library() {
  static const CufftLibrary library = load();
  return library;
}

bool cufft_loaded() { return g_loaded; }

void cufft_check(cufftResult status, const char* call) {
  if (status != CUFFT_SUCCESS) {
    fail(ErrorKind::kDevice, "{}: cufft status {}", call, static_cast<int>(status));
  }
}

}  // namespace selfsame
