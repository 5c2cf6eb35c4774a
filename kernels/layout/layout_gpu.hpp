// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

// The function of layout_gpu.cu. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace layout { void convert(TensorView y, ConstTensorView x, Stream & stream); })

}  // namespace selfsame
