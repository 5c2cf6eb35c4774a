// SPDX-License-Identifier: Apache-2.0
#include "kernels/activation/activation.hpp"

#include "kernels/activation/activation_gpu.hpp"
#include "kernels/activation/activation_reference.hpp"
#include "kernels/activation/activation_versions.hpp"
#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"

namespace selfsame {
namespace {

using KernelTable = const ActivationKernels& (*)();

template <KernelTable kernels>
void forward(TensorView y, ConstTensorView x, double slope, Stream& stream) {
  elementwise::for_stored_type(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* out = y.as<T>();
    const T* in = x.as<T>();
    elementwise::for_each_piece(y.shape.n, y.sample_size(), stream, [&](auto n, auto first, auto count) {
      kernels().of(zero).forward(out + n * y.sample_stride + first, in + n * x.sample_stride + first, slope,
                                 count);
    });
  });
}

template <KernelTable kernels>
void backward(TensorView dx, ConstTensorView dy, ConstTensorView x, double slope, Stream& stream) {
  elementwise::for_stored_type(dx.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* out = dx.as<T>();
    const T *grad = dy.as<T>(), *in = x.as<T>();
    elementwise::for_each_piece(dx.shape.n, dx.sample_size(), stream, [&](auto n, auto first, auto count) {
      kernels().of(zero).backward(out + n * dx.sample_stride + first, grad + n * dy.sample_stride + first,
                                  in + n * x.sample_stride + first, slope, count);
    });
  });
}

#define SELFSAME_ENTRY(space, device) \
  {"gpu", elementwise::is_gpu_flat, space::activation::forward, space::activation::backward, device},

constexpr ActivationImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"avx512", elementwise::is_flat<Isa::kAvx512>,
                                          forward<avx512::activation_kernels>,
                                          backward<avx512::activation_kernels>},
    {"avx2", elementwise::is_flat<Isa::kAvx2>, forward<avx2::activation_kernels>,
     backward<avx2::activation_kernels>},
    {"baseline", elementwise::is_flat<Isa::kBaseline>, forward<baseline::activation_kernels>,
     backward<baseline::activation_kernels>},
    {"reference", elementwise::is_real, activation_reference::forward, activation_reference::backward},
};

const ActivationImplementation& select(const TensorView& y, Stream& stream) {
  return select_implementation("activation", activation_implementations(),
                               ElementwiseProblem{y.dtype, y.block}, stream);
}

}  // namespace

std::span<const ActivationImplementation> activation_implementations() { return kImplementations; }

void leaky_relu_forward(TensorView y, ConstTensorView x, double slope, Stream& stream) {
  const OpRange range(stream, "leaky_relu.forward");
  elementwise::check_same_layout(y, x, "y", "x");
  select(y, stream).forward(y, x, slope, stream);
}

void leaky_relu_backward(TensorView dx, ConstTensorView dy, ConstTensorView x, double slope, Stream& stream) {
  const OpRange range(stream, "leaky_relu.backward");
  elementwise::check_same_layout(dx, dy, "dx", "dy");
  elementwise::check_same_layout(dx, x, "dx", "x");
  select(dx, stream).backward(dx, dy, x, slope, stream);
}

}  // namespace selfsame
