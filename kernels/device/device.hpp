// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <memory>
#include <string>

namespace selfsame {

enum class DeviceKind {
  kCpu,        ///< host memory, threads
  kCuda,       ///< an NVIDIA GPU
  kSimulated,  ///< the CUDA kernels, run thread by thread on the host (docs/simulated-device.md)
};
[[nodiscard]] const char* name_of(DeviceKind device);

class Queue;

/// Work that was recorded once and can be repeated: a CUDA graph, or its likeness on the other devices. The
/// addresses and arguments are those of the recording.
class Graph {
 public:
  virtual ~Graph() = default;
  /// Appends the whole recording to the queue it was recorded from.
  virtual void launch() = 0;
};

enum class CopyKind { kToDevice, kToHost, kOnDevice };

/// Work of one stream in the order in which it was given. On the CPU everything is done at once; elsewhere a
/// call returns before the work is done, and host memory that takes part in a copy must stay until
/// synchronize().
class Queue {
 public:
  virtual ~Queue() = default;
  virtual void copy(void* to, const void* from, std::size_t bytes, CopyKind kind) = 0;
  virtual void fill(void* to, unsigned char value, std::size_t bytes) = 0;
  /// Waits for all work. Errors: Error(kDevice) of any work since the last call, naming the kernel.
  virtual void synchronize() = 0;
  /// From here on work is recorded and not done. Errors: Error(kInternal) if it records already.
  virtual void begin_capture() = 0;
  [[nodiscard]] virtual std::unique_ptr<Graph> end_capture() = 0;
  [[nodiscard]] virtual bool capturing() const = 0;
  /// The stream handle of the device's own interface: cudaStream_t, or null.
  [[nodiscard]] virtual void* native() { return nullptr; }
};

/// One kind of device: its memory and its queues.
class Device {
 public:
  virtual ~Device() = default;
  [[nodiscard]] virtual DeviceKind kind() const = 0;
  /// "NVIDIA H200, 139 GiB, driver 13.0, sm_90".
  [[nodiscard]] virtual std::string description() const = 0;
  /// Zero-filled memory of the device on a 256-byte boundary (CPU: 64). Null if it cannot be had.
  [[nodiscard]] virtual void* allocate(std::size_t bytes) = 0;
  virtual void release(void* data, std::size_t bytes) noexcept = 0;
  /// Zero-filled host memory that copies to and from the device without a detour (page-locked).
  [[nodiscard]] virtual void* allocate_staging(std::size_t bytes) = 0;
  virtual void release_staging(void* data, std::size_t bytes) noexcept = 0;
  [[nodiscard]] virtual std::unique_ptr<Queue> make_queue() = 0;
  /// Tells a profiler that waits for it (nsys, ncu) to begin or end recording.
  virtual void set_profiling(bool) {}
  /// Bytes that could be allocated now.
  [[nodiscard]] virtual std::size_t free_bytes() const = 0;
};

/// The device of this kind. Errors: Error(kDevice) with the reason if this binary has none or none answers.
[[nodiscard]] Device& device_of(DeviceKind kind);
/// Empty if the device can be used, else why not: "built without CUDA", "no NVIDIA driver", ...
[[nodiscard]] std::string why_unavailable(DeviceKind kind);
[[nodiscard]] inline bool device_available(DeviceKind kind) { return why_unavailable(kind).empty(); }

}  // namespace selfsame
