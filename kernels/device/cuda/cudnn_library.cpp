// SPDX-License-Identifier: Apache-2.0
// Not yet run on a GPU.
#include "kernels/device/cuda/cudnn_library.hpp"

#include <atomic>
#include <map>
#include <mutex>

#include "kernels/device/shared_library.hpp"

namespace selfsame {
namespace {

std::atomic<bool> g_loaded{false};

CudnnLibrary load() {
  // Never unloaded: handles live to the end of the process.
  static const SharedLibrary library({"cudnn", "SELFSAME_CUDNN_LIBRARY", {"libcudnn.so.9", "libcudnn.so"}});
  CudnnLibrary functions;
#define SELFSAME_FIND(name) library.find(functions.name, #name);
  SELFSAME_CUDNN_FUNCTIONS(SELFSAME_FIND)
#undef SELFSAME_FIND
  if (const std::size_t version = functions.cudnnGetVersion(); version / 10000 != CUDNN_MAJOR) {
    fail(ErrorKind::kDevice, "cudnn was asked for, but {} is version {}, this binary was built for {}.{}",
         library.name(), version, CUDNN_MAJOR, CUDNN_MINOR);
  }
  g_loaded = true;
  return functions;
}

}  // namespace

const CudnnLibrary& cudnn_library() {
  static const CudnnLibrary library = load();
  return library;
}

bool cudnn_loaded() { return g_loaded; }

void cudnn_check(cudnnStatus_t status, const char* call) {
  if (status != CUDNN_STATUS_SUCCESS) {
    fail(ErrorKind::kDevice, "{}: {} (status {})", call, cudnn_library().cudnnGetErrorString(status),
         static_cast<int>(status));
  }
}

cudnnHandle_t cudnn_handle(Stream& stream) {
  static std::mutex lock;
  static std::map<void*, cudnnHandle_t> handles;  // by queue; kept, a queue at the same address takes it over
  const CudnnLibrary& library = cudnn_library();
  const std::scoped_lock guard(lock);
  cudnnHandle_t& handle = handles[stream.queue().native()];
  if (handle == nullptr) {
    SELFSAME_CHECK(!stream.queue().capturing(), "cudnn: first used on a stream while it records a graph");
    cudnn_check(library.cudnnCreate(&handle), "cudnnCreate");
  }
  cudnn_check(library.cudnnSetStream(handle, static_cast<cudaStream_t>(stream.queue().native())),
              "cudnnSetStream");
  return handle;
}

}  // namespace selfsame
