// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv2d/conv2d.hpp"

#include <algorithm>

#include "kernels/conv2d/conv2d_cudnn.hpp"
#include "kernels/conv2d/conv2d_gpu.hpp"
#include "kernels/conv2d/conv2d_versions.hpp"
#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"

namespace selfsame {
namespace {

#define SELFSAME_PASSES(space, version, supports, device) \
  {#version,                                              \
   supports,                                              \
   space::conv2d_##version::forward,                      \
   space::conv2d_##version::backward_data,                \
   space::conv2d_##version::backward_weight,              \
   device},
#define SELFSAME_ENTRIES(space, device)                                    \
  SELFSAME_PASSES(space, tensor_core, conv2d_tensor_core_supports, device) \
  SELFSAME_PASSES(space, direct, conv2d_direct_supports, device)           \
  SELFSAME_PASSES(space, planes, conv2d_planes_supports, device)           \
  /* Behind the exact versions of fp32: only when it is asked for. */      \
  SELFSAME_PASSES(space, tensor_core_tf32, conv2d_tensor_core_tf32_supports, device)

using Avx512 = conv2d_cpu::Version<Isa::kAvx512, avx512::conv2d_kernels>;
using Avx2 = conv2d_cpu::Version<Isa::kAvx2, avx2::conv2d_kernels>;
using Baseline = conv2d_cpu::Version<Isa::kBaseline, baseline::conv2d_kernels>;
using WinogradAvx512 =
    conv2d_winograd::Version<Isa::kAvx512, avx512::conv2d_kernels, avx512::winograd_kernels>;
using WinogradAvx2 = conv2d_winograd::Version<Isa::kAvx2, avx2::conv2d_kernels, avx2::winograd_kernels>;

// Best first, reference last. oneDNN stands behind our own kernels: its weight gradient depends on the
// threads. cuDNN stands behind them because it runs only when it is asked for.
constexpr Conv2dImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRIES)
#if defined(SELFSAME_AMX)
        conv2d_tiled::Version<amx_available, amx_tile_kernels>::entry("amx_bf16"),
#endif
    conv2d_widened::Version<Isa::kAvx512, Avx512, WinogradAvx512, avx512::widen_kernels>::entry(
        "avx512_widened"),
    conv2d_widened::Version<Isa::kAvx2, Avx2, WinogradAvx2, avx2::widen_kernels>::entry("avx2_widened"),
    conv2d_widened::Version<Isa::kBaseline, Baseline, conv2d_widened::NoWinograd,
                            baseline::widen_kernels>::entry("baseline_widened"),
    WinogradAvx512::entry("winograd_avx512"),
    WinogradAvx2::entry("winograd_avx2"),
    Avx512::entry("avx512"),
    Avx2::entry("avx2"),
    Baseline::entry("baseline"),
    // For tests and to find errors: amx_bf16 in plain C++. Never chosen, the baseline stands before it.
    conv2d_tiled::Version<conv2d_tiled::always, emulated_tile_kernels>::entry("amx_emulated"),
#if defined(SELFSAME_ONEDNN)
    {"onednn", conv2d_onednn::supports, conv2d_onednn::forward, conv2d_onednn::backward_data,
     conv2d_onednn::backward_weight},
#endif
#if defined(SELFSAME_CUDNN)
    {"cudnn", conv2d_cudnn::supports, conv2d_cudnn::forward, conv2d_cudnn::backward_data,
     conv2d_cudnn::backward_weight, DeviceKind::kCuda},
#endif
    {"reference", conv2d_reference::supports, conv2d_reference::forward, conv2d_reference::backward_data,
     conv2d_reference::backward_weight},
};

ConvShape check(ConstTensorView y, ConstTensorView x, ConstParameterView w) {
  const std::int64_t filter = w.dims[2];
  SELFSAME_CHECK(filter == w.dims[3] && (filter == 1 || filter == 3), "filter {}x{}, expected 1x1 or 3x3",
                 filter, w.dims[3]);
  SELFSAME_CHECK(x.shape.n == y.shape.n && x.shape.h == y.shape.h && x.shape.w == y.shape.w,
                 "input {} and output {} differ in N, H or W", x.shape.text(), y.shape.text());
  SELFSAME_CHECK(w.dims[0] == y.shape.c && w.dims[1] == x.shape.c,
                 "weights ({}, {}, {}, {}) for input {} and output {}", w.dims[0], w.dims[1], w.dims[2],
                 w.dims[3], x.shape.text(), y.shape.text());
  SELFSAME_CHECK(w.lanes > 0 && x.shape.n % w.lanes == 0, "{} samples in {} lanes", x.shape.n, w.lanes);
  const DType network = x.dtype == DType::kBF16 || y.dtype == DType::kBF16 ? DType::kBF16 : x.dtype;
  SELFSAME_CHECK(x.dtype == activation_type(network, x.block) &&
                     y.dtype == activation_type(network, y.block) && w.dtype == parameter_type(network),
                 "types of input, output and weights {} block {}, {} block {}, {}", name_of(x.dtype), x.block,
                 name_of(y.dtype), y.block, name_of(w.dtype));
  SELFSAME_CHECK(y.split == 0, "the output of a convolution is one part, got split {}", y.split);
  return {w.lanes, x.shape.n, x.shape.c, y.shape.c, x.shape.h, x.shape.w, static_cast<int>(filter),
          network, x.block,   y.block,   x.split};
}

void check_bias(ConstParameterView b, ConstParameterView w) {
  SELFSAME_CHECK(b.empty() || (b.lanes == w.lanes && b.dims[0] == w.dims[0] && b.dtype == w.dtype),
                 "bias ({}, {}) for weights ({}, {}, ...)", b.lanes, b.dims[0], w.lanes, w.dims[0]);
}

}  // namespace

std::size_t conv2d_workspace(const ConvShape& shape, int threads, DeviceKind device) {
  if (device != DeviceKind::kCpu) {
#if defined(SELFSAME_CUDNN)
    if (device == DeviceKind::kCuda && conv2d_cudnn::in_use()) {
      return std::max(conv2d_gpu_workspace(shape), conv2d_cudnn::workspace(shape));
    }
#endif
    return conv2d_gpu_workspace(shape);
  }
  return std::max({conv2d_tiled::supports(shape) ? conv2d_tiled::workspace(shape, threads) : 0,
                   conv2d_widened::supports(shape) ? conv2d_widened::workspace(shape, threads) : 0,
                   conv2d_cpu::supports(shape) ? conv2d_cpu::workspace(shape, threads) : 0,
                   conv2d_winograd::supports(shape) ? conv2d_winograd::workspace(shape, threads) : 0});
}

std::span<const Conv2dImplementation> conv2d_implementations() { return kImplementations; }

void conv2d_forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b,
                    Stream& stream) {
  const OpRange range(stream, "conv2d.forward");
  const ConvShape shape = check(y, x, w);
  check_bias(b, w);
  select_implementation("conv2d", conv2d_implementations(), shape, stream).forward(y, x, w, b, stream);
}

void conv2d_backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
  const OpRange range(stream, "conv2d.backward_data");
  const ConvShape shape = check(dy, dx, w);
  select_implementation("conv2d", conv2d_implementations(), shape, stream).backward_data(dx, dy, w, stream);
}

void conv2d_backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                            Stream& stream) {
  const OpRange range(stream, "conv2d.backward_weight");
  const ConvShape shape = check(dy, x, dw);
  check_bias(db, dw);
  select_implementation("conv2d", conv2d_implementations(), shape, stream)
      .backward_weight(dw, db, dy, x, stream);
}

}  // namespace selfsame
