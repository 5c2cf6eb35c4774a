// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <list>
#include <memory>
#include <span>

#include "kernels/device/buffer.hpp"
#include "kernels/device/memory_plan.hpp"
#include "models/recon/reconstruction.hpp"

namespace selfsame {

/// One slice for a reconstruction, in the host's memory.
struct SliceInput {
  std::int64_t coils = 1, h = 0, w = 0, mask_h = 1;
  std::span<const std::complex<float>> kspace;  ///< (coils, h, w), zero outside the mask
  std::span<const float> mask;                  ///< (mask_h, w)
  std::span<const std::complex<float>> maps;    ///< (coils, h, w); empty where the network needs none
  std::int64_t centre_first = 0, centre_count = 0;
};

/// Runs a trained reconstruction network on slices of any size. Owns a copy of one lane's weights.
class Reconstructor {
 public:
  /// @param dtype  of the activations of the U-Nets inside, float or bf16
  Reconstructor(const ReconstructionModel& model, Stream& stream, DType dtype = DType::kF32);

  /// The weights, to be filled on the host by a checkpoint, then upload_weights; or by copy_weights.
  [[nodiscard]] Parameters& parameters() { return parameters_; }
  void upload_weights() { parameters_.to_device(stream_); }
  /// Takes the weights of one lane from memory of the stream's device.
  void copy_weights(const float* values, const float* buffers);

  /// On the host: the prediction in a domain, see ReconstructionDomain.
  [[nodiscard]] std::vector<float> predict(const SliceInput& slice, ReconstructionDomain domain);

  /// Takes the memory for slices of this shape now, so that a run's plan knows of it.
  void prepare(const SliceInput& slice, ReconstructionDomain domain) { (void)pass_for(slice, domain); }
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] const ReconstructionModel& model() const { return model_; }
  [[nodiscard]] Stream& stream() { return stream_; }

 private:
  struct Pass {  // a network planned for one shape and domain
    std::int64_t coils, h, w, mask_h;
    ReconstructionDomain domain;
    MemoryPlan plan;
    TensorView *kspace = nullptr, *maps = nullptr, *mask = nullptr;
    std::unique_ptr<ReconstructionNetwork> network;
  };
  Pass& pass_for(const SliceInput& slice, ReconstructionDomain domain);

  const ReconstructionModel& model_;
  Stream& stream_;
  DType dtype_;
  Parameters parameters_;
  std::list<Pass> passes_;  // most recently used first
};

}  // namespace selfsame
