// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/conv2d/conv2d.hpp"
#include "kernels/conv2d/conv2d_kernels.hpp"
#include "kernels/conv2d/conv2d_winograd_kernels.hpp"
#include "kernels/conv2d/tile_kernels.hpp"
#include "kernels/conv2d/widened.hpp"

// The versions that conv2d.cpp lists. Private to this folder and its tests.

#if defined(SELFSAME_ONEDNN)
/// The yardstick. It keeps primitives and memory per shape behind a lock of the process, so a first call
/// allocates and calls of several streams take turns; its backward_weight differs in the last bits with the
/// number of threads.
namespace selfsame::conv2d_onednn {
/// fp32, blocks of 1 or 16; a concatenation only if its first part fills its blocks.
bool supports(const ConvShape& shape);
void forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b, Stream& stream);
void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream);
void backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                     Stream& stream);
}  // namespace selfsame::conv2d_onednn
#endif

namespace selfsame::conv2d_reference {
bool supports(const ConvShape& shape);
void forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b, Stream& stream);
void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream);
void backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                     Stream& stream);
}  // namespace selfsame::conv2d_reference

namespace selfsame::conv2d_cpu {
/// fp32; blocks of 16 on both sides, or planes (block 1, at most 16 channels) on one of them.
bool supports(const ConvShape& shape);
std::size_t workspace(const ConvShape& shape, int threads);
void forward(const Conv2dKernels& kernels, TensorView y, ConstTensorView x, ConstParameterView w,
             ConstParameterView b, Stream& stream);
void backward_data(const Conv2dKernels& kernels, TensorView dx, ConstTensorView dy, ConstParameterView w,
                   Stream& stream);
void backward_weight(const Conv2dKernels& kernels, ParameterView dw, ParameterView db, ConstTensorView dy,
                     ConstTensorView x, Stream& stream);

/// The version for one instruction set, as static functions that fit the list.
template <Isa kIsa, const Conv2dKernels& (*kKernels)()>
struct Version {
  static bool supports(const ConvShape& shape) { return isa_available(kIsa) && conv2d_cpu::supports(shape); }
  static void forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b,
                      Stream& stream) {
    conv2d_cpu::forward(kKernels(), y, x, w, b, stream);
  }
  static void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
    conv2d_cpu::backward_data(kKernels(), dx, dy, w, stream);
  }
  static void backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                              Stream& stream) {
    conv2d_cpu::backward_weight(kKernels(), dw, db, dy, x, stream);
  }
  static constexpr Conv2dImplementation entry(const char* name) {
    return {name, supports, forward, backward_data, backward_weight};
  }
};
}  // namespace selfsame::conv2d_cpu

namespace selfsame::conv2d_winograd {
/// fp32, 3x3, blocks of 16 and at least 16 channels on both sides, and images that are worth the transforms.
/// Says the same for any number of lanes and samples: a sample's bits must not depend on its company.
bool supports(const ConvShape& shape);
std::size_t workspace(const ConvShape& shape, int threads);
void forward(const Conv2dKernels& conv, const WinogradKernels& winograd, TensorView y, ConstTensorView x,
             ConstParameterView w, ConstParameterView b, Stream& stream);
void backward_data(const Conv2dKernels& conv, const WinogradKernels& winograd, TensorView dx,
                   ConstTensorView dy, ConstParameterView w, Stream& stream);
/// Floats that backward_weight takes from the workspace.
std::int64_t weight_floats(const ConvShape& shape, int threads);
void backward_weight(const Conv2dKernels& conv, const WinogradKernels& winograd, ParameterView dw,
                     ParameterView db, ConstTensorView dy, ConstTensorView x, Stream& stream);

/// The version for one instruction set, as static functions that fit the list.
template <Isa kIsa, const Conv2dKernels& (*kConv)(), const WinogradKernels& (*kWinograd)()>
struct Version {
  static bool supports(const ConvShape& shape) {
    return isa_available(kIsa) && conv2d_winograd::supports(shape);
  }
  static void forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b,
                      Stream& stream) {
    conv2d_winograd::forward(kConv(), kWinograd(), y, x, w, b, stream);
  }
  static void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
    conv2d_winograd::backward_data(kConv(), kWinograd(), dx, dy, w, stream);
  }
  static void backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                              Stream& stream) {
    conv2d_winograd::backward_weight(kConv(), kWinograd(), dw, db, dy, x, stream);
  }
  static constexpr Conv2dImplementation entry(const char* name) {
    return {name, supports, forward, backward_data, backward_weight};
  }
};
}  // namespace selfsame::conv2d_winograd

