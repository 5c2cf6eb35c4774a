// SPDX-License-Identifier: Apache-2.0
// A unit of work is one channel block of one sample; its plane stays in the second-level cache between the
// passes.
#include <cmath>

#include "kernels/instance_norm/instance_norm_versions.hpp"

namespace selfsame::instance_norm_cpu {
namespace {

using norm_plane::kMostChannels;

std::int64_t samples_per_lane(const ConstTensorView& x, const ConstParameterView& gamma) {
  return gamma.empty() ? x.shape.n : x.shape.n / gamma.lanes;
}

/// dgamma += sum over samples of sum(d * (x - mean)) * r, dbeta += sum of sum(d), in sample order. The sums
/// of sample n lie at sums[2 * n * padded]: first all channels of sum(d), then those of sum(d * (x - mean)).
void add_parameter_gradients(ParameterView dgamma, ParameterView dbeta, const double* sums, ConstTensorView x,
                             ConstTensorView r) {
  const std::int64_t B = x.shape.n / dgamma.lanes, padded = x.blocks() * x.block;
  for (std::int64_t l = 0; l < dgamma.lanes; ++l) {
    for (std::int64_t c = 0; c < x.shape.c; ++c) {
      double lane_d = 0, lane_d_xhat = 0;
      for (std::int64_t n = l * B; n < (l + 1) * B; ++n) {
        const double* sample = sums + 2 * n * padded + x.padded_channel(c);
        lane_d += sample[0];
        lane_d_xhat += sample[padded] * r.at<float>(n, c, 0, 0);
      }
      dgamma.lane<float>(l)[c] += static_cast<float>(lane_d_xhat);
      dbeta.lane<float>(l)[c] += static_cast<float>(lane_d);
    }
  }
}

template <typename T>
void forward_of(const NormPlaneLoops<T>& loops, TensorView y, TensorView mean, TensorView r,
                ConstTensorView x, ConstParameterView gamma, ConstParameterView beta, double eps,
                double slope, Stream& stream) {
  const int block = x.block;
  const std::int64_t blocks = x.blocks(), plane = x.plane() * block, B = samples_per_lane(x, gamma);
  stream.pool().run(x.shape.n * blocks, [&](std::int64_t unit, int) {
    const std::int64_t n = unit / blocks, q = unit % blocks;
    const T* in = x.as<T>() + n * x.sample_stride + q * plane;
    float* block_mean = mean.as<float>() + n * mean.sample_stride + q * block;
    float* block_r = r.as<float>() + n * r.sample_stride + q * block;
    double m[kMostChannels], m2[kMostChannels];
    loops.statistics(m, m2, in, x.plane(), block);
    for (std::int64_t i = 0; i < block; ++i) {
      const bool real = elementwise::logical_channel(x, q * block + i) >= 0;
      const double var = m2[i] / static_cast<double>(x.plane());
      block_mean[i] = real ? static_cast<float>(m[i]) : 0.0f;
      block_r[i] = real ? static_cast<float>(1 / std::sqrt(var + static_cast<double>(eps))) : 0.0f;
    }
    const NormCoefficients k = norm_plane::coefficients(block_mean, block_r, gamma, beta, n / B, x, q, slope);
    loops.normalise(y.as<T>() + n * y.sample_stride + q * plane, in, k, x.plane(), block);
  });
}

/// Leaves sum(d) and sum(d * (x - mean)) of every sample in sums (N, 2, padded C).
template <typename T>
void backward_of(const NormPlaneLoops<T>& loops, TensorView dx, double* sums, ConstTensorView dy,
                 ConstTensorView x, ConstTensorView mean, ConstTensorView r, ConstParameterView gamma,
                 ConstParameterView beta, double slope, Stream& stream) {
  const int block = x.block;
  const std::int64_t blocks = x.blocks(), padded = blocks * block, plane = x.plane() * block;
  const std::int64_t B = samples_per_lane(x, gamma);
  stream.pool().run(x.shape.n * blocks, [&](std::int64_t unit, int) {
    const std::int64_t n = unit / blocks, q = unit % blocks;
    const T* in = x.as<T>() + n * x.sample_stride + q * plane;
    const T* grad = dy.as<T>() + n * dy.sample_stride + q * plane;
    const float* block_r = r.as<float>() + n * r.sample_stride + q * block;
    const NormCoefficients k = norm_plane::coefficients(mean.as<float>() + n * mean.sample_stride + q * block,
                                                        block_r, gamma, beta, n / B, x, q, slope);
    double* sum_d = sums + 2 * n * padded + q * block;
    double* sum_dc = sum_d + padded;
    loops.backward_sums(sum_d, sum_dc, grad, in, k, x.plane(), block);
    float offset[kMostChannels], tilt[kMostChannels];
    norm_plane::mean_terms(offset, tilt, k, block_r, sum_d, sum_dc, static_cast<double>(x.plane()), block);
    loops.backward_apply(dx.as<T>() + n * dx.sample_stride + q * plane, grad, in, k, offset, tilt, x.plane(),
                         block);
  });
}

}  // namespace

void forward(norm_plane::KernelTable kernels, TensorView y, TensorView mean, TensorView r, ConstTensorView x,
             ConstParameterView gamma, ConstParameterView beta, double eps, double slope, Stream& stream) {
  elementwise::for_stored_type(x.dtype, [&](auto zero) {
    forward_of(kernels().of(zero), y, mean, r, x, gamma, beta, eps, slope, stream);
  });
}

void backward(norm_plane::KernelTable kernels, TensorView dx, ParameterView dgamma, ParameterView dbeta,
              ConstTensorView dy, ConstTensorView x, ConstTensorView mean, ConstTensorView r,
              ConstParameterView gamma, ConstParameterView beta, double slope, Stream& stream) {
  Scratch scratch(stream);
  double* sums = scratch.take<double>(static_cast<std::size_t>(2 * x.shape.n * x.blocks() * x.block));
  elementwise::for_stored_type(x.dtype, [&](auto zero) {
    backward_of(kernels().of(zero), dx, sums, dy, x, mean, r, gamma, beta, slope, stream);
  });
  if (!dgamma.empty()) {
    add_parameter_gradients(dgamma, dbeta, sums, x, r);
  }
}

}  // namespace selfsame::instance_norm_cpu
