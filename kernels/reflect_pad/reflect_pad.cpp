// SPDX-License-Identifier: Apache-2.0
#include "kernels/reflect_pad/reflect_pad.hpp"

#include <cstring>
#include <type_traits>

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/reflect_pad/reflect_pad_gpu.hpp"
#include "kernels/reflect_pad/reflect_pad_reference.hpp"

namespace selfsame {
namespace {

// By rows of one channel block: a row is contiguous in every layout.

std::int64_t row_offset(const ConstTensorView& t, std::int64_t n, std::int64_t q, std::int64_t h) {
  return n * t.sample_stride + (q * t.shape.h + h) * t.shape.w * t.block;
}

template <typename T>
T rounded(float v) {
  if constexpr (std::is_same_v<T, bf16>) {
    return to_bf16(v);
  } else {
    return v;
  }
}

void forward_rows(TensorView y, ConstTensorView x, Stream& stream) {
  const std::int64_t P = y.shape.h, rows = y.blocks() * P, b = y.block, W = x.shape.w;
  const auto size = static_cast<std::int64_t>(size_of(y.dtype));
  stream.pool().run(y.shape.n * rows, [&](std::int64_t unit, int) {
    const std::int64_t n = unit / rows, q = unit % rows / P, p = unit % P;
    const auto* from =
        static_cast<const std::byte*>(x.data) + row_offset(x, n, q, p < x.shape.h ? p : x.shape.h - 2) * size;
    auto* to = static_cast<std::byte*>(y.data) + row_offset(y, n, q, p) * size;
    std::memcpy(to, from, static_cast<std::size_t>(W * b * size));
    if (y.shape.w > W) {
      std::memcpy(to + W * b * size, from + (W - 2) * b * size, static_cast<std::size_t>(b * size));
    }
  });
}

void backward_rows(TensorView dx, ConstTensorView dy, Stream& stream) {
  const std::int64_t H = dx.shape.h, W = dx.shape.w, rows = dx.blocks() * H, b = dx.block;
  elementwise::for_stored_type(dx.dtype, [&](auto zero) {
    using T = decltype(zero);
    stream.pool().run(dx.shape.n * rows, [&](std::int64_t unit, int) {
      const std::int64_t n = unit / rows, q = unit % rows / H, h = unit % H;
      const T* from = dy.as<T>() + row_offset(dy, n, q, h);
      const T* below =
          dy.shape.h > H && h == H - 2 ? dy.as<T>() + row_offset(dy, n, q, H) : nullptr;  // reflected to here
      const auto sum = [&](std::int64_t i) {
        return below != nullptr ? to_float(from[i]) + to_float(below[i]) : to_float(from[i]);
      };
      T* to = dx.as<T>() + row_offset(dx, n, q, h);
      for (std::int64_t i = 0; i < W * b; ++i) {
        to[i] = below != nullptr ? rounded<T>(sum(i)) : from[i];
      }
      for (std::int64_t c = 0; c < b && dy.shape.w > W; ++c) {
        to[(W - 2) * b + c] = rounded<T>(sum((W - 2) * b + c) + sum(W * b + c));
      }
    });
  });
}

#define SELFSAME_ENTRY(space, device) \
  {"gpu", elementwise::is_gpu_flat, space::reflect_pad::forward, space::reflect_pad::backward, device},

constexpr ReflectPadImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"rows", elementwise::is_stored, forward_rows, backward_rows},
    {"reference", elementwise::is_real, reflect_pad_reference::forward, reflect_pad_reference::backward},
};

void check(const ConstTensorView& y, const ConstTensorView& x) {
  const std::int64_t ph = y.shape.h - x.shape.h, pw = y.shape.w - x.shape.w;
  SELFSAME_CHECK(ph >= 0 && ph <= 1 && pw >= 0 && pw <= 1 && y.shape.n == x.shape.n && y.shape.c == x.shape.c,
                 "{} padded to {}", x.shape.text(), y.shape.text());
  SELFSAME_CHECK(x.shape.h >= 1 + ph && x.shape.w >= 1 + pw,
                 "reflection needs two rows or columns: {} padded to {}", x.shape.text(), y.shape.text());
  SELFSAME_CHECK(y.block == x.block && y.split == x.split && y.dtype == x.dtype,
                 "x {} block {} split {}, y {} block {} split {}", name_of(x.dtype), x.block, x.split,
                 name_of(y.dtype), y.block, y.split);
}

const ReflectPadImplementation& select(const ConstTensorView& x, Stream& stream) {
  return select_implementation("reflect_pad", reflect_pad_implementations(),
                               ElementwiseProblem{x.dtype, x.block}, stream);
}

}  // namespace

std::span<const ReflectPadImplementation> reflect_pad_implementations() { return kImplementations; }

void reflect_pad_forward(TensorView y, ConstTensorView x, Stream& stream) {
  const OpRange range(stream, "reflect_pad.forward");
  check(y, x);
  select(x, stream).forward(y, x, stream);
}

void reflect_pad_backward(TensorView dx, ConstTensorView dy, Stream& stream) {
  const OpRange range(stream, "reflect_pad.backward");
  check(dy, dx);
  select(dx, stream).backward(dx, dy, stream);
}

}  // namespace selfsame
