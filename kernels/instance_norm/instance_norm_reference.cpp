// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/instance_norm/instance_norm.hpp: plain loops, any layout, float or
// double storage, sums in double. Never optimised.
#include <cmath>

#include "kernels/instance_norm/instance_norm_versions.hpp"

namespace selfsame::instance_norm_reference {
namespace {

/// Calls f(h, w) for every pixel.
template <typename F>
void for_each_pixel(const Shape4& shape, F&& f) {
  for (std::int64_t h = 0; h < shape.h; ++h) {
    for (std::int64_t w = 0; w < shape.w; ++w) {
      f(h, w);
    }
  }
}

template <typename Real>
double value(const ConstParameterView& p, std::int64_t lane, std::int64_t c, double absent) {
  return p.empty() ? absent : static_cast<double>(p.lane<Real>(lane)[c]);
}

}  // namespace

void forward(TensorView y, TensorView mean, TensorView r, ConstTensorView x, ConstParameterView gamma,
             ConstParameterView beta, double eps, double slope, Stream& stream) {
  const std::int64_t C = x.shape.c, M = x.plane(), B = gamma.empty() ? x.shape.n : x.shape.n / gamma.lanes;
  elementwise::for_dtype(x.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(x.shape.n * C, [&](std::int64_t unit, int) {
      const std::int64_t n = unit / C, c = unit % C;
      double sum = 0, squares = 0;
      for_each_pixel(x.shape, [&](auto h, auto w) { sum += x.at<Real>(n, c, h, w); });
      const double m = sum / static_cast<double>(M);
      for_each_pixel(x.shape, [&](auto h, auto w) {
        squares += (x.at<Real>(n, c, h, w) - m) * (x.at<Real>(n, c, h, w) - m);
      });
      const double factor = 1 / std::sqrt(squares / static_cast<double>(M) + eps);
      mean.at<Real>(n, c, 0, 0) = static_cast<Real>(m);
      r.at<Real>(n, c, 0, 0) = static_cast<Real>(factor);
      const double weight = value<Real>(gamma, n / B, c, 1), shift = value<Real>(beta, n / B, c, 0);
      for_each_pixel(x.shape, [&](auto h, auto w) {
        const double pre = weight * ((x.at<Real>(n, c, h, w) - m) * factor) + shift;
        y.at<Real>(n, c, h, w) = static_cast<Real>(pre > 0 ? pre : slope * pre);
      });
    });
    elementwise::zero_padding<Real>(y);
    elementwise::zero_padding<Real>(mean);
    elementwise::zero_padding<Real>(r);
  });
}

void backward(TensorView dx, ParameterView dgamma, ParameterView dbeta, ConstTensorView dy, ConstTensorView x,
              ConstTensorView mean, ConstTensorView r, ConstParameterView gamma, ConstParameterView beta,
              double slope, Stream& stream) {
  const std::int64_t C = x.shape.c, lanes = gamma.empty() ? 1 : gamma.lanes, B = x.shape.n / lanes;
  const double M = static_cast<double>(x.plane());
  elementwise::for_dtype(x.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(lanes * C, [&](std::int64_t unit, int) {
      const std::int64_t l = unit / C, c = unit % C;
      const double weight = value<Real>(gamma, l, c, 1), shift = value<Real>(beta, l, c, 0);
      double lane_d = 0, lane_d_xhat = 0;
      for (std::int64_t n = l * B; n < (l + 1) * B; ++n) {
        const double m = mean.at<Real>(n, c, 0, 0), factor = r.at<Real>(n, c, 0, 0);
        const auto xhat = [&](auto h, auto w) { return (x.at<Real>(n, c, h, w) - m) * factor; };
        const auto d = [&](auto h, auto w) {
          const double given = dy.at<Real>(n, c, h, w);
          return weight * xhat(h, w) + shift > 0 ? given : slope * given;
        };
        double sum_d = 0, sum_d_xhat = 0;
        for_each_pixel(x.shape, [&](auto h, auto w) {
          sum_d += d(h, w);
          sum_d_xhat += d(h, w) * xhat(h, w);
        });
        for_each_pixel(x.shape, [&](auto h, auto w) {
          dx.at<Real>(n, c, h, w) =
              static_cast<Real>(weight * factor * (d(h, w) - sum_d / M - xhat(h, w) * sum_d_xhat / M));
        });
        lane_d += sum_d;
        lane_d_xhat += sum_d_xhat;
      }
      if (!dgamma.empty()) {
        dgamma.lane<Real>(l)[c] += static_cast<Real>(lane_d_xhat);
        dbeta.lane<Real>(l)[c] += static_cast<Real>(lane_d);
      }
    });
    elementwise::zero_padding<Real>(dx);
  });
}

}  // namespace selfsame::instance_norm_reference
