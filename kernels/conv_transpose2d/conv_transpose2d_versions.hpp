// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/conv2d/conv2d_kernels.hpp"
#include "kernels/conv2d/tile_kernels.hpp"
#include "kernels/conv2d/widened.hpp"
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

namespace selfsame::conv_transpose2d_widened {
/// bf16, blocks of 32 on both sides.
bool supports(const ConvTransposeShape& shape);
std::size_t workspace(const ConvTransposeShape& shape);
void forward(const ConvTranspose2dImplementation& in_float, const WidenKernels& kernels, TensorView y,
             ConstTensorView x, ConstParameterView w, Stream& stream);
void backward_data(const ConvTranspose2dImplementation& in_float, const WidenKernels& kernels, TensorView dx,
                   ConstTensorView dy, ConstParameterView w, Stream& stream);
void backward_weight(const ConvTranspose2dImplementation& in_float, const WidenKernels& kernels,
                     ParameterView dw, ConstTensorView dy, ConstTensorView x, Stream& stream);

/// The version for one instruction set: tensors are widened to float in scratch and computed by Direct; the
/// result is rounded once.
template <Isa kIsa, typename Direct, const WidenKernels& (*kWiden)()>
struct Version {
  static constexpr ConvTranspose2dImplementation kFloat = Direct::entry("direct");
  static bool supports(const ConvTransposeShape& shape) {
    return isa_available(kIsa) && conv_transpose2d_widened::supports(shape);
  }
  static void forward(TensorView y, ConstTensorView x, ConstParameterView w, Stream& stream) {
    conv_transpose2d_widened::forward(kFloat, kWiden(), y, x, w, stream);
  }
  static void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
    conv_transpose2d_widened::backward_data(kFloat, kWiden(), dx, dy, w, stream);
  }
  static void backward_weight(ParameterView dw, ConstTensorView dy, ConstTensorView x, Stream& stream) {
    conv_transpose2d_widened::backward_weight(kFloat, kWiden(), dw, dy, x, stream);
  }
  static constexpr ConvTranspose2dImplementation entry(const char* name) {
    return {name, supports, forward, backward_data, backward_weight};
  }
};
}  // namespace selfsame::conv_transpose2d_widened

namespace selfsame::conv_transpose2d_tiled {
/// bf16, blocks of 32 on both sides. Filters are rounded to bf16; sums are in float.
bool supports(const ConvTransposeShape& shape);
std::size_t workspace(const ConvTransposeShape& shape);
void forward(const TileKernels& kernels, TensorView y, ConstTensorView x, ConstParameterView w,
             Stream& stream);
void backward_data(const TileKernels& kernels, TensorView dx, ConstTensorView dy, ConstParameterView w,
                   Stream& stream);
void backward_weight(const TileKernels& kernels, ParameterView dw, ConstTensorView dy, ConstTensorView x,
                     Stream& stream);

/// The version for the processor's tiles or the emulated ones, as static functions that fit the list.
template <bool (*kAvailable)(), const TileKernels& (*kKernels)()>
struct Version {
  static bool supports(const ConvTransposeShape& shape) {
    return kAvailable() && conv_transpose2d_tiled::supports(shape);
  }
  static void forward(TensorView y, ConstTensorView x, ConstParameterView w, Stream& stream) {
    conv_transpose2d_tiled::forward(kKernels(), y, x, w, stream);
  }
  static void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
    conv_transpose2d_tiled::backward_data(kKernels(), dx, dy, w, stream);
  }
  static void backward_weight(ParameterView dw, ConstTensorView dy, ConstTensorView x, Stream& stream) {
    conv_transpose2d_tiled::backward_weight(kKernels(), dw, dy, x, stream);
  }
  static constexpr ConvTranspose2dImplementation entry(const char* name) {
    return {name, supports, forward, backward_data, backward_weight};
  }
};
inline bool always() { return true; }
}  // namespace selfsame::conv_transpose2d_tiled
