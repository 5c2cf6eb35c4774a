// SPDX-License-Identifier: Apache-2.0
#include "kernels/keep_columns/keep_columns.hpp"

#include <cstring>

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/keep_columns/keep_columns_gpu.hpp"

namespace selfsame {
namespace {

/// Row by row: a copy between two runs of zeros, for any type in which zero bits are zero.
void rows(TensorView y, ConstTensorView x, std::int64_t first, std::int64_t count, Stream& stream) {
  const std::size_t size = size_of(x.dtype), width = static_cast<std::size_t>(x.shape.w) * size;
  const std::size_t before = static_cast<std::size_t>(first) * size,
                    band = static_cast<std::size_t>(count) * size;
  stream.pool().run(x.shape.n * x.shape.c, [&](std::int64_t unit, int) {
    for (std::int64_t h = 0; h < x.shape.h; ++h) {
      const std::size_t at = static_cast<std::size_t>(unit * x.shape.h + h) * width;
      std::byte* to = static_cast<std::byte*>(y.data) + at;
      const std::byte* from = static_cast<const std::byte*>(x.data) + at;
      std::memset(to, 0, before);
      std::memmove(to + before, from + before, band);
      std::memset(to + before + band, 0, width - before - band);
    }
  });
}

void reference(TensorView y, ConstTensorView x, std::int64_t first, std::int64_t count, Stream& stream) {
  elementwise::for_dtype(x.dtype, [&](auto zero) {
    using Real = decltype(zero);
    elementwise::for_each_element(x.shape, stream, [&](auto n, auto c, auto h, auto w) {
      y.at<Real>(n, c, h, w) = w >= first && w < first + count ? x.at<Real>(n, c, h, w) : Real{};
    });
  });
}

[[maybe_unused]] bool is_float(const ElementwiseProblem& p) { return p.dtype == DType::kF32; }

#define SELFSAME_ENTRY(space, device) \
  KeepColumnsImplementation{"gpu", is_float, space::keep_columns_op::run, device},

constexpr KeepColumnsImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"rows", elementwise::is_real, rows},
    {"reference", elementwise::is_real, reference},
};

void check_plain(const ConstTensorView& t) {
  SELFSAME_CHECK(t.block == 1 && t.split == 0 && t.sample_stride == t.shape.c * t.plane(),
                 "tensor {} of block {} and sample stride {}", t.shape.text(), t.block, t.sample_stride);
}

}  // namespace

std::span<const KeepColumnsImplementation> keep_columns_implementations() { return kImplementations; }

void keep_columns(TensorView y, ConstTensorView x, std::int64_t first, std::int64_t count, Stream& stream) {
  const OpRange range(stream, "keep_columns");
  elementwise::check_same_layout(ConstTensorView(y), x, "y", "x");
  check_plain(x);
  check_plain(y);
  SELFSAME_CHECK(first >= 0 && count >= 0 && first + count <= x.shape.w, "columns [{}, {}) of {}", first,
                 first + count, x.shape.w);
  select_implementation("keep_columns", keep_columns_implementations(), ElementwiseProblem{x.dtype, x.block},
                        stream)
      .run(y, x, first, count, stream);
}

}  // namespace selfsame
