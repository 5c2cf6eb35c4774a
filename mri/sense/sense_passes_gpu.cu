// SPDX-License-Identifier: Apache-2.0
// mri/sense/sense.hpp on a GPU as a chain of ops: maps, transform, weights, sums. Not yet run on a GPU.
#include "kernels/device/gpu/complex.cuh"
#include "mri/coils/coil_ops.hpp"
#include "mri/sense/sense_gpu.hpp"

namespace selfsame::SELFSAME_GPU::sense_passes {
namespace {

struct WeightArgs {
  Complex* y;        // may be x
  const Complex* x;  // (N, C, H, W)
  const float* weights;
  std::int64_t weights_sample, plane;
  int coils, row;  // row: the width if all rows are alike, else 0
};

/// One thread for each number; block y is the plane.
__global__ void sense_weights_kernel(WeightArgs a) {
  const std::int64_t i = static_cast<std::int64_t>(block_x()) * block_size_x() + thread_x();
  if (i < a.plane) {
    const std::int64_t n = block_y() / a.coils, at = block_y() * a.plane + i;
    a.y[at] = a.weights[n * a.weights_sample + (a.row > 0 ? i % a.row : i)] * a.x[at];
  }
}

/// y = weights * x; y may be x.
void weight(const ComplexView& y, const ConstComplexView& x, const ConstTensorView& weights, Stream& stream) {
  constexpr int kThreads = 256;
  const WeightArgs a{complex_data(y),
                     complex_data(x),
                     static_cast<const float*>(weights.data),
                     weights.sample_stride,
                     x.plane(),
                     static_cast<int>(x.shape.c),
                     weights.shape.h == 1 ? static_cast<int>(x.shape.w) : 0};
  launch("sense_weights", sense_weights_kernel,
         LaunchShape{{blocks_for(a.plane, kThreads), x.shape.n * x.shape.c, 1}, {kThreads, 1, 1}}, stream, a);
}

ComplexView take_stack(Scratch& scratch, const ConstComplexView& maps) {
  return {scratch.take<std::byte>(maps.bytes()), maps.dtype, maps.shape};
}

}  // namespace

std::size_t prepare(Shape4 maps, FourierAxes axes, Stream& stream) {
  const std::size_t stack = static_cast<std::size_t>(maps.count()) * sizeof(Complex);
  return Scratch::rounded(stack) + prepare_fourier(maps, DType::kF32, axes, stream);
}

void forward(ComplexView kspace, ConstComplexView image, ConstComplexView maps, ConstTensorView weights,
             FourierAxes axes, Stream& stream) {
  coil_expand(kspace, image, maps, stream);
  fourier(kspace, kspace, axes, FourierDirection::kForward, stream);
  if (!weights.empty()) {
    weight(kspace, kspace, weights, stream);
  }
}

void adjoint(ComplexView image, ConstComplexView kspace, ConstComplexView maps, ConstTensorView weights,
             FourierAxes axes, Stream& stream) {
  Scratch scratch(stream);
  const ComplexView stack = take_stack(scratch, maps);
  if (!weights.empty()) {
    weight(stack, kspace, weights, stream);
  }
  fourier(stack, weights.empty() ? kspace : ConstComplexView(stack), axes, FourierDirection::kInverse,
          stream);
  coil_combine(image, stack, maps, stream);
}

void normal(ComplexView y, ConstComplexView x, ConstComplexView maps, ConstTensorView weights,
            FourierAxes axes, Stream& stream) {
  Scratch scratch(stream);
  const ComplexView stack = take_stack(scratch, maps);
  forward(stack, x, maps, weights, axes, stream);
  fourier(stack, stack, axes, FourierDirection::kInverse, stream);
  coil_combine(y, stack, maps, stream);
}

}  // namespace selfsame::SELFSAME_GPU::sense_passes
