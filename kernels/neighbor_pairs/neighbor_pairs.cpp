// SPDX-License-Identifier: Apache-2.0
#include "kernels/neighbor_pairs/neighbor_pairs.hpp"

#include "kernels/device/elementwise.hpp"
#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/neighbor_pairs/neighbor_pairs_gpu.hpp"
#include "kernels/neighbor_pairs/neighbor_pairs_reference.hpp"
#include "kernels/neighbor_pairs/neighbor_pairs_rule.hpp"
#include "kernels/neighbor_pairs/neighbor_pairs_versions.hpp"

namespace selfsame {
namespace {

using KernelTable = const NeighborPairsKernels& (*)();

/// One unit of work per row of cells.
template <KernelTable kernels>
void by_rows(TensorView first, TensorView second, ConstTensorView image,
             std::span<const SampleOrigin> origins, Stream& stream) {
  const Shape4 shape = first.shape;
  stream.pool().run(shape.n * shape.h, [&](std::int64_t unit, int) {
    const std::int64_t n = unit / shape.h, i = unit % shape.h;
    const RandomStream random = neighbor_pairs_rule::stream_of(origins[static_cast<std::size_t>(n)]);
    kernels().row(
        {image.as<float>() + image.offset(n, 0, 2 * i, 0), first.as<float>() + first.offset(n, 0, i, 0),
         second.as<float>() + second.offset(n, 0, i, 0), shape.w, shape.c, image.plane(), first.plane(),
         static_cast<std::uint64_t>(i * shape.w)},
        {random.key()[0], random.key()[1], random.a(), random.b()});
  });
}

template <Isa isa>
bool is_float(const DType& t) {
  return isa_available(isa) && t == DType::kF32;
}
bool is_real(const DType& t) { return t == DType::kF32 || t == DType::kF64; }

#define SELFSAME_ENTRY(space, device) {"gpu", gpu_takes_float, space::neighbor_pairs_op::run, device},

constexpr NeighborPairsImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"avx512", is_float<Isa::kAvx512>,
                                          by_rows<avx512::neighbor_pairs_kernels>},
    {"avx2", is_float<Isa::kAvx2>, by_rows<avx2::neighbor_pairs_kernels>},
    {"baseline", is_float<Isa::kBaseline>, by_rows<baseline::neighbor_pairs_kernels>},
    {"reference", is_real, neighbor_pairs_reference::neighbor_pairs},
};

void check_half(const TensorView& half, const ConstTensorView& image, const char* name) {
  const Shape4 want{image.shape.n, image.shape.c, image.shape.h / 2, image.shape.w / 2};
  SELFSAME_CHECK(half.shape == want && half.dtype == image.dtype && half.block == 1 && half.split == 0,
                 "{} {} {} block {} for an image {} {}", name, half.shape.text(), name_of(half.dtype),
                 half.block, image.shape.text(), name_of(image.dtype));
}

}  // namespace

std::span<const NeighborPairsImplementation> neighbor_pairs_implementations() { return kImplementations; }

void neighbor_pairs(TensorView first, TensorView second, ConstTensorView image,
                    std::span<const SampleOrigin> origins, Stream& stream) {
  const OpRange range(stream, "neighbor_pairs");
  const Shape4 shape = image.shape;
  SELFSAME_CHECK(shape.h % 2 == 0 && shape.w % 2 == 0 && image.block == 1 && image.split == 0,
                 "image {} block {}: height and width must be even, the block 1", shape.text(), image.block);
  check_half(first, image, "first");
  check_half(second, image, "second");
  SELFSAME_CHECK(static_cast<std::int64_t>(origins.size()) == shape.n, "{} origins for {} samples",
                 origins.size(), shape.n);
  select_implementation("neighbor_pairs", neighbor_pairs_implementations(), image.dtype, stream)
      .neighbor_pairs(first, second, image, origins, stream);
}

}  // namespace selfsame
