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
constexpr std::int64_t kMostChannels = 32;  // of a block

bool is_planes(DType dtype, int block) { return block == 1 && dtype == DType::kF32; }
bool is_blocks(DType dtype, int block) {
  return (block == 16 || block == kMostChannels) && elementwise::is_stored({dtype, block});
}
/// Between single planes in float and blocks of 16 or 32 in float or bf16.
template <Isa isa>
bool supports(const LayoutProblem& p) {
  return isa_available(isa) && ((is_planes(p.x_dtype, p.x_block) && is_blocks(p.y_dtype, p.y_block)) ||
                                (is_blocks(p.x_dtype, p.x_block) && is_planes(p.y_dtype, p.y_block)));
}

bool reference_supports(const LayoutProblem& p) {
  return p.x_dtype != DType::kBF16 && p.y_dtype != DType::kBF16;
}

bool is_gpu_type(DType t) { return t == DType::kF32 || t == DType::kBF16; }
[[maybe_unused]] bool gpu_supports(const LayoutProblem& p) {
  return is_gpu_type(p.x_dtype) && is_gpu_type(p.y_dtype);
}

template <KernelTable kernels>
void convert(TensorView y, ConstTensorView x, Stream& stream) {
  const bool to_blocks = x.block == 1;
  const ConstTensorView blocked = to_blocks ? ConstTensorView(y) : x;
  const std::int64_t blocks = blocked.blocks(), plane = x.plane();
  const int block = blocked.block;
  elementwise::for_stored_type(blocked.dtype, [&](auto zero) {
    using T = decltype(zero);
    stream.pool().run(x.shape.n * blocks, [&](std::int64_t unit, int) {
      const std::int64_t n = unit / blocks, q = unit % blocks;
      const float* from[kMostChannels] = {};
      float* to[kMostChannels] = {};
      for (int i = 0; i < block; ++i) {
        if (const std::int64_t c = elementwise::logical_channel(blocked, q * block + i); c >= 0) {
          from[i] = to_blocks ? x.as<float>() + x.offset(n, c, 0, 0) : nullptr;
          to[i] = to_blocks ? nullptr : y.as<float>() + y.offset(n, c, 0, 0);
        }
      }
      if (to_blocks) {
        kernels().of(zero).to_blocks(y.as<T>() + n * y.sample_stride + q * plane * block, from, plane, block);
      } else {
        kernels().of(zero).from_blocks(to, x.as<T>() + n * x.sample_stride + q * plane * block, plane, block);
      }
    });
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
