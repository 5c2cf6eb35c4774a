// SPDX-License-Identifier: Apache-2.0
#include "kernels/average_pool/average_pool.hpp"

#include "kernels/average_pool/average_pool_gpu.hpp"
#include "kernels/average_pool/average_pool_reference.hpp"
#include "kernels/average_pool/average_pool_versions.hpp"
#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"

namespace selfsame {
namespace {

using KernelTable = const AveragePoolKernels& (*)();

/// Element offset of row h of channel block q of sample n.
std::int64_t row_offset(const ConstTensorView& t, std::int64_t n, std::int64_t q, std::int64_t h) {
  return n * t.sample_stride + (q * t.shape.h + h) * t.shape.w * t.block;
}

template <KernelTable kernels>
void forward(TensorView y, ConstTensorView x, Stream& stream) {
  const std::int64_t P = y.shape.h, rows = y.blocks() * P;
  elementwise::for_stored_type(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    stream.pool().run(y.shape.n * rows, [&](std::int64_t unit, int) {
      const std::int64_t n = unit / rows, q = unit % rows / P, p = unit % P;
      const T* upper = x.as<T>() + row_offset(x, n, q, 2 * p);
      kernels().of(zero).forward_row(y.as<T>() + row_offset(y, n, q, p), upper, upper + x.shape.w * x.block,
                                     y.shape.w, y.block);
    });
  });
}

template <KernelTable kernels>
void backward(TensorView dx, ConstTensorView dy, ConstTensorView add, Stream& stream) {
  const std::int64_t H = dx.shape.h, rows = dx.blocks() * H;
  elementwise::for_stored_type(dx.dtype, [&](auto zero) {
    using T = decltype(zero);
    stream.pool().run(dx.shape.n * rows, [&](std::int64_t unit, int) {
      const std::int64_t n = unit / rows, q = unit % rows / H, h = unit % H;
      const T* grad = h / 2 < dy.shape.h ? dy.as<T>() + row_offset(dy, n, q, h / 2) : nullptr;
      const T* other = add.empty() ? nullptr : add.as<T>() + row_offset(add, n, q, h);
      kernels().of(zero).backward_row(dx.as<T>() + row_offset(dx, n, q, h), grad, other, dx.shape.w,
                                      dx.block);
    });
  });
}

template <Isa isa, KernelTable kernels>
constexpr AveragePoolImplementation fast(const char* name) {
  return {name, elementwise::is_blocked<isa>, forward<kernels>, backward<kernels>};
}

#define SELFSAME_ENTRY(space, device)                                                      \
  AveragePoolImplementation{"gpu", elementwise::is_gpu_flat, space::average_pool::forward, \
                            space::average_pool::backward, device},

constexpr AveragePoolImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY) fast<Isa::kAvx512, avx512::average_pool_kernels>("avx512"),
    fast<Isa::kAvx2, avx2::average_pool_kernels>("avx2"),
    fast<Isa::kBaseline, baseline::average_pool_kernels>("baseline"),
    {"reference", elementwise::is_real, average_pool_reference::forward, average_pool_reference::backward},
};

void check(const ConstTensorView& y, const ConstTensorView& x) {
  const Shape4 pooled{x.shape.n, x.shape.c, x.shape.h / 2, x.shape.w / 2};
  SELFSAME_CHECK(x.shape.h >= 2 && x.shape.w >= 2 && y.shape == pooled && y.block == x.block &&
                     y.split == x.split && y.dtype == x.dtype,
                 "input {} {} block {} split {}, pooled {} {} block {} split {}", x.shape.text(),
                 name_of(x.dtype), x.block, x.split, y.shape.text(), name_of(y.dtype), y.block, y.split);
}

const AveragePoolImplementation& select(const ConstTensorView& x, Stream& stream) {
  return select_implementation("average_pool", average_pool_implementations(),
                               ElementwiseProblem{x.dtype, x.block}, stream);
}

}  // namespace

std::span<const AveragePoolImplementation> average_pool_implementations() { return kImplementations; }

void average_pool_forward(TensorView y, ConstTensorView x, Stream& stream) {
  const OpRange range(stream, "average_pool.forward");
  check(y, x);
  select(x, stream).forward(y, x, stream);
}

void average_pool_backward(TensorView dx, ConstTensorView dy, ConstTensorView add, Stream& stream) {
  const OpRange range(stream, "average_pool.backward");
  check(dy, dx);
  if (!add.empty()) {
    elementwise::check_same_layout(dx, add, "dx", "add");
  }
  select(dx, stream).backward(dx, dy, add, stream);
}

}  // namespace selfsame
