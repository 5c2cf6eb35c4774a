// SPDX-License-Identifier: Apache-2.0
#include "kernels/add/add.hpp"

#include "kernels/add/add_gpu.hpp"
#include "kernels/add/add_reference.hpp"
#include "kernels/add/add_versions.hpp"
#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"

namespace selfsame {
namespace {

using KernelTable = const AddKernels& (*)();

template <KernelTable kernels>
void flat(TensorView y, float alpha, ConstTensorView a, float beta, ConstTensorView b, Stream& stream) {
  elementwise::for_stored_type(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* out = y.as<T>();
    const T *first_term = a.as<T>(), *second_term = b.empty() ? nullptr : b.as<T>();
    elementwise::for_each_piece(y.shape.n, y.sample_size(), stream, [&](auto n, auto first, auto count) {
      T* to = out + n * y.sample_stride + first;
      const T* from = first_term + n * a.sample_stride + first;
      if (second_term == nullptr) {
        kernels().of(zero).scale(to, alpha, from, count);
      } else {
        kernels().of(zero).add(to, alpha, from, beta, second_term + n * b.sample_stride + first, count);
      }
    });
  });
}

#define SELFSAME_ENTRY(space, device) {"gpu", elementwise::is_gpu_flat, space::add::add_scaled, device},

constexpr AddImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"avx512", elementwise::is_flat<Isa::kAvx512>,
                                          flat<avx512::add_kernels>},
    {"avx2", elementwise::is_flat<Isa::kAvx2>, flat<avx2::add_kernels>},
    {"baseline", elementwise::is_flat<Isa::kBaseline>, flat<baseline::add_kernels>},
    {"reference", elementwise::is_real, add_reference::add_scaled},
};

}  // namespace

std::span<const AddImplementation> add_implementations() { return kImplementations; }

void add_scaled(TensorView y, float alpha, ConstTensorView a, float beta, ConstTensorView b, Stream& stream) {
  const OpRange range(stream, "add_scaled");
  elementwise::check_same_layout(y, a, "y", "a");
  if (!b.empty()) {
    elementwise::check_same_layout(y, b, "y", "b");
  }
  select_implementation("add", add_implementations(), ElementwiseProblem{y.dtype, y.block}, stream)
      .add_scaled(y, alpha, a, beta, b, stream);
}

}  // namespace selfsame
