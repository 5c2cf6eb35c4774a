// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/standardize/standardize.hpp"

// The functions of standardize_gpu.cu. Private to this folder.

namespace selfsame {

inline constexpr int kStandardizePiece = 4096;  // pixels of a block; part of the result's bits

SELFSAME_DECLARE_GPU(namespace standardize_op {
  void forward(TensorView y, TensorView mean, TensorView std, ConstTensorView x, const StandardizeOptions& o,
               Stream& stream);
  void backward(TensorView dx, ConstTensorView dy, ConstTensorView y, ConstTensorView std,
                ConstTensorView dmean, ConstTensorView dstd, const StandardizeOptions& o, Stream& stream);
  void back_forward(TensorView z, ConstTensorView y, ConstTensorView mean, ConstTensorView std,
                    const StandardizeOptions& o, Stream& stream);
  void back_backward(TensorView dy, TensorView dmean, TensorView dstd, ConstTensorView dz, ConstTensorView y,
                     ConstTensorView std, const StandardizeOptions& o, Stream& stream);
})

}  // namespace selfsame
