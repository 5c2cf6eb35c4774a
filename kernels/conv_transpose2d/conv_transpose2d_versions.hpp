// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/conv2d/conv2d_kernels.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d.hpp"

// The versions that conv_transpose2d.cpp lists. Private to this folder and its tests.

namespace selfsame::conv_transpose2d_reference {
bool supports(const ConvTransposeShape& shape);
void forward(TensorView y, ConstTensorView x, ConstParameterView w, Stream& stream);
void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream);
void backward_weight(ParameterView dw, ConstTensorView dy, ConstTensorView x, Stream& stream);
}  // namespace selfsame::conv_transpose2d_reference

namespace selfsame::conv_transpose2d_cpu {
/// fp32, blocks of 16 on both sides.
bool supports(const ConvTransposeShape& shape);
std::size_t workspace(const ConvTransposeShape& shape);
void forward(const Conv2dKernels& kernels, TensorView y, ConstTensorView x, ConstParameterView w,
             Stream& stream);
void backward_data(const Conv2dKernels& kernels, TensorView dx, ConstTensorView dy, ConstParameterView w,
                   Stream& stream);
void backward_weight(const Conv2dKernels& kernels, ParameterView dw, ConstTensorView dy, ConstTensorView x,
                     Stream& stream);

/// The version for one instruction set, as static functions that fit the list.
template <Isa kIsa, const Conv2dKernels& (*kKernels)()>
struct Version {
  static bool supports(const ConvTransposeShape& shape) {
    return isa_available(kIsa) && conv_transpose2d_cpu::supports(shape);
  }
  static void forward(TensorView y, ConstTensorView x, ConstParameterView w, Stream& stream) {
    conv_transpose2d_cpu::forward(kKernels(), y, x, w, stream);
  }
  static void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
    conv_transpose2d_cpu::backward_data(kKernels(), dx, dy, w, stream);
  }
  static void backward_weight(ParameterView dw, ConstTensorView dy, ConstTensorView x, Stream& stream) {
    conv_transpose2d_cpu::backward_weight(kKernels(), dw, dy, x, stream);
  }
  static constexpr ConvTranspose2dImplementation entry(const char* name) {
    return {name, supports, forward, backward_data, backward_weight};
  }
};
}  // namespace selfsame::conv_transpose2d_cpu
