// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>

#include "kernels/device/memory_plan.hpp"
#include "kernels/device/stream.hpp"
#include "models/common/parameters.hpp"

namespace selfsame {

/// The part of a training step that knows what is trained: from a batch to the gradients of the parameters.
/// Denoising (DenoisingPass) and accelerated MRI (KSpacePass) are two. The step adds what every training
/// needs: clipping, the optimiser, the search for what diverged.
class TrainingPass {
 public:
  virtual ~TrainingPass() = default;
  [[nodiscard]] virtual std::int64_t lanes() const = 0;  ///< L
  [[nodiscard]] virtual std::int64_t batch() const = 0;  ///< B, samples per lane
  [[nodiscard]] virtual ParameterTable parameters() const = 0;

  /// Builds the network and declares every tensor. Called once; plan and parameters outlive the pass.
  virtual void plan(MemoryPlan& plan, Parameters& parameters, Stream& stream) = 0;
  /// Called when the plan has been allocated: takes the memory that is not in the plan.
  virtual void take_memory(Stream& stream) = 0;

  /// Enqueues everything from the batch in the host's memory to the gradients, which it adds to. Allocates
  /// nothing and does nothing on the host that depends on results: a GPU records it once and repeats it.
  /// @param sample_losses  L*B entries in the device's memory, overwritten
  virtual void enqueue(std::span<double> sample_losses, Stream& stream) = 0;
};

}  // namespace selfsame
