// SPDX-License-Identifier: Apache-2.0
// The simulated device: memory that the host cannot touch, and queues that work at synchronize() only.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <utility>

#include "kernels/base/error.hpp"
#include "kernels/device/device_backends.hpp"
#include "kernels/device/sim/device_memory.hpp"
#include "kernels/device/sim/simulated_queue.hpp"

namespace selfsame {
namespace simulated {
namespace {

/// One queue works at a time in the process, and device memory is open only meanwhile.
class Working {
 public:
  Working() : lock_(mutex()) { DeviceMemory::instance().open(); }
  ~Working() { DeviceMemory::instance().close(); }
  Working(const Working&) = delete;
  Working& operator=(const Working&) = delete;

 private:
  static std::mutex& mutex() {
    static std::mutex the_mutex;
    return the_mutex;
  }
  std::unique_lock<std::mutex> lock_;
};

void check_device_range(const char* what, const void* data, std::size_t bytes) {
  if (const std::string why = DeviceMemory::instance().why_outside(data, bytes); !why.empty()) {
    fail(ErrorKind::kDevice, "{} of {} bytes on the simulated device: {}", what, bytes, why);
  }
}

void check_host_range(const char* what, const void* data) {
  if (DeviceMemory::instance().in_range(data)) {
    fail(ErrorKind::kDevice, "{} on the simulated device: {} was given as host memory and is device memory",
         what, data);
  }
}

void copy_now(void* to, const void* from, std::size_t bytes, CopyKind kind) {
  if (kind == CopyKind::kToHost) {
    check_host_range("download", to);
  } else {
    check_device_range(kind == CopyKind::kToDevice ? "upload" : "copy to", to, bytes);
  }
  if (kind == CopyKind::kToDevice) {
    check_host_range("upload", from);
  } else {
    check_device_range(kind == CopyKind::kToHost ? "download" : "copy from", from, bytes);
  }
  std::memmove(to, from, bytes);
}

void run_checked(const Launch& launch) {
  run_kernel(launch);
  if (const std::string damage = DeviceMemory::instance().damage(); !damage.empty()) {
    fail(ErrorKind::kDevice, "kernel {} (launched at {}:{}): device memory {}", launch.name.name,
         launch.name.where.file_name(), launch.name.where.line(), damage);
  }
}

}  // namespace

class SimulatedQueue::RecordedGraph final : public Graph {
 public:
  RecordedGraph(WorkList work, std::weak_ptr<WorkList> queue)
      : work_(std::move(work)), queue_(std::move(queue)) {}
  void launch() override {
    const std::shared_ptr<WorkList> queue = queue_.lock();
    SELFSAME_CHECK(queue != nullptr, "the queue that the graph was recorded from is gone");
    queue->insert(queue->end(), work_.begin(), work_.end());
  }

 private:
  WorkList work_;
  std::weak_ptr<WorkList> queue_;
};

SimulatedQueue::SimulatedQueue() = default;
SimulatedQueue::~SimulatedQueue() = default;

void SimulatedQueue::add(std::function<void()> work) {
  (capturing_ ? recording_ : *pending_)
      .push_back(std::make_shared<const std::function<void()>>(std::move(work)));
}

void SimulatedQueue::copy(void* to, const void* from, std::size_t bytes, CopyKind kind) {
  if (bytes > 0) {
    add([=] { copy_now(to, from, bytes, kind); });
  }
}

void SimulatedQueue::fill(void* to, unsigned char value, std::size_t bytes) {
  if (bytes > 0) {
    add([=] {
      check_device_range("fill", to, bytes);
      std::memset(to, value, bytes);
    });
  }
}

void SimulatedQueue::launch(Launch launch) {
  add([launch = std::move(launch)] { run_checked(launch); });
}

void SimulatedQueue::synchronize() {
  SELFSAME_CHECK(!capturing_, "synchronize() while the queue records");
  const WorkList work = std::exchange(*pending_, {});
  if (work.empty()) {
    return;
  }
  const Working working;
  for (const Work& item : work) {
    (*item)();
  }
}

void SimulatedQueue::begin_capture() {
  SELFSAME_CHECK(!capturing_, "the queue records already");
  capturing_ = true;
}

std::unique_ptr<Graph> SimulatedQueue::end_capture() {
  SELFSAME_CHECK(capturing_, "the queue does not record");
  capturing_ = false;
  return std::make_unique<RecordedGraph>(std::exchange(recording_, {}), pending_);
}

void enqueue_kernel(const LaunchName& name, const LaunchShape& shape, Stream& stream,
                    const std::vector<const void*>& pointers, std::shared_ptr<const KernelCall> call) {
  SELFSAME_CHECK(stream.device() == DeviceKind::kSimulated, "{} launched on device {}", name.name,
                 name_of(stream.device()));
  SELFSAME_CHECK(!called_by_kernel(), "{} launched by a kernel", name.name);
  check_launch(name, shape);
  for (std::size_t i = 0; i < pointers.size(); ++i) {
    if (pointers[i] != nullptr && !DeviceMemory::instance().in_range(pointers[i])) {
      fail(ErrorKind::kDevice, "{}:{}: launch of {}: pointer argument {} ({}) is not device memory",
           name.where.file_name(), name.where.line(), name.name, i + 1, pointers[i]);
    }
  }
  static_cast<SimulatedQueue&>(stream.queue()).launch({name, shape, std::move(call)});
}

namespace {

class SimulatedDevice final : public Device {
 public:
  [[nodiscard]] DeviceKind kind() const override { return DeviceKind::kSimulated; }
  [[nodiscard]] std::string description() const override {
    return fmt::format("simulated GPU on the host, {} GiB", DeviceMemory::kCapacity >> 30);
  }
  [[nodiscard]] void* allocate(std::size_t bytes) override {
    return DeviceMemory::instance().allocate(bytes);
  }
  void release(void* data, std::size_t) noexcept override { DeviceMemory::instance().release(data); }
  [[nodiscard]] void* allocate_staging(std::size_t bytes) override {
    constexpr std::size_t kAlignment = 64;
    const std::size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    auto* const data = static_cast<std::byte*>(std::aligned_alloc(kAlignment, rounded));
    if (data != nullptr) {
      std::fill_n(data, rounded, std::byte{0});
    }
    return data;
  }
  void release_staging(void* data, std::size_t) noexcept override { std::free(data); }
  [[nodiscard]] std::unique_ptr<Queue> make_queue() override { return std::make_unique<SimulatedQueue>(); }
  [[nodiscard]] std::size_t free_bytes() const override { return DeviceMemory::instance().free_bytes(); }
};

}  // namespace
}  // namespace simulated

Device& simulated_device() {
  static auto* const device = new simulated::SimulatedDevice();  // never destroyed, as the other devices
  return *device;
}

}  // namespace selfsame
