// SPDX-License-Identifier: Apache-2.0
// The CUDA device: memory from plain cudaMalloc, one stream per queue, stream capture for graphs, and the
// launch that kernels/device/cuda/cuda_words.cuh declares. Not yet run on a GPU.
#include <cuda_profiler_api.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "kernels/device/cuda/cuda_check.hpp"
#include "kernels/device/device_backends.hpp"
#include "kernels/device/gpu/launch_shape.hpp"
#include "kernels/device/stream.hpp"

namespace selfsame {
namespace {

/// SELFSAME_CHECKED=1: every launch is waited for, so that an error names the kernel that made it.
bool checked_mode() {
  static const bool checked = [] {
    const char* value = std::getenv("SELFSAME_CHECKED");
    return value != nullptr && std::string_view(value) == "1";
  }();
  return checked;
}

class CudaGraph final : public Graph {
 public:
  CudaGraph(cudaGraph_t graph, cudaStream_t stream) : stream_(stream) {
    const cudaError_t error = cudaGraphInstantiate(&executable_, graph, 0);
    cudaGraphDestroy(graph);
    cuda_check(error, "cudaGraphInstantiate");
  }
  ~CudaGraph() override { cudaGraphExecDestroy(executable_); }
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;
  void launch() override { cuda_check(cudaGraphLaunch(executable_, stream_), "cudaGraphLaunch"); }

 private:
  cudaGraphExec_t executable_ = nullptr;
  cudaStream_t stream_;
};

class CudaQueue final : public Queue {
 public:
  CudaQueue() {
    cuda_check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  }
  ~CudaQueue() override { cudaStreamDestroy(stream_); }
  CudaQueue(const CudaQueue&) = delete;
  CudaQueue& operator=(const CudaQueue&) = delete;

