// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "kernels/base/error.hpp"
#include "kernels/device/buffer.hpp"
#include "kernels/device/device.hpp"
#include "kernels/device/thread_pool.hpp"

namespace selfsame {

class OpProfile;

/// Where ops run: device, threads, scratch memory, and which implementation of an op was asked for by name.
/// Passed last to every op; there is no global one. All pointers that an op is given (tensors, parameters,
/// spans) are memory of the stream's device, and on a GPU its results are there after synchronize() only.
class Stream {
 public:
  /// @param threads of the CPU; 0 = all cores this process may use. Errors: Error(kDevice) if the device
  /// cannot be used.
  explicit Stream(DeviceKind device = DeviceKind::kCpu, int threads = 0)
      : device_(device), pool_(threads), queue_(device_of(device).make_queue()) {}

  [[nodiscard]] DeviceKind device() const { return device_; }
  [[nodiscard]] Queue& queue() { return *queue_; }
  /// Copies between host and device memory, in the order of the stream's work; see Queue for how long the
  /// host's memory must stay.
  void upload(void* to_device, const void* from_host, std::size_t bytes) {
    queue_->copy(to_device, from_host, bytes, CopyKind::kToDevice);
  }
  void download(void* to_host, const void* from_device, std::size_t bytes) {
    queue_->copy(to_host, from_device, bytes, CopyKind::kToHost);
  }
  void copy(void* to, const void* from, std::size_t bytes) {
    queue_->copy(to, from, bytes, CopyKind::kOnDevice);
  }
  void synchronize() { queue_->synchronize(); }
  [[nodiscard]] ThreadPool& pool() { return pool_; }

  /// Asks for an implementation by name ("reference", "avx2", "onednn", ...) for one op, or for all with op =
  /// "*".
  void request(std::string_view op, std::string_view implementation);
  /// The requested name for this op, or empty: the best that supports the problem.
  [[nodiscard]] std::string_view requested(std::string_view op) const;

  /// Makes at least `bytes` of scratch memory available to ops. Called when a plan is made, never within a
  /// step.
  void reserve_workspace(std::size_t bytes);
  [[nodiscard]] std::size_t workspace_bytes() const { return workspace_.bytes(); }

  /// Where ops add their time (kernels/device/op_range.hpp); null = they do not measure.
  void set_profile(OpProfile* profile) { profile_ = profile; }
  [[nodiscard]] OpProfile* profile() const { return profile_; }

 private:
  friend class Scratch;
  DeviceKind device_;
  ThreadPool pool_;
  std::unique_ptr<Queue> queue_;
  Buffer workspace_;
  std::size_t workspace_used_ = 0;
  OpProfile* profile_ = nullptr;
  std::map<std::string, std::string, std::less<>> requests_;
};

/// Scratch memory of one op call, taken from the stream's workspace and given back at the end of the scope.
/// Contents are undefined. Throws Error(kInternal) naming both sizes if the plan reserved too little.
class Scratch {
 public:
  explicit Scratch(Stream& stream) : stream_(stream), mark_(stream.workspace_used_) {}
  ~Scratch() { stream_.workspace_used_ = mark_; }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  template <typename T>
  [[nodiscard]] T* take(std::size_t count) {
    return static_cast<T*>(take_bytes(count * sizeof(T)));
  }
  /// What `take` of these bytes uses of the workspace.
  [[nodiscard]] static constexpr std::size_t rounded(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

 private:
  void* take_bytes(std::size_t bytes);
  Stream& stream_;
  std::size_t mark_;
};

}  // namespace selfsame
