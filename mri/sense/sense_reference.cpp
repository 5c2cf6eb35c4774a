// SPDX-License-Identifier: Apache-2.0
// The definition of correct for mri/sense/sense.hpp: maps, transform, weights and sums as separate passes, in
// double, for float or double storage. It takes memory as it needs it.
#include "mri/sense/sense_reference.hpp"

#include <complex>
#include <vector>

#include "kernels/device/elementwise.hpp"
#include "mri/fourier/fourier_reference.hpp"

namespace selfsame::sense_reference {
namespace {

using Complex = std::complex<double>;

template <typename Real>
std::vector<Complex> read(ConstComplexView view, std::int64_t n) {
  const Real* from = view.plane_of<Real>(n, 0);
  std::vector<Complex> values(static_cast<std::size_t>(view.shape.c * view.plane()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = {static_cast<double>(from[2 * i]), static_cast<double>(from[2 * i + 1])};
  }
  return values;
}

template <typename Real>
void write(ComplexView view, std::int64_t n, const std::vector<Complex>& values) {
  Real* to = view.plane_of<Real>(n, 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    to[2 * i] = static_cast<Real>(values[i].real());
    to[2 * i + 1] = static_cast<Real>(values[i].imag());
  }
}

/// What the passes of one sample work on.
template <typename Real>
struct Sample {
  std::vector<Complex> maps;
  std::int64_t coils, h, w;
  ConstTensorView weights;
  std::int64_t n;
  FourierAxes axes;
  Stream& stream;

  Sample(ConstComplexView maps_, ConstTensorView weights_, std::int64_t n_, FourierAxes axes_,
         Stream& stream_)
      : maps(read<Real>(maps_, n_)),
        coils(maps_.shape.c),
        h(maps_.shape.h),
        w(maps_.shape.w),
        weights(weights_),
        n(n_),
        axes(axes_),
        stream(stream_) {}

  [[nodiscard]] std::size_t plane() const { return static_cast<std::size_t>(h * w); }

  std::vector<Complex> expand(const std::vector<Complex>& image) const {
    std::vector<Complex> stack(maps.size());
    for (std::size_t i = 0; i < maps.size(); ++i) {
      stack[i] = maps[i] * image[i % plane()];
    }
    return stack;
  }
  std::vector<Complex> combine(const std::vector<Complex>& stack) const {
    std::vector<Complex> image(plane());
    for (std::size_t i = 0; i < maps.size(); ++i) {
      image[i % plane()] += std::conj(maps[i]) * stack[i];
    }
    return image;
  }
  void transform(std::vector<Complex>& stack, FourierDirection direction) const {
    const ComplexView view(stack.data(), DType::kF64, {1, coils, h, w});
    fourier_reference::transform(view, view, axes, direction, stream);
  }
  void weight(std::vector<Complex>& stack) const {
    if (weights.empty()) {
      return;
    }
    for (std::size_t i = 0; i < stack.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i % plane());
      stack[i] *= static_cast<double>(weights.at<Real>(n, 0, weights.shape.h == 1 ? 0 : at / w, at % w));
    }
  }
};

template <typename F>
void for_each_sample(DType dtype, ConstComplexView maps, ConstTensorView weights, FourierAxes axes,
                     Stream& stream, F&& f) {
  elementwise::for_dtype(dtype, [&](auto zero) {
    using Real = decltype(zero);
    for (std::int64_t n = 0; n < maps.shape.n; ++n) {
      f(zero, n, Sample<Real>(maps, weights, n, axes, stream));
    }
  });
}

}  // namespace

std::size_t prepare(Shape4 /*maps*/, FourierAxes /*axes*/, Stream& /*stream*/) { return 0; }

void forward(ComplexView kspace, ConstComplexView image, ConstComplexView maps, ConstTensorView weights,
             FourierAxes axes, Stream& stream) {
  for_each_sample(kspace.dtype, maps, weights, axes, stream, [&](auto zero, auto n, const auto& sample) {
    using Real = decltype(zero);
    std::vector<Complex> stack = sample.expand(read<Real>(image, n));
    sample.transform(stack, FourierDirection::kForward);
    sample.weight(stack);
    write<Real>(kspace, n, stack);
  });
}

void adjoint(ComplexView image, ConstComplexView kspace, ConstComplexView maps, ConstTensorView weights,
             FourierAxes axes, Stream& stream) {
  for_each_sample(image.dtype, maps, weights, axes, stream, [&](auto zero, auto n, const auto& sample) {
    using Real = decltype(zero);
    std::vector<Complex> stack = read<Real>(kspace, n);
    sample.weight(stack);
    sample.transform(stack, FourierDirection::kInverse);
    write<Real>(image, n, sample.combine(stack));
  });
}

void normal(ComplexView y, ConstComplexView x, ConstComplexView maps, ConstTensorView weights,
            FourierAxes axes, Stream& stream) {
  for_each_sample(y.dtype, maps, weights, axes, stream, [&](auto zero, auto n, const auto& sample) {
    using Real = decltype(zero);
    std::vector<Complex> stack = sample.expand(read<Real>(x, n));
    sample.transform(stack, FourierDirection::kForward);
    sample.weight(stack);
    sample.transform(stack, FourierDirection::kInverse);
    write<Real>(y, n, sample.combine(stack));
  });
}

}  // namespace selfsame::sense_reference
