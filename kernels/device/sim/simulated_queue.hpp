// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "kernels/device/device.hpp"
#include "kernels/device/sim/sim_state.hpp"
#include "kernels/device/stream.hpp"

namespace selfsame::simulated {

/// Work is kept until synchronize(), however much there is: what a host reads before that is what was there
/// before, so that a missing synchronize() shows.
class SimulatedQueue final : public Queue {
 public:
  SimulatedQueue();
  ~SimulatedQueue() override;
  void copy(void* to, const void* from, std::size_t bytes, CopyKind kind) override;
  void fill(void* to, unsigned char value, std::size_t bytes) override;
  /// After an error the rest of the work is dropped and the queue can be used again.
  void synchronize() override;
  void begin_capture() override;
  [[nodiscard]] std::unique_ptr<Graph> end_capture() override;
  [[nodiscard]] bool capturing() const override { return capturing_; }

  void launch(Launch launch);

 private:
  class RecordedGraph;
  using Work = std::shared_ptr<const std::function<void()>>;
  using WorkList = std::vector<Work>;
  void add(std::function<void()> work);

  std::shared_ptr<WorkList> pending_ = std::make_shared<WorkList>();  // graphs add to it
  WorkList recording_;
  bool capturing_ = false;
};

/// What launch() of kernels/device/sim/sim_words.cuh does when the types are known. `pointers` are those
/// among the arguments. Errors: Error(kInternal) if the stream is of another device or the shape is refused,
/// Error(kDevice) if a pointer is not device memory.
void enqueue_kernel(const LaunchName& name, const LaunchShape& shape, Stream& stream,
                    const std::vector<const void*>& pointers, std::shared_ptr<const KernelCall> call);

}  // namespace selfsame::simulated
