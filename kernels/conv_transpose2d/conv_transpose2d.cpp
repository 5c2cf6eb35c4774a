// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv_transpose2d/conv_transpose2d.hpp"

#include <algorithm>

#include "kernels/conv_transpose2d/conv_transpose2d_cublas.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d_gpu.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d_plan.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d_versions.hpp"
#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"

namespace selfsame {
namespace {

#define SELFSAME_ENTRY(name, supports, version, device) \
  {                                                     \
      name,                                             \
      conv_transpose2d_gpu::supports,                   \
      version::forward,                                 \
      version::backward_data,                           \
      version::backward_weight,                         \
      device},
#define SELFSAME_ENTRIES(space, device)                                                            \
  SELFSAME_ENTRY("tensor_core", supports_tensor_core, space::conv_transpose2d_tensor_core, device) \
  SELFSAME_ENTRY("direct", supports_float, space::conv_transpose2d_direct, device)                 \
  SELFSAME_ENTRY("tensor_core_tf32", supports_float, space::conv_transpose2d_tensor_core, device)

using Avx512 = conv_transpose2d_cpu::Version<Isa::kAvx512, avx512::conv2d_kernels>;
using Avx2 = conv_transpose2d_cpu::Version<Isa::kAvx2, avx2::conv2d_kernels>;
using Baseline = conv_transpose2d_cpu::Version<Isa::kBaseline, baseline::conv2d_kernels>;

// Best first, reference last. Versions that run only when they are asked for stand behind one that
// supports the same: tf32 because it is less exact than float, cuBLAS because it needs a library.
constexpr ConvTranspose2dImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRIES)
#if defined(SELFSAME_CUBLAS)
        {"cublas", conv_transpose2d_cublas::supports, conv_transpose2d_cublas::forward,
         conv_transpose2d_cublas::backward_data, conv_transpose2d_cublas::backward_weight, DeviceKind::kCuda},
#endif
#if defined(SELFSAME_AMX)
    conv_transpose2d_tiled::Version<amx_available, amx_tile_kernels>::entry("amx_bf16"),
#endif
    conv_transpose2d_widened::Version<Isa::kAvx512, Avx512, avx512::widen_kernels>::entry("avx512_widened"),
    conv_transpose2d_widened::Version<Isa::kAvx2, Avx2, avx2::widen_kernels>::entry("avx2_widened"),
    conv_transpose2d_widened::Version<Isa::kBaseline, Baseline, baseline::widen_kernels>::entry(
        "baseline_widened"),
    Avx512::entry("avx512"),
    Avx2::entry("avx2"),
    Baseline::entry("baseline"),
    // For tests and to find errors: amx_bf16 in plain C++. Never chosen, the baseline stands before it.
    conv_transpose2d_tiled::Version<conv_transpose2d_tiled::always, emulated_tile_kernels>::entry(
        "amx_emulated"),
    {"reference", conv_transpose2d_reference::supports, conv_transpose2d_reference::forward,
     conv_transpose2d_reference::backward_data, conv_transpose2d_reference::backward_weight},
};

ConvTransposeShape check(ConstTensorView y, ConstTensorView x, ConstParameterView w) {
  SELFSAME_CHECK(w.dims[2] == 2 && w.dims[3] == 2, "filter {}x{}, expected 2x2", w.dims[2], w.dims[3]);
  SELFSAME_CHECK(x.shape.n == y.shape.n && y.shape.h == 2 * x.shape.h && y.shape.w == 2 * x.shape.w,
                 "input {} and output {}: the output must be twice the size", x.shape.text(), y.shape.text());
  SELFSAME_CHECK(w.dims[0] == x.shape.c && w.dims[1] == y.shape.c,
                 "weights ({}, {}, {}, {}) for input {} and output {}", w.dims[0], w.dims[1], w.dims[2],
                 w.dims[3], x.shape.text(), y.shape.text());
  SELFSAME_CHECK(w.lanes > 0 && x.shape.n % w.lanes == 0, "{} samples in {} lanes", x.shape.n, w.lanes);
  SELFSAME_CHECK(x.dtype == y.dtype && w.dtype == parameter_type(x.dtype), "types {} {} {}", name_of(x.dtype),
                 name_of(y.dtype), name_of(w.dtype));
  SELFSAME_CHECK(y.split == 0, "the output of a transposed convolution is one part, got split {}", y.split);
  ConvTransposeShape shape;
  shape.lanes = w.lanes;
  shape.samples = x.shape.n;
  shape.c = x.shape.c;
  shape.k = y.shape.c;
  shape.h = x.shape.h;
  shape.w = x.shape.w;
  shape.dtype = x.dtype;
  shape.x_block = x.block;
  shape.y_block = y.block;
  shape.x_split = x.split;
  return shape;
}

const ConvTranspose2dImplementation& select(const ConvTransposeShape& shape, const Stream& stream) {
  return select_implementation("conv_transpose2d", conv_transpose2d_implementations(), shape, stream);
}

}  // namespace

std::span<const ConvTranspose2dImplementation> conv_transpose2d_implementations() { return kImplementations; }

std::size_t conv_transpose2d_workspace(const ConvTransposeShape& shape, DeviceKind device) {
  if (device != DeviceKind::kCpu) {
#if defined(SELFSAME_CUBLAS)
    if (device == DeviceKind::kCuda && conv_transpose2d_cublas::in_use()) {
      return std::max(conv_transpose2d_gpu::workspace(shape), conv_transpose2d_cublas::workspace(shape));
    }
#endif
    return conv_transpose2d_gpu::workspace(shape);
  }
  return std::max({conv_transpose2d_tiled::supports(shape) ? conv_transpose2d_tiled::workspace(shape) : 0,
                   conv_transpose2d_widened::supports(shape) ? conv_transpose2d_widened::workspace(shape) : 0,
                   conv_transpose2d_cpu::supports(shape) ? conv_transpose2d_cpu::workspace(shape) : 0});
}

void conv_transpose2d_forward(TensorView y, ConstTensorView x, ConstParameterView w, Stream& stream) {
  const OpRange range(stream, "conv_transpose2d.forward");
  select(check(y, x, w), stream).forward(y, x, w, stream);
}

void conv_transpose2d_backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
  const OpRange range(stream, "conv_transpose2d.backward_data");
  select(check(dy, dx, w), stream).backward_data(dx, dy, w, stream);
}

void conv_transpose2d_backward_weight(ParameterView dw, ConstTensorView dy, ConstTensorView x,
                                      Stream& stream) {
  const OpRange range(stream, "conv_transpose2d.backward_weight");
  select(check(dy, x, dw), stream).backward_weight(dw, dy, x, stream);
}

}  // namespace selfsame
