// SPDX-License-Identifier: Apache-2.0
// mri/sense/sense.hpp on a GPU, fused into the passes over the lines. In units of one stack of coils, read or
// written: along one axis every operator is one pass (forward and adjoint 2: maps and k-space; normal 1: the
// maps, of which the second reading finds them in a cache). Along both axes forward and adjoint take two
// passes (4 units), and normal three (6). Not yet run on a GPU.
#include "mri/sense/sense_gpu.hpp"

#include <cmath>

#include "mri/fourier/fourier_lines.cuh"
#include "mri/fourier/fourier_roots.hpp"

namespace selfsame::SELFSAME_GPU::sense_lines {
namespace {

enum class Transform { kForward, kInverse, kThereAndBack };

/// A pass over rows or columns of the maps' stack, without input, output and weights.
LinePass make_pass(const ConstComplexView& maps, bool columns, bool combine, Transform transform,
                   Stream& stream) {
  const std::int64_t n = columns ? maps.shape.h : maps.shape.w;
  LinePass pass(maps.shape, columns, combine, reinterpret_cast<const Complex*>(fourier_roots(n, stream)));
  const auto points = static_cast<double>(n);
  pass.args.scale =
      static_cast<float>(transform == Transform::kThereAndBack ? 1 / points : 1 / std::sqrt(points));
  pass.args.inverse = transform == Transform::kInverse;
  pass.args.maps = complex_data(maps);
  return pass;
}

/// stack = weights * F (maps * image)
void expand(Complex* stack, const ConstComplexView& image, const ConstComplexView& maps,
            const ConstTensorView& weights, bool columns, Stream& stream) {
  LinePass pass = make_pass(maps, columns, false, Transform::kForward, stream);
  pass.args.input = complex_data(image);
  pass.args.output = stack;
  pass.set_weights(weights, columns, WeightsAt::kStore);
  launch_lines<true, false, false>(columns ? "sense_expand_columns" : "sense_expand_rows", pass, columns,
                                   stream);
}

/// image = sum_c conj(maps) * F^H (weights * stack)
void combine(const ComplexView& image, const Complex* stack, const ConstComplexView& maps,
             const ConstTensorView& weights, bool columns, Stream& stream) {
  LinePass pass = make_pass(maps, columns, true, Transform::kInverse, stream);
  pass.args.input = stack;
  pass.args.output = complex_data(image);
  pass.set_weights(weights, columns, WeightsAt::kLoad);
  launch_lines<false, false, true>(columns ? "sense_combine_columns" : "sense_combine_rows", pass, columns,
                                   stream);
}

/// The stack along H: forward times weights, or inverse of weights times it. `to` may be `from`.
void transform_columns(Complex* to, const Complex* from, const ConstComplexView& maps,
                       const ConstTensorView& weights, Transform transform, Stream& stream) {
  LinePass pass = make_pass(maps, true, false, transform, stream);
  pass.args.input = from;
  pass.args.output = to;
  pass.set_weights(weights, true, transform == Transform::kForward ? WeightsAt::kStore : WeightsAt::kLoad);
  launch_lines<false, false, false>("sense_columns", pass, true, stream);
}

Complex* take_stack(Scratch& scratch, const ConstComplexView& maps) {
  return scratch.take<Complex>(static_cast<std::size_t>(maps.count()));
}

}  // namespace

std::size_t prepare(Shape4 maps, FourierAxes axes, Stream& stream) {
  if (axes != FourierAxes::kHeight) {
    static_cast<void>(fourier_roots(maps.w, stream));
  }
  if (axes != FourierAxes::kWidth) {
    static_cast<void>(fourier_roots(maps.h, stream));
  }
  return axes == FourierAxes::kBoth
             ? Scratch::rounded(static_cast<std::size_t>(maps.count()) * sizeof(Complex))
             : 0;
}

void forward(ComplexView kspace, ConstComplexView image, ConstComplexView maps, ConstTensorView weights,
             FourierAxes axes, Stream& stream) {
  Complex* const stack = complex_data(kspace);
  if (axes == FourierAxes::kBoth) {
    expand(stack, image, maps, {}, false, stream);
    transform_columns(stack, stack, maps, weights, Transform::kForward, stream);
  } else {
    expand(stack, image, maps, weights, axes == FourierAxes::kHeight, stream);
  }
}

void adjoint(ComplexView image, ConstComplexView kspace, ConstComplexView maps, ConstTensorView weights,
             FourierAxes axes, Stream& stream) {
  if (axes == FourierAxes::kBoth) {
    Scratch scratch(stream);
    Complex* const stack = take_stack(scratch, maps);
    transform_columns(stack, complex_data(kspace), maps, weights, Transform::kInverse, stream);
    combine(image, stack, maps, {}, false, stream);
  } else {
    combine(image, complex_data(kspace), maps, weights, axes == FourierAxes::kHeight, stream);
  }
}

void normal(ComplexView y, ConstComplexView x, ConstComplexView maps, ConstTensorView weights,
            FourierAxes axes, Stream& stream) {
  if (axes == FourierAxes::kBoth) {
    Scratch scratch(stream);
    Complex* const stack = take_stack(scratch, maps);
    expand(stack, x, maps, {}, false, stream);
    LinePass pass = make_pass(maps, true, false, Transform::kThereAndBack, stream);
    pass.args.input = pass.args.output = stack;
    pass.set_weights(weights, true, WeightsAt::kBetween);
    launch("sense_weight_columns", lines_kernel<true, false, true, false>, pass.launch_shape(false), stream,
           pass.args);
    combine(y, stack, maps, {}, false, stream);
  } else {
    const bool columns = axes == FourierAxes::kHeight;
    LinePass pass = make_pass(maps, columns, true, Transform::kThereAndBack, stream);
    pass.args.input = complex_data(x);
    pass.args.output = complex_data(y);
    pass.set_weights(weights, columns, WeightsAt::kBetween);
    launch_lines<true, true, true>(columns ? "sense_normal_columns" : "sense_normal_rows", pass, columns,
                                   stream);
  }
}

}  // namespace selfsame::SELFSAME_GPU::sense_lines
