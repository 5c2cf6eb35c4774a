// SPDX-License-Identifier: Apache-2.0
#include "kernels/layout/layout.hpp"

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/layout/layout_gpu.hpp"
#include "kernels/layout/layout_reference.hpp"
#include "kernels/layout/layout_versions.hpp"

namespace selfsame {
namespace {

using KernelTable = const LayoutKernels& (*)();
constexpr std::int64_t kBlock = 16;

/// Between single planes and blocks of 16, in float.
template <Isa isa>
bool supports(const LayoutProblem& p) {
  return isa_available(isa) && p.x_dtype == DType::kF32 && p.y_dtype == DType::kF32 &&
         ((p.x_block == 1 && p.y_block == kBlock) || (p.x_block == kBlock && p.y_block == 1));
}

bool reference_supports(const LayoutProblem& p) {
  return p.x_dtype != DType::kBF16 && p.y_dtype != DType::kBF16;
}

bool is_gpu_type(DType t) { return t == DType::kF32 || t == DType::kBF16; }
bool gpu_supports(const LayoutProblem& p) { return is_gpu_type(p.x_dtype) && is_gpu_type(p.y_dtype); }

template <KernelTable kernels>
void convert(TensorView y, ConstTensorView x, Stream& stream) {
  const bool to_blocks = y.block == kBlock;
  const ConstTensorView blocked = to_blocks ? ConstTensorView(y) : x;
  const std::int64_t blocks = blocked.blocks(), plane = x.plane();
  stream.pool().run(x.shape.n * blocks, [&](std::int64_t unit, int) {
    const std::int64_t n = unit / blocks, q = unit % blocks;
    const float* from[kBlock] = {};
    float* to[kBlock] = {};
    for (std::int64_t i = 0; i < kBlock; ++i) {
      if (const std::int64_t c = elementwise::logical_channel(blocked, q * kBlock + i); c >= 0) {
        from[i] = x.as<float>() + x.offset(n, c, 0, 0);
        to[i] = y.as<float>() + y.offset(n, c, 0, 0);
      }
    }
    if (to_blocks) {
      kernels().to_blocks(y.as<float>() + n * y.sample_stride + q * plane * kBlock, from, plane);
    } else {
      kernels().from_blocks(to, x.as<float>() + n * x.sample_stride + q * plane * kBlock, plane);
    }
  });
}

#define SELFSAME_ENTRY(space, device) {"gpu", gpu_supports, space::layout::convert, device},

constexpr LayoutImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"avx512", supports<Isa::kAvx512>, convert<avx512::layout_kernels>},
    {"avx2", supports<Isa::kAvx2>, convert<avx2::layout_kernels>},
    {"baseline", supports<Isa::kBaseline>, convert<baseline::layout_kernels>},
    {"reference", reference_supports, layout_reference::convert},
};

}  // namespace

std::span<const LayoutImplementation> layout_implementations() { return kImplementations; }

void convert_layout(TensorView y, ConstTensorView x, Stream& stream) {
  const OpRange range(stream, "convert_layout");
  SELFSAME_CHECK(y.shape == x.shape, "y {}, x {}", y.shape.text(), x.shape.text());
  select_implementation("layout", layout_implementations(), LayoutProblem{x.dtype, y.dtype, x.block, y.block},
                        stream)
      .convert(y, x, stream);
}

}  // namespace selfsame
