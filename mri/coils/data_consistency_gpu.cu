// SPDX-License-Identifier: Apache-2.0
// data_consistency and its gradient, of mri/coils/coil_ops.hpp, on a GPU. The gradient at lambda: every block
// sums a piece of a sample's pixels over all coils, in double; then one warp per lane adds the pieces. Which
// thread adds what in which order depends on the sample's shape and on the samples of a lane alone. Not yet
// run on a GPU.
#include "kernels/device/gpu/block_sum.cuh"
#include "mri/coils/coil_gpu.hpp"
#include "mri/coils/coil_pixels.cuh"
#include "mri/coils/coil_versions.hpp"

namespace selfsame::SELFSAME_GPU::coil_ops {
namespace {

/// The real weights of k-space: (N, 1, H or 1, W), and one lambda for each lane.
struct Weights {
  const float* mask;
  const float* lambda;
  std::int64_t lane_stride, mask_sample;  // floats between lanes' lambdas, and between samples' masks
  int per_lane, row;                      // samples of a lane; the width if all rows are alike, else 0

  Weights(const ConstTensorView& m, const ConstParameterView& l, std::int64_t samples)
      : mask(static_cast<const float*>(m.data)),
        lambda(static_cast<const float*>(l.data)),
        lane_stride(l.lane_stride),
        mask_sample(m.sample_stride),
        per_lane(static_cast<int>(samples / l.lanes)),
        row(m.shape.h == 1 ? static_cast<int>(m.shape.w) : 0) {}

  __device__ float mask_at(const Pixel& at) const {
    return mask[at.n * mask_sample + (row > 0 ? at.i % row : at.i)];
  }
  __device__ float lambda_of(std::int64_t n) const { return lambda[n / per_lane * lane_stride]; }
};

__global__ void data_consistency_kernel(StackShape s, Weights weights, Complex* next, const Complex* current,
                                        const Complex* measured, const Complex* refinement) {
  const Pixel at(s);
  if (at.inside) {
    const float weight = weights.lambda_of(at.n) * weights.mask_at(at);
    const std::int64_t first = at.in_stack(s);
#pragma unroll 4
    for (int c = 0; c < s.coils; ++c) {
      const std::int64_t i = first + c * s.plane;
      const Complex k = current[i];
      next[i] = k - weight * (k - measured[i]) - refinement[i];
    }
  }
}

// ---- backward ------------------------------------------------------------------------------------------

constexpr int kPixelsPerThread = static_cast<int>(kCoilPiece) / kPixelThreads;
static_assert(kCoilPiece % kPixelThreads == 0, "the workspace counts pieces of this size");

__global__ void data_consistency_backward_kernel(StackShape s, Weights weights, Complex* dcurrent,
                                                 double* sums, const Complex* dnext, const Complex* current,
                                                 const Complex* measured) {
  Pixel at(s);
  at.i = block_x() * kCoilPiece + thread_x();
  const float lambda = weights.lambda_of(at.n);

  double sum = 0;
  for (int step = 0; step < kPixelsPerThread; ++step, at.i += kPixelThreads) {
    if (at.i < s.plane) {
      const float mask = weights.mask_at(at), weight = lambda * mask;
      const std::int64_t first = at.in_stack(s);
#pragma unroll 2
      for (int c = 0; c < s.coils; ++c) {
        const std::int64_t i = first + c * s.plane;
        const Complex dy = dnext[i], k = current[i], b = measured[i];
        const double re = static_cast<double>(k.re) - static_cast<double>(b.re);
        const double im = static_cast<double>(k.im) - static_cast<double>(b.im);
        sum +=
            static_cast<double>(mask) * (static_cast<double>(dy.re) * re + static_cast<double>(dy.im) * im);
        dcurrent[i] = dy - weight * dy;
      }
    }
  }

  sum = block_sum<kPixelThreads>(sum);
  if (thread_x() == 0) {
    sums[at.n * grid_size_x() + block_x()] = sum;
  }
}

__global__ void data_consistency_lambda_kernel(float* dlambda, std::int64_t lane_stride, const double* sums,
                                               std::int64_t per_lane) {
  const std::int64_t lane = block_x();
  double sum = 0;
  for (std::int64_t i = lane_id(); i < per_lane; i += kWarpSize) {
    sum += sums[lane * per_lane + i];
  }
  sum = warp_sum(sum);
  if (lane_id() == 0) {
    float* at = dlambda + lane * lane_stride;
    *at = static_cast<float>(static_cast<double>(*at) - sum);
  }
}

}  // namespace

void data_consistency(ComplexView next, ConstComplexView current, ConstComplexView measured,
                      ConstComplexView refinement, ConstTensorView mask, ConstParameterView lambda,
                      Stream& stream) {
  launch("data_consistency", data_consistency_kernel, pixel_launch(next.shape), stream,
         StackShape(next.shape), Weights(mask, lambda, next.shape.n), complex_data(next),
         complex_data(current), complex_data(measured), complex_data(refinement));
}

void data_consistency_backward(ComplexView dcurrent, ParameterView dlambda, ConstComplexView dnext,
                               ConstComplexView current, ConstComplexView measured, ConstTensorView mask,
                               ConstParameterView lambda, Stream& stream) {
  const Shape4 s = dnext.shape;
  const std::int64_t pieces = blocks_for(s.h * s.w, kCoilPiece);
  Scratch scratch(stream);
  double* sums = scratch.take<double>(static_cast<std::size_t>(s.n * pieces));
  launch("data_consistency_backward", data_consistency_backward_kernel,
         LaunchShape{{pieces, s.n, 1}, {kPixelThreads, 1, 1}}, stream, StackShape(s),
         Weights(mask, lambda, s.n), complex_data(dcurrent), sums, complex_data(dnext), complex_data(current),
         complex_data(measured));
  launch("data_consistency_lambda", data_consistency_lambda_kernel,
         LaunchShape{{lambda.lanes, 1, 1}, {kWarpSize, 1, 1}}, stream, static_cast<float*>(dlambda.data),
         dlambda.lane_stride, static_cast<const double*>(sums), s.n / lambda.lanes * pieces);
}

}  // namespace selfsame::SELFSAME_GPU::coil_ops
