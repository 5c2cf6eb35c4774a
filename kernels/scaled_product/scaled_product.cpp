// SPDX-License-Identifier: Apache-2.0
#include "kernels/scaled_product/scaled_product.hpp"

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/scaled_product/scaled_product_gpu.hpp"
#include "kernels/scaled_product/scaled_product_reference.hpp"
#include "kernels/scaled_product/scaled_product_versions.hpp"

namespace selfsame {
namespace {

using KernelTable = const ScaledProductKernels& (*)();

template <KernelTable kernels>
void flat(TensorView y, float alpha, ConstTensorView a, float beta, ConstTensorView b, Stream& stream) {
  float* out = y.as<float>();
  const float *first_factor = a.as<float>(), *second_factor = b.as<float>();
  elementwise::for_each_piece(y.shape.n, y.sample_size(), stream, [&](auto n, auto first, auto count) {
    kernels().product(out + n * y.sample_stride + first, alpha, first_factor + n * a.sample_stride + first,
                      beta, second_factor + n * b.sample_stride + first, count);
  });
}

template <Isa isa>
bool is_float(const DType& t) {
  return isa_available(isa) && t == DType::kF32;
}
bool is_real(const DType& t) { return t == DType::kF32 || t == DType::kF64; }

#define SELFSAME_ENTRY(space, device) {"gpu", gpu_takes_float, space::scaled_product_op::run, device},

constexpr ScaledProductImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"avx512", is_float<Isa::kAvx512>,
                                          flat<avx512::scaled_product_kernels>},
    {"avx2", is_float<Isa::kAvx2>, flat<avx2::scaled_product_kernels>},
    {"baseline", is_float<Isa::kBaseline>, flat<baseline::scaled_product_kernels>},
    {"reference", is_real, scaled_product_reference::scaled_product},
};

}  // namespace

std::span<const ScaledProductImplementation> scaled_product_implementations() { return kImplementations; }

void scaled_product(TensorView y, float alpha, ConstTensorView a, float beta, ConstTensorView b,
                    Stream& stream) {
  const OpRange range(stream, "scaled_product");
  elementwise::check_same_layout(y, a, "y", "a");
  elementwise::check_same_layout(y, b, "y", "b");
  SELFSAME_CHECK(y.block == 1 && y.split == 0, "y {} block {} split {}", y.shape.text(), y.block, y.split);
  select_implementation("scaled_product", scaled_product_implementations(), y.dtype, stream)
      .scaled_product(y, alpha, a, beta, b, stream);
}

}  // namespace selfsame
