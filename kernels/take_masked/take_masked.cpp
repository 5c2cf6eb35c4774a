// SPDX-License-Identifier: Apache-2.0
#include "kernels/take_masked/take_masked.hpp"

#include "kernels/device/elementwise.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/take_masked/take_masked_gpu.hpp"

namespace selfsame {
namespace {

void take_masked_cpu(TensorView y, ConstTensorView a, ConstTensorView mask, Stream& stream) {
  elementwise::for_dtype(y.dtype, [&](auto real) {
    using Real = decltype(real);
    const std::int64_t plane = y.plane(), channels = y.shape.c;
    stream.pool().run(y.shape.n * channels, [&](std::int64_t unit, int) {
      const Real* from = a.as<Real>() + unit * plane;
      const Real* m = mask.as<Real>() + unit / channels * plane;
      Real* to = y.as<Real>() + unit * plane;
      for (std::int64_t i = 0; i < plane; ++i) {
        to[i] = m[i] != Real{} ? from[i] : to[i];
      }
    });
  });
}

}  // namespace

void take_masked(TensorView y, ConstTensorView a, ConstTensorView mask, Stream& stream) {
  const OpRange range(stream, "take_masked");
  elementwise::check_same_layout(ConstTensorView(y), a, "y", "a");
  const Shape4 expected{y.shape.n, 1, y.shape.h, y.shape.w};
  const bool cpu = stream.device() == DeviceKind::kCpu;
  SELFSAME_CHECK(y.block == 1 && y.split == 0 && y.sample_stride == y.sample_size() &&
                     mask.shape == expected && mask.dtype == y.dtype && mask.block == 1 &&
                     (y.dtype == DType::kF32 || (cpu && y.dtype == DType::kF64)),
                 "y {} of {}, mask {} of {}", y.shape.text(), name_of(y.dtype), mask.shape.text(),
                 name_of(mask.dtype));
  switch (stream.device()) {
    case DeviceKind::kCpu:
      take_masked_cpu(y, a, mask, stream);
      return;
    case DeviceKind::kCuda:
      SELFSAME_IF_CUDA(cuda::take_masked_op::run(y, a, mask, stream);)
      return;
    case DeviceKind::kSimulated:
      SELFSAME_IF_SIMULATED(simulated::take_masked_op::run(y, a, mask, stream);)
      return;
  }
}

}  // namespace selfsame