  void copy(void* to, const void* from, std::size_t bytes, CopyKind kind) override {
    const cudaMemcpyKind direction = kind == CopyKind::kToDevice ? cudaMemcpyHostToDevice
                                     : kind == CopyKind::kToHost ? cudaMemcpyDeviceToHost
                                                                 : cudaMemcpyDeviceToDevice;
    if (bytes > 0) {
      cuda_check(cudaMemcpyAsync(to, from, bytes, direction, stream_), "cudaMemcpyAsync");
    }
  }
  void fill(void* to, unsigned char value, std::size_t bytes) override {
    if (bytes > 0) {
      cuda_check(cudaMemsetAsync(to, value, bytes, stream_), "cudaMemsetAsync");
    }
  }
  void synchronize() override { cuda_check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize"); }
  void begin_capture() override {
    SELFSAME_CHECK(!capturing_, "the queue records already");
    cuda_check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
    capturing_ = true;
  }
  std::unique_ptr<Graph> end_capture() override {
    SELFSAME_CHECK(capturing_, "the queue does not record");
    capturing_ = false;
    cudaGraph_t graph = nullptr;
    cuda_check(cudaStreamEndCapture(stream_, &graph), "cudaStreamEndCapture");
    return std::make_unique<CudaGraph>(graph, stream_);
  }
  [[nodiscard]] bool capturing() const override { return capturing_; }
  [[nodiscard]] void* native() override { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
  bool capturing_ = false;
};

class CudaDevice final : public Device {
 public:
  [[nodiscard]] DeviceKind kind() const override { return DeviceKind::kCuda; }
  [[nodiscard]] std::string description() const override {
    cudaDeviceProp p{};
    int driver = 0;
    cuda_check(cudaGetDeviceProperties(&p, 0), "cudaGetDeviceProperties");
    cuda_check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
    return fmt::format("{}, {} GiB, driver for CUDA {}.{}, sm_{}{}", p.name, p.totalGlobalMem >> 30,
                       driver / 1000, driver % 1000 / 10, p.major, p.minor);
  }
  [[nodiscard]] void* allocate(std::size_t bytes) override {
    void* data = nullptr;
    if (cudaMalloc(&data, bytes) != cudaSuccess) {
      static_cast<void>(cudaGetLastError());  // running out of memory is not sticky
      return nullptr;
    }
    cuda_check(cudaMemset(data, 0, bytes), "cudaMemset");
    cuda_check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    return data;
  }
  void release(void* data, std::size_t) noexcept override { cudaFree(data); }
  [[nodiscard]] void* allocate_staging(std::size_t bytes) override {
    void* data = nullptr;
    if (cudaMallocHost(&data, bytes) != cudaSuccess) {
      static_cast<void>(cudaGetLastError());
      return nullptr;
    }
    std::fill_n(static_cast<std::byte*>(data), bytes, std::byte{0});
    return data;
  }
  void release_staging(void* data, std::size_t) noexcept override { cudaFreeHost(data); }
  [[nodiscard]] std::unique_ptr<Queue> make_queue() override { return std::make_unique<CudaQueue>(); }
  void set_profiling(bool on) override {
    cuda_check(on ? cudaProfilerStart() : cudaProfilerStop(), "cudaProfilerStart or Stop");
  }
  [[nodiscard]] std::size_t free_bytes() const override {
    std::size_t available = 0, total = 0;
    cuda_check(cudaMemGetInfo(&available, &total), "cudaMemGetInfo");
    return available;
  }
};

std::string find_device() {
  int count = 0;
  if (const cudaError_t error = cudaGetDeviceCount(&count); error != cudaSuccess) {
    return fmt::format("no NVIDIA GPU answers ({})", cudaGetErrorString(error));
  }
  if (count == 0) {
    return "no NVIDIA GPU in this machine";
  }
  cudaDeviceProp p{};
  if (cudaGetDeviceProperties(&p, 0) != cudaSuccess || p.major < 8) {
    return fmt::format("{} is sm_{}{}; sm_80 (Ampere) or newer is needed", p.name, p.major, p.minor);
  }
  return {};
}

}  // namespace

void cuda_check(cudaError_t error, const char* call) {
  if (error != cudaSuccess) {
    fail(ErrorKind::kDevice, "{}: {} ({})", call, cudaGetErrorString(error), cudaGetErrorName(error));
  }
}

std::string cuda_unavailable() {
  static const std::string why = find_device();
  return why;
}

Device& cuda_device() {
  static auto* const device = new CudaDevice();  // never destroyed: buffers of static storage outlive it
  return *device;
}

namespace cuda {

/// Declared in cuda_words.cuh, which a host compiler cannot read.
void launch_raw(const LaunchName& name, const void* kernel, const LaunchShape& shape, Stream& stream,
                void** arguments);

void launch_raw(const LaunchName& name, const void* kernel, const LaunchShape& shape, Stream& stream,
                void** arguments) {
  constexpr std::size_t kWithoutAsking = 48 * 1024;
  SELFSAME_CHECK(stream.device() == DeviceKind::kCuda, "{} launched on device {}", name.name,
                 name_of(stream.device()));
  check_launch(name, shape);
  const auto size = [](const LaunchShape::Size& s) {
    return dim3(static_cast<unsigned>(s.x), static_cast<unsigned>(s.y), static_cast<unsigned>(s.z));
  };
  const auto check = [&](cudaError_t error) {
    if (error != cudaSuccess) {
      fail(ErrorKind::kDevice, "{}:{}: launch of {} ({}x{}x{} blocks of {}x{}x{} threads, {} bytes): {} ({})",
           name.where.file_name(), name.where.line(), name.name, shape.grid.x, shape.grid.y, shape.grid.z,
           shape.block.x, shape.block.y, shape.block.z, shape.shared_bytes, cudaGetErrorString(error),
           cudaGetErrorName(error));
    }
  };
  if (shape.shared_bytes > kWithoutAsking) {
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(shape.shared_bytes)));
  }
  check(cudaLaunchKernel(kernel, size(shape.grid), size(shape.block), arguments, shape.shared_bytes,
                         static_cast<cudaStream_t>(stream.queue().native())));
  if (checked_mode() && !stream.queue().capturing()) {
    check(cudaStreamSynchronize(static_cast<cudaStream_t>(stream.queue().native())));
  }
}

}  // namespace cuda
}  // namespace selfsame
