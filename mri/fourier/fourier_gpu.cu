// SPDX-License-Identifier: Apache-2.0
// mri/fourier/fourier.hpp on a GPU: one pass over the planes per axis, each reading and writing every number
// once. Rows are whole lines of memory; columns are taken eight at a time, 64 bytes of every row. A line that
// is too long for shared memory is summed directly from a copy. Not yet run on a GPU.
#include "mri/fourier/fourier_gpu.hpp"

#include <cmath>

#include "mri/fourier/fourier_lines.cuh"
#include "mri/fourier/fourier_roots.hpp"

namespace selfsame::SELFSAME_GPU::fourier_lines {
namespace {

const Complex* roots_of(std::int64_t n, Stream& stream) {
  return reinterpret_cast<const Complex*>(fourier_roots(n, stream));
}

// ---- long lines ----------------------------------------------------------------------------------------

struct DirectArgs {
  const Complex* x;  // does not overlap y
  Complex* y;
  const Complex* roots;
  std::int64_t count, n;        // numbers in all, and of a line
  std::int64_t element, after;  // numbers between a line's elements; n * element
  float scale;
  bool inverse;
};

/// One thread for each number of the result. Partial sums of 64 terms keep its rounding small.
__global__ void fourier_direct_kernel(DirectArgs a) {
  constexpr int kPart = 64;
  const std::int64_t i = static_cast<std::int64_t>(block_x()) * block_size_x() + thread_x();
  if (i < a.count) {
    const std::int64_t k = i % a.after / a.element, c = a.n / 2;
    const Complex* in = a.x + (i - k * a.element);
    const std::int64_t step = k < c ? k - c + a.n : k - c;  // (k - c) mod n
    std::int64_t root = (a.n - c * step % a.n) % a.n;       // of j = 0: -c (k - c) mod n
    Complex sum{0.0f, 0.0f};
    for (std::int64_t first = 0; first < a.n; first += kPart) {
      Complex part{0.0f, 0.0f};
      const std::int64_t end = first + kPart < a.n ? first + kPart : a.n;
      for (std::int64_t j = first; j < end; ++j) {
        const Complex r = a.roots[root];
        part = part + (a.inverse ? conj(r) : r) * in[j * a.element];
        root += step;
        root = root >= a.n ? root - a.n : root;
      }
      sum = sum + part;
    }
    a.y[i] = a.scale * sum;
  }
}

void transform_directly(const ComplexView& y, const ConstComplexView& x, bool columns, bool inverse,
                        Stream& stream) {
  constexpr int kThreads = 256;
  const std::int64_t n = columns ? x.shape.h : x.shape.w, element = columns ? x.shape.w : 1;
  Scratch scratch(stream);
  Complex* copy = scratch.take<Complex>(static_cast<std::size_t>(x.count()));
  stream.copy(copy, x.data, x.bytes());
  const DirectArgs a{
      copy,   complex_data(y), roots_of(n, stream), x.count(),
      n,      element,         n * element,         static_cast<float>(1 / std::sqrt(static_cast<double>(n))),
      inverse};
  launch("fourier_direct", fourier_direct_kernel,
         LaunchShape{{blocks_for(a.count, kThreads), 1, 1}, {kThreads, 1, 1}}, stream, a);
}

// ---- one axis ------------------------------------------------------------------------------------------

void transform_axis(const ComplexView& y, const ConstComplexView& x, bool columns, bool inverse,
                    Stream& stream) {
  const std::int64_t n = columns ? x.shape.h : x.shape.w;
  if (!line_fits(n)) {
    transform_directly(y, x, columns, inverse, stream);
    return;
  }
  // Every plane is a sample of one coil here, so that a block takes neighbouring lines.
  LinePass pass({x.shape.n * x.shape.c, 1, x.shape.h, x.shape.w}, columns, false, roots_of(n, stream));
  pass.args.input = complex_data(x);
  pass.args.output = complex_data(y);
  pass.args.inverse = inverse;
  pass.args.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(n)));
  launch_lines<false, false, false>(columns ? "fourier_columns" : "fourier_rows", pass, columns, stream);
}

}  // namespace

std::size_t prepare(Shape4 shape, FourierAxes axes, Stream& stream) {
  bool direct = false;
  for (const bool columns : {false, true}) {
    if (axes != (columns ? FourierAxes::kWidth : FourierAxes::kHeight)) {
      const std::int64_t n = columns ? shape.h : shape.w;
      static_cast<void>(fourier_roots(n, stream));
      direct = direct || !line_fits(n);
    }
  }
  return direct ? Scratch::rounded(static_cast<std::size_t>(shape.count()) * sizeof(Complex)) : 0;
}

void transform(ComplexView y, ConstComplexView x, FourierAxes axes, FourierDirection direction,
               Stream& stream) {
  const bool inverse = direction == FourierDirection::kInverse;
  if (axes != FourierAxes::kHeight) {
    transform_axis(y, x, false, inverse, stream);
  }
  if (axes != FourierAxes::kWidth) {
    transform_axis(y, axes == FourierAxes::kBoth ? ConstComplexView(y) : x, true, inverse, stream);
  }
}

}  // namespace selfsame::SELFSAME_GPU::fourier_lines
