// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/elementwise.hpp"
#include "kernels/device/gpu/gpu_versions.hpp"

// What instance and batch normalisation share on a GPU: both normalise over groups of samples, of one sample
// or of a lane's. Private to the two ops.

namespace selfsame {

/// mean.shape.n is the number of groups; gamma, beta and the running statistics may be empty.
struct NormForward {
  TensorView y, mean, r;
  ConstTensorView x;
  ConstParameterView gamma, beta;
  ParameterView running_mean, running_var;
  double eps, momentum, slope;
};

struct NormBackward {
  TensorView dx;
  ParameterView dgamma, dbeta;
  ConstTensorView dy, x, mean, r;
  ConstParameterView gamma, beta;
  double slope;
};

/// float or bf16 with 8 channels to the block.
[[nodiscard]] inline bool norm_runs_on_gpu(const ElementwiseProblem& p) {
  return elementwise::is_gpu_flat(p) && p.block == 8;
}
/// Scratch bytes of the larger pass: partial sums of every piece of every plane, and totals.
[[nodiscard]] std::size_t norm_gpu_workspace(const Shape4& x, int block, std::int64_t split);

SELFSAME_DECLARE_GPU(namespace norm_plane {
  void forward(const NormForward& call, Stream& stream);
  /// The same with the running statistics, of one lane per group, in place of the batch's.
  void forward_running(const NormForward& call, Stream& stream);
  void backward(const NormBackward& call, Stream& stream);
})

}  // namespace selfsame
