// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/conv2d/conv2d.hpp: plain loops, any layout, float or double storage,
// sums in double. Never optimised.
#include "kernels/conv2d/conv2d_versions.hpp"
#include "kernels/device/elementwise.hpp"

namespace selfsame::conv2d_reference {
namespace {

using elementwise::for_dtype;

/// Weight of output channel k, input channel c, tap (r, s) within one lane.
std::int64_t weight_offset(const ConstParameterView& w, std::int64_t k, std::int64_t c, std::int64_t r,
                           std::int64_t s) {
  return ((k * w.dims[1] + c) * w.dims[2] + r) * w.dims[3] + s;
}

bool inside(std::int64_t i, std::int64_t n) { return i >= 0 && i < n; }

}  // namespace

bool supports(const ConvShape& shape) { return shape.dtype == DType::kF32 || shape.dtype == DType::kF64; }

void forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b, Stream& stream) {
  const std::int64_t N = x.shape.n, C = x.shape.c, H = x.shape.h, W = x.shape.w, K = y.shape.c, R = w.dims[2];
  const std::int64_t pad = R / 2, B = N / w.lanes, padded = y.blocks() * y.block;
  for_dtype(x.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(N * padded, [&](std::int64_t unit, int) {
      const std::int64_t n = unit / padded, k = unit % padded;
      const Real* weight = w.lane<Real>(n / B);
      for (std::int64_t p = 0; p < H; ++p) {
        for (std::int64_t q = 0; q < W; ++q) {
          double sum = (k < K && !b.empty()) ? b.lane<Real>(n / B)[k] : 0.0;
          for (std::int64_t c = 0; c < C && k < K; ++c) {
            for (std::int64_t r = 0; r < R; ++r) {
              for (std::int64_t s = 0; s < R; ++s) {
                if (inside(p + r - pad, H) && inside(q + s - pad, W)) {
                  sum += static_cast<double>(weight[weight_offset(w, k, c, r, s)]) *
                         x.at<Real>(n, c, p + r - pad, q + s - pad);
                }
              }
            }
          }
          y.at<Real>(n, k, p, q) = static_cast<Real>(sum);  // k >= K: a padding channel, zero
        }
      }
    });
  });
}

void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
  const std::int64_t N = dx.shape.n, C = dx.shape.c, H = dx.shape.h, W = dx.shape.w, K = dy.shape.c,
                     R = w.dims[2];
  const std::int64_t pad = R / 2, B = N / w.lanes;
  for_dtype(dx.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(N, [&](std::int64_t n, int) {
      Real* sample = dx.as<Real>() + n * dx.sample_stride;
      for (std::int64_t i = 0; i < dx.sample_size(); ++i) {
        sample[i] = 0;  // padding channels
      }
      const Real* weight = w.lane<Real>(n / B);
      for (std::int64_t c = 0; c < C; ++c) {
        for (std::int64_t h = 0; h < H; ++h) {
          for (std::int64_t v = 0; v < W; ++v) {
            double sum = 0;
            for (std::int64_t k = 0; k < K; ++k) {
              for (std::int64_t r = 0; r < R; ++r) {
                for (std::int64_t s = 0; s < R; ++s) {
                  if (inside(h - r + pad, H) && inside(v - s + pad, W)) {
                    sum += static_cast<double>(weight[weight_offset(w, k, c, r, s)]) *
                           dy.at<Real>(n, k, h - r + pad, v - s + pad);
                  }
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

void backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                     Stream& stream) {
  const std::int64_t N = x.shape.n, C = x.shape.c, H = x.shape.h, W = x.shape.w, K = dy.shape.c,
                     R = dw.dims[2];
  const std::int64_t pad = R / 2, B = N / dw.lanes;
  for_dtype(x.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(dw.lanes * K, [&](std::int64_t unit, int) {
      const std::int64_t l = unit / K, k = unit % K;
      for (std::int64_t c = 0; c < C; ++c) {
        for (std::int64_t r = 0; r < R; ++r) {
          for (std::int64_t s = 0; s < R; ++s) {
            double sum = 0;
            for (std::int64_t n = l * B; n < (l + 1) * B; ++n) {
              for (std::int64_t p = 0; p < H; ++p) {
                for (std::int64_t q = 0; q < W; ++q) {
                  if (inside(p + r - pad, H) && inside(q + s - pad, W)) {
                    sum += static_cast<double>(dy.at<Real>(n, k, p, q)) *
                           x.at<Real>(n, c, p + r - pad, q + s - pad);
                  }
                }
              }
            }
            dw.lane<Real>(l)[weight_offset(dw, k, c, r, s)] += static_cast<Real>(sum);
          }
        }
      }
      if (!db.empty()) {
        double sum = 0;
        for (std::int64_t n = l * B; n < (l + 1) * B; ++n) {
          for (std::int64_t p = 0; p < H; ++p) {
            for (std::int64_t q = 0; q < W; ++q) {
              sum += dy.at<Real>(n, k, p, q);
            }
          }
        }
        db.lane<Real>(l)[k] += static_cast<Real>(sum);
      }
    });
  });
}

}  // namespace selfsame::conv2d_reference
