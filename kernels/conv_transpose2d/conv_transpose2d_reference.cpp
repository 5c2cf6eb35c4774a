// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/conv_transpose2d/conv_transpose2d.hpp: plain loops, any layout, float
// or double storage, sums in double. Never optimised.
#include "kernels/conv_transpose2d/conv_transpose2d_versions.hpp"
#include "kernels/device/elementwise.hpp"

namespace selfsame::conv_transpose2d_reference {
namespace {

using elementwise::for_dtype;

/// Weight of input channel c, output channel k, tap (i, j) within one lane.
std::int64_t weight_offset(const ConstParameterView& w, std::int64_t c, std::int64_t k, std::int64_t i,
                           std::int64_t j) {
  return ((c * w.dims[1] + k) * 2 + i) * 2 + j;
}

}  // namespace

bool supports(const ConvTransposeShape& shape) {
  return shape.dtype == DType::kF32 || shape.dtype == DType::kF64;
}

void forward(TensorView y, ConstTensorView x, ConstParameterView w, Stream& stream) {
  const std::int64_t N = x.shape.n, C = x.shape.c, K = y.shape.c, B = N / w.lanes,
                     padded = y.blocks() * y.block;
  for_dtype(x.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(N * padded, [&](std::int64_t unit, int) {
      const std::int64_t n = unit / padded, k = unit % padded;
      const Real* weight = w.lane<Real>(n / B);
      for (std::int64_t p = 0; p < y.shape.h; ++p) {
        for (std::int64_t q = 0; q < y.shape.w; ++q) {
          double sum = 0;
          for (std::int64_t c = 0; c < C && k < K; ++c) {
            sum += static_cast<double>(weight[weight_offset(w, c, k, p % 2, q % 2)]) *
                   x.at<Real>(n, c, p / 2, q / 2);
          }
          y.at<Real>(n, k, p, q) = static_cast<Real>(sum);  // k >= K: a padding channel, zero
        }
      }
    });
  });
}

void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
  const std::int64_t N = dx.shape.n, C = dx.shape.c, K = dy.shape.c, B = N / w.lanes;
  for_dtype(dx.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(N, [&](std::int64_t n, int) {
      Real* sample = dx.as<Real>() + n * dx.sample_stride;
      for (std::int64_t i = 0; i < dx.sample_size(); ++i) {
        sample[i] = 0;  // padding channels
      }
      const Real* weight = w.lane<Real>(n / B);
      for (std::int64_t c = 0; c < C; ++c) {
        for (std::int64_t h = 0; h < dx.shape.h; ++h) {
          for (std::int64_t v = 0; v < dx.shape.w; ++v) {
            double sum = 0;
            for (std::int64_t k = 0; k < K; ++k) {
              for (std::int64_t i = 0; i < 2; ++i) {
                for (std::int64_t j = 0; j < 2; ++j) {
                  sum += static_cast<double>(weight[weight_offset(w, c, k, i, j)]) *
                         dy.at<Real>(n, k, 2 * h + i, 2 * v + j);
                }
              }
            }
            dx.at<Real>(n, c, h, v) = static_cast<Real>(sum);
          }
        }
      }
    });
  });
}

void backward_weight(ParameterView dw, ConstTensorView dy, ConstTensorView x, Stream& stream) {
  const std::int64_t N = x.shape.n, C = x.shape.c, K = dy.shape.c, B = N / dw.lanes;
  for_dtype(x.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(dw.lanes * C, [&](std::int64_t unit, int) {
      const std::int64_t l = unit / C, c = unit % C;
      for (std::int64_t k = 0; k < K; ++k) {
        for (std::int64_t i = 0; i < 2; ++i) {
          for (std::int64_t j = 0; j < 2; ++j) {
            double sum = 0;
            for (std::int64_t n = l * B; n < (l + 1) * B; ++n) {
              for (std::int64_t h = 0; h < x.shape.h; ++h) {
                for (std::int64_t v = 0; v < x.shape.w; ++v) {
                  sum +=
                      static_cast<double>(x.at<Real>(n, c, h, v)) * dy.at<Real>(n, k, 2 * h + i, 2 * v + j);
                }
              }
            }
            dw.lane<Real>(l)[weight_offset(dw, c, k, i, j)] += static_cast<Real>(sum);
          }
        }
      }
    });
  });
}

}  // namespace selfsame::conv_transpose2d_reference
