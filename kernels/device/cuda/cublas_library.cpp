// SPDX-License-Identifier: Apache-2.0
// Not yet run on a GPU.
#include "kernels/device/cuda/cublas_library.hpp"

#include <atomic>
#include <map>
#include <mutex>

#include "kernels/device/shared_library.hpp"

namespace selfsame {
namespace {

std::atomic<bool> g_loaded{false};

CublasLibrary load() {
  // Never unloaded: handles live to the end of the process. The major version is that of the toolkit whose
  // headers this was built with; the functions used are the same in both.
  static const SharedLibrary library({"cublas",
                                      "SELFSAME_CUBLAS_LIBRARY",
                                      {fmt::format("libcublas.so.{}", CUBLAS_VER_MAJOR), "libcublas.so.13",
                                       "libcublas.so.12", "libcublas.so"}});
  CublasLibrary functions;
#define SELFSAME_FIND(name) library.find(functions.name, #name);
  SELFSAME_CUBLAS_FUNCTIONS(SELFSAME_FIND)
#undef SELFSAME_FIND
  library.find(functions.cublasGemmEx, "cublasGemmEx");
  library.find(functions.cublasGemmStridedBatchedEx, "cublasGemmStridedBatchedEx");
  g_loaded = true;
  return functions;
}

}  // namespace

const CublasLibrary& cublas_library() {
  static const CublasLibrary library = load();
  return library;
}

bool cublas_loaded() { return g_loaded; }

void cublas_check(cublasStatus_t status, const char* call) {
  if (status != CUBLAS_STATUS_SUCCESS) {
    fail(ErrorKind::kDevice, "{}: {} (status {})", call, cublas_library().cublasGetStatusString(status),
         static_cast<int>(status));
  }
}

cublasHandle_t cublas_handle(Stream& stream, void* workspace, std::size_t bytes) {
  static std::mutex lock;
  static std::map<void*, cublasHandle_t>
      handles;  // by queue; kept, a queue at the same address takes it over
  const CublasLibrary& library = cublas_library();
  const std::scoped_lock guard(lock);
  cublasHandle_t& handle = handles[stream.queue().native()];
  if (handle == nullptr) {
    SELFSAME_CHECK(!stream.queue().capturing(), "cublas: first used on a stream while it records a graph");
    cublas_check(library.cublasCreate_v2(&handle), "cublasCreate");
  }
  cublas_check(library.cublasSetStream_v2(handle, static_cast<cudaStream_t>(stream.queue().native())),
               "cublasSetStream");
  cublas_check(library.cublasSetWorkspace_v2(handle, workspace, bytes), "cublasSetWorkspace");
  return handle;
}

}  // namespace selfsame
