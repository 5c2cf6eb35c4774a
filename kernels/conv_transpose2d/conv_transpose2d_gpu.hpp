// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

// The functions of the .cu files of this folder. Private to it.

namespace selfsame {

SELFSAME_DECLARE_GPU(
    /// bf16 or tf32 products with mma.sync and fp32 sums; float tensors are rounded to tf32.
    namespace conv_transpose2d_tensor_core {
      void forward(TensorView y, ConstTensorView x, ConstParameterView w, Stream & stream);
      void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream & stream);
      void backward_weight(ParameterView dw, ConstTensorView dy, ConstTensorView x, Stream & stream);
    }
    /// float with plain multiply-adds.
    namespace conv_transpose2d_direct {
      void forward(TensorView y, ConstTensorView x, ConstParameterView w, Stream & stream);
      void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream & stream);
      void backward_weight(ParameterView dw, ConstTensorView dy, ConstTensorView x, Stream & stream);
    }
    /// The large image with the four taps of a pixel next to each other: rows (N * H * W, K, 4) of the
    /// tensor's type, one for every pixel of the small image. `gather` reads y, `scatter` overwrites it.
    namespace conv_transpose2d_rows {
      void gather(void* rows, ConstTensorView y, Stream& stream);
      void scatter(TensorView y, const void* rows, Stream& stream);
    })

}  // namespace selfsame