namespace selfsame::conv2d_widened {
/// bf16; blocks of 32 on both sides, or planes (block 1, at most 16 channels) on one of them.
bool supports(const ConvShape& shape);
std::size_t workspace(const ConvShape& shape, int threads);

/// A float version: its passes, by the direct method or by Winograd's where `by_winograd` says so.
struct FloatVersion {
  const Conv2dImplementation direct, winograd;
  const WidenKernels& (*widen)();
};
void forward(const FloatVersion& version, TensorView y, ConstTensorView x, ConstParameterView w,
             ConstParameterView b, Stream& stream);
void backward_data(const FloatVersion& version, TensorView dx, ConstTensorView dy, ConstParameterView w,
                   Stream& stream);
void backward_weight(const FloatVersion& version, ParameterView dw, ParameterView db, ConstTensorView dy,
                     ConstTensorView x, Stream& stream);

/// The version for one instruction set: tensors are widened to float in scratch and computed by Direct, or by
/// Winograd where that supports the shape; the result is rounded once.
template <Isa kIsa, typename Direct, typename Winograd, const WidenKernels& (*kWiden)()>
struct Version {
  static constexpr FloatVersion kFloat{Direct::entry("direct"), Winograd::entry("winograd"), kWiden};
  static bool supports(const ConvShape& shape) {
    return isa_available(kIsa) && conv2d_widened::supports(shape);
  }
  static void forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b,
                      Stream& stream) {
    conv2d_widened::forward(kFloat, y, x, w, b, stream);
  }
  static void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
    conv2d_widened::backward_data(kFloat, dx, dy, w, stream);
  }
  static void backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                              Stream& stream) {
    conv2d_widened::backward_weight(kFloat, dw, db, dy, x, stream);
  }
  static constexpr Conv2dImplementation entry(const char* name) {
    return {name, supports, forward, backward_data, backward_weight};
  }
};
/// No Winograd: for the portable baseline.
struct NoWinograd {
  static constexpr Conv2dImplementation entry(const char* name) {
    return {name, [](const ConvShape&) { return false; }, nullptr, nullptr, nullptr};
  }
};
}  // namespace selfsame::conv2d_widened

namespace selfsame::conv2d_tiled {
/// bf16, blocks of 32 on both sides. Filters are rounded to bf16; sums are in float.
bool supports(const ConvShape& shape);
std::size_t workspace(const ConvShape& shape, int threads);
void forward(const TileKernels& kernels, TensorView y, ConstTensorView x, ConstParameterView w,
             ConstParameterView b, Stream& stream);
void backward_data(const TileKernels& kernels, TensorView dx, ConstTensorView dy, ConstParameterView w,
                   Stream& stream);
void backward_weight(const TileKernels& kernels, ParameterView dw, ParameterView db, ConstTensorView dy,
                     ConstTensorView x, Stream& stream);

/// The version for the processor's tiles or the emulated ones, as static functions that fit the list.
template <bool (*kAvailable)(), const TileKernels& (*kKernels)()>
struct Version {
  static bool supports(const ConvShape& shape) { return kAvailable() && conv2d_tiled::supports(shape); }
  static void forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b,
                      Stream& stream) {
    conv2d_tiled::forward(kKernels(), y, x, w, b, stream);
  }
  static void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
    conv2d_tiled::backward_data(kKernels(), dx, dy, w, stream);
  }
  static void backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                              Stream& stream) {
    conv2d_tiled::backward_weight(kKernels(), dw, db, dy, x, stream);
  }
  static constexpr Conv2dImplementation entry(const char* name) {
    return {name, supports, forward, backward_data, backward_weight};
  }
};
inline bool always() { return true; }
}  // namespace selfsame::conv2d_tiled
