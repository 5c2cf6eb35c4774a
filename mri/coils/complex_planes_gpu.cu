// SPDX-License-Identifier: Apache-2.0
// complex_to_planes and planes_to_complex of mri/coils/coil_ops.hpp on a GPU: one thread for both parts of a
// pixel. Not yet run on a GPU.
#include "mri/coils/coil_gpu.hpp"
#include "mri/coils/coil_pixels.cuh"

namespace selfsame::SELFSAME_GPU::coil_ops {
namespace {

struct PlanesArgs {
  std::int64_t sample_stride;  // floats between planes' samples
  int h, w;                    // of the planes
  int H, W;                    // of the complex numbers
  int top, left;

  PlanesArgs(const ConstTensorView& planes, const ConstComplexView& z, PlanePadding padding)
      : sample_stride(planes.sample_stride),
        h(static_cast<int>(planes.shape.h)),
        w(static_cast<int>(planes.shape.w)),
        H(static_cast<int>(z.shape.h)),
        W(static_cast<int>(z.shape.w)),
        top(static_cast<int>(padding.top)),
        left(static_cast<int>(padding.left)) {}
};

__global__ void complex_to_planes_kernel(PlanesArgs a, float* __restrict__ planes,
                                         const Complex* __restrict__ z) {
  const int i = block_x() * block_size_x() + thread_x();
  const std::int64_t n = block_y();
  if (i < a.h * a.w) {
    const int y = i / a.w - a.top, x = i % a.w - a.left;
    const bool inside = y >= 0 && y < a.H && x >= 0 && x < a.W;
    const Complex v = inside ? z[(n * a.H + y) * a.W + x] : Complex{0.0f, 0.0f};
    float* real = planes + n * a.sample_stride + i;
    real[0] = v.re;
    real[a.h * a.w] = v.im;
  }
}

__global__ void planes_to_complex_kernel(PlanesArgs a, Complex* __restrict__ z,
                                         const float* __restrict__ planes) {
  const int i = block_x() * block_size_x() + thread_x();
  const std::int64_t n = block_y();
  if (i < a.H * a.W) {
    const int y = i / a.W + a.top, x = i % a.W + a.left;
    const float* real = planes + n * a.sample_stride + y * a.w + x;
    const Complex value{real[0], real[a.h * a.w]};
    z[n * a.H * a.W + i] = value;
  }
}

LaunchShape plane_launch(std::int64_t planes, std::int64_t pixels) {
  return {{blocks_for(pixels, kPixelThreads), planes, 1}, {kPixelThreads, 1, 1}};
}

}  // namespace

void to_planes(TensorView planes, ConstComplexView z, PlanePadding padding, Stream& stream) {
  launch("complex_to_planes", complex_to_planes_kernel,
         plane_launch(planes.shape.n, planes.shape.h * planes.shape.w), stream,
         PlanesArgs(planes, z, padding), static_cast<float*>(planes.data), complex_data(z));
}

void to_complex(ComplexView z, ConstTensorView planes, PlanePadding padding, Stream& stream) {
  launch("planes_to_complex", planes_to_complex_kernel, plane_launch(planes.shape.n, z.plane()), stream,
         PlanesArgs(planes, z, padding), complex_data(z), static_cast<const float*>(planes.data));
}

}  // namespace selfsame::SELFSAME_GPU::coil_ops
