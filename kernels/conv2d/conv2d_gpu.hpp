// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/conv2d/conv2d_gpu_plan.hpp"
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

// The functions of the conv2d_*.cu files. Private to this folder.

#define SELFSAME_CONV2D_PASSES                                                                               \
  void forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b, Stream& stream); \
  void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream);               \
  void backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,            \
                       Stream& stream);

/// Forward with a tile of kConvTiles instead of the plan's: for tests of tiles that only large shapes choose.
#define SELFSAME_CONV2D_WITH_TILE                                                                     \
  void forward_with_tile(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b, \
                         int tile, Stream& stream);

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace conv2d_tensor_core{SELFSAME_CONV2D_PASSES SELFSAME_CONV2D_WITH_TILE})
SELFSAME_DECLARE_GPU(namespace conv2d_direct{SELFSAME_CONV2D_PASSES})
SELFSAME_DECLARE_GPU(namespace conv2d_planes{SELFSAME_CONV2D_PASSES})
SELFSAME_DECLARE_GPU(namespace conv2d_tensor_core_tf32{SELFSAME_CONV2D_PASSES SELFSAME_CONV2D_WITH_TILE})

}  // namespace selfsame
