// SPDX-License-Identifier: Apache-2.0
// Three phases, each a set of units: sums of every plane of every sample, their combination per lane in
// sample order, and the pointwise part.
#include <cmath>

#include "kernels/batch_norm/batch_norm_versions.hpp"

namespace selfsame::batch_norm_cpu {
namespace {

using norm_plane::kMostChannels;

/// Two sums per padded channel of every sample: (N, 2, padded C).
struct Sums {
  double* data;
  std::int64_t padded;
  int block;
  [[nodiscard]] double* first(std::int64_t n, std::int64_t q) const {
    return data + 2 * n * padded + q * block;
  }
  [[nodiscard]] double* second(std::int64_t n, std::int64_t q) const { return first(n, q) + padded; }
};

template <typename T = float>
const T* block_of(const ConstTensorView& t, std::int64_t n, std::int64_t q) {
  return t.as<T>() + n * t.sample_stride + q * t.plane() * t.block;
}
template <typename T = float>
T* block_of(const TensorView& t, std::int64_t n, std::int64_t q) {
  return t.as<T>() + n * t.sample_stride + q * t.plane() * t.block;
}

Sums take_sums(Scratch& scratch, const ConstTensorView& x) {
  const std::int64_t padded = x.blocks() * x.block;
  return {scratch.take<double>(static_cast<std::size_t>(2 * x.shape.n * padded)), padded, x.block};
}

/// mean = sum(mean_n) / B, m2 = sum(m2_n) + M * sum((mean_n - mean)^2): planes of M pixels of B samples.
void combine_statistics(double* mean, double* m2, const Sums& sums, std::int64_t lane, std::int64_t B,
                        std::int64_t q, double pixels) {
  for (int i = 0; i < sums.block; ++i) {
    double sum = 0, within = 0, between = 0;
    for (std::int64_t n = lane * B; n < (lane + 1) * B; ++n) {
      sum += sums.first(n, q)[i];
      within += sums.second(n, q)[i];
    }
    mean[i] = sum / static_cast<double>(B);
    for (std::int64_t n = lane * B; n < (lane + 1) * B; ++n) {
      between += (sums.first(n, q)[i] - mean[i]) * (sums.first(n, q)[i] - mean[i]);
    }
    m2[i] = within + pixels * between;
  }
}

void normalise(norm_plane::KernelTable kernels, const TensorView& y, const ConstTensorView& x, std::int64_t n,
               std::int64_t q, const NormCoefficients& k) {
  elementwise::for_stored_type(x.dtype, [&]<typename T>(T zero) {
    kernels().of(zero).normalise(block_of<T>(y, n, q), block_of<T>(x, n, q), k, x.plane(), x.block);
  });
}

}  // namespace

void forward_training(norm_plane::KernelTable kernels, TensorView y, TensorView mean, TensorView r,
                      ParameterView running_mean, ParameterView running_var, ConstTensorView x,
                      ConstParameterView gamma, ConstParameterView beta, double eps, double momentum,
                      double slope, Stream& stream) {
  const std::int64_t blocks = x.blocks(), lanes = mean.shape.n, B = x.shape.n / lanes;
  const double pixels = static_cast<double>(x.plane()), m = static_cast<double>(B) * pixels;
  Scratch scratch(stream);
  const Sums sums = take_sums(scratch, x);
  stream.pool().run(x.shape.n * blocks, [&](std::int64_t unit, int) {
    const std::int64_t n = unit / blocks, q = unit % blocks;
    elementwise::for_stored_type(x.dtype, [&]<typename T>(T zero) {
      kernels().of(zero).statistics(sums.first(n, q), sums.second(n, q), block_of<T>(x, n, q), x.plane(),
                                    x.block);
    });
  });
  stream.pool().run(lanes * blocks, [&](std::int64_t unit, int) {
    const std::int64_t l = unit / blocks, q = unit % blocks;
    double centre[kMostChannels], m2[kMostChannels];
    combine_statistics(centre, m2, sums, l, B, q, pixels);
    for (std::int64_t i = 0; i < x.block; ++i) {
      const std::int64_t c = elementwise::logical_channel(x, q * x.block + i);
      const double factor = 1 / std::sqrt(m2[i] / m + static_cast<double>(eps));
      block_of(mean, l, q)[i] = c < 0 ? 0.0f : static_cast<float>(centre[i]);
      block_of(r, l, q)[i] = c < 0 ? 0.0f : static_cast<float>(factor);
      if (c >= 0 && !running_mean.empty()) {
        float &old_mean = running_mean.lane<float>(l)[c], &old_var = running_var.lane<float>(l)[c];
        old_mean = static_cast<float>(old_mean + momentum * (centre[i] - old_mean));
        old_var = static_cast<float>(old_var + momentum * (m2[i] / (m - 1) - old_var));
      }
    }
  });
  stream.pool().run(x.shape.n * blocks, [&](std::int64_t unit, int) {
    const std::int64_t n = unit / blocks, q = unit % blocks, l = n / B;
    const NormCoefficients k =
        norm_plane::coefficients(block_of(mean, l, q), block_of(r, l, q), gamma, beta, l, x, q, slope);
    normalise(kernels, y, x, n, q, k);
  });
}

void forward_inference(norm_plane::KernelTable kernels, TensorView y, ConstTensorView x,
                       ConstParameterView running_mean, ConstParameterView running_var,
                       ConstParameterView gamma, ConstParameterView beta, double eps, double slope,
                       Stream& stream) {
  const std::int64_t blocks = x.blocks(), B = x.shape.n / running_mean.lanes;
  stream.pool().run(x.shape.n * blocks, [&](std::int64_t unit, int) {
    const std::int64_t n = unit / blocks, q = unit % blocks, l = n / B;
    float mean[kMostChannels], r[kMostChannels];
    norm_plane::gather(mean, running_mean, l, x, q, 0.0f);
    norm_plane::gather(r, running_var, l, x, q, 1.0f);
    for (int i = 0; i < x.block; ++i) {
      // A padding channel has scale 0 because coefficients() takes gamma = 0 there.
      r[i] = static_cast<float>(1 / std::sqrt(static_cast<double>(r[i]) + static_cast<double>(eps)));
    }
    const NormCoefficients k = norm_plane::coefficients(mean, r, gamma, beta, l, x, q, slope);
    normalise(kernels, y, x, n, q, k);
  });
}

void backward(norm_plane::KernelTable kernels, TensorView dx, ParameterView dgamma, ParameterView dbeta,
              ConstTensorView dy, ConstTensorView x, ConstTensorView mean, ConstTensorView r,
              ConstParameterView gamma, ConstParameterView beta, double slope, Stream& stream) {
  const std::int64_t blocks = x.blocks(), lanes = mean.shape.n, B = x.shape.n / lanes;
  const double m = static_cast<double>(B * x.plane());
  Scratch scratch(stream);
  const Sums sums = take_sums(scratch, x);
  const auto coefficients = [&](std::int64_t l, std::int64_t q) {
    return norm_plane::coefficients(block_of(mean, l, q), block_of(r, l, q), gamma, beta, l, x, q, slope);
  };
  stream.pool().run(x.shape.n * blocks, [&](std::int64_t unit, int) {
    const std::int64_t n = unit / blocks, q = unit % blocks;
    elementwise::for_stored_type(x.dtype, [&]<typename T>(T zero) {
      kernels().of(zero).backward_sums(sums.first(n, q), sums.second(n, q), block_of<T>(dy, n, q),
                                       block_of<T>(x, n, q), coefficients(n / B, q), x.plane(), x.block);
    });
  });
  // The lane's totals replace the sums of its first sample.
  stream.pool().run(lanes * blocks, [&](std::int64_t unit, int) {
    const std::int64_t l = unit / blocks, q = unit % blocks;
    double *sum_d = sums.first(l * B, q), *sum_dc = sums.second(l * B, q);
    for (std::int64_t i = 0; i < x.block; ++i) {
      for (std::int64_t n = l * B + 1; n < (l + 1) * B; ++n) {
        sum_d[i] += sums.first(n, q)[i];
        sum_dc[i] += sums.second(n, q)[i];
      }
      if (const std::int64_t c = elementwise::logical_channel(x, q * x.block + i);
          c >= 0 && !dgamma.empty()) {
        dgamma.lane<float>(l)[c] += static_cast<float>(sum_dc[i] * block_of(r, l, q)[i]);
        dbeta.lane<float>(l)[c] += static_cast<float>(sum_d[i]);
      }
    }
  });
  stream.pool().run(x.shape.n * blocks, [&](std::int64_t unit, int) {
    const std::int64_t n = unit / blocks, q = unit % blocks, l = n / B;
    const NormCoefficients k = coefficients(l, q);
    float offset[kMostChannels], tilt[kMostChannels];
    norm_plane::mean_terms(offset, tilt, k, block_of(r, l, q), sums.first(l * B, q), sums.second(l * B, q), m,
                           x.block);
    elementwise::for_stored_type(x.dtype, [&]<typename T>(T zero) {
      kernels().of(zero).backward_apply(block_of<T>(dx, n, q), block_of<T>(dy, n, q), block_of<T>(x, n, q), k,
                                        offset, tilt, x.plane(), x.block);
    });
  });
}

}  // namespace selfsame::batch_norm_cpu
