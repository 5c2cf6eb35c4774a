// SPDX-License-Identifier: Apache-2.0
#include "kernels/concat/concat.hpp"

#include <cstring>

#include "kernels/concat/concat_gpu.hpp"
#include "kernels/concat/concat_reference.hpp"
#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"

namespace selfsame {
namespace {

/// Two tensors of one layout: samples are contiguous in both.
void copy_samples(TensorView to, ConstTensorView from, Stream& stream) {
  const auto size = static_cast<std::int64_t>(size_of(to.dtype));
  elementwise::for_each_piece(to.shape.n, to.sample_size(), stream, [&](auto n, auto first, auto count) {
    std::memcpy(static_cast<std::byte*>(to.data) + (n * to.sample_stride + first) * size,
                static_cast<const std::byte*>(from.data) + (n * from.sample_stride + first) * size,
                static_cast<std::size_t>(count * size));
  });
}

void forward(TensorView y, ConstTensorView a, ConstTensorView b, Stream& stream) {
  copy_samples(y.part(0), a, stream);
  copy_samples(y.part(1), b, stream);
}

void backward(TensorView da, TensorView db, ConstTensorView dy, Stream& stream) {
  copy_samples(da, dy.part(0), stream);
  copy_samples(db, dy.part(1), stream);
}

#define SELFSAME_ENTRY(space, device) \
  {"gpu", elementwise::is_gpu_flat, space::concat::forward, space::concat::backward, device},

constexpr ConcatImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"memcpy", elementwise::is_any, forward, backward},
    {"reference", elementwise::is_real, concat_reference::forward, concat_reference::backward},
};

void check(const ConstTensorView& y, const ConstTensorView& a, const ConstTensorView& b) {
  SELFSAME_CHECK(y.split == a.shape.c && y.shape.c == a.shape.c + b.shape.c && a.split == 0 && b.split == 0,
                 "parts {} and {} of a concatenation {} with split {}", a.shape.text(), b.shape.text(),
                 y.shape.text(), y.split);
  elementwise::check_same_layout(y.part(0), a, "first part of y", "a");
  elementwise::check_same_layout(y.part(1), b, "second part of y", "b");
}

const ConcatImplementation& select(const ConstTensorView& y, Stream& stream) {
  return select_implementation("concat", concat_implementations(), ElementwiseProblem{y.dtype, y.block},
                               stream);
}

}  // namespace

std::span<const ConcatImplementation> concat_implementations() { return kImplementations; }

void concat_forward(TensorView y, ConstTensorView a, ConstTensorView b, Stream& stream) {
  const OpRange range(stream, "concat.forward");
  check(y, a, b);
  select(y, stream).forward(y, a, b, stream);
}

void concat_backward(TensorView da, TensorView db, ConstTensorView dy, Stream& stream) {
  const OpRange range(stream, "concat.backward");
  check(dy, da, db);
  select(dy, stream).backward(da, db, dy, stream);
}

}  // namespace selfsame
