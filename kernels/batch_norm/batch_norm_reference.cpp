// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/batch_norm/batch_norm.hpp: plain loops, any layout, float or double
// storage, sums in double. Never optimised.
#include <cmath>

#include "kernels/batch_norm/batch_norm_versions.hpp"

namespace selfsame::batch_norm_reference {
namespace {

/// Calls f(n, h, w) for every pixel of the samples of a lane.
template <typename F>
void for_each_value(const Shape4& shape, std::int64_t lane, std::int64_t samples, F&& f) {
  for (std::int64_t n = lane * samples; n < (lane + 1) * samples; ++n) {
    for (std::int64_t h = 0; h < shape.h; ++h) {
      for (std::int64_t w = 0; w < shape.w; ++w) {
        f(n, h, w);
      }
    }
  }
}

template <typename Real>
double value(const ConstParameterView& p, std::int64_t lane, std::int64_t c, double absent) {
  return p.empty() ? absent : static_cast<double>(p.lane<Real>(lane)[c]);
}

}  // namespace

void forward_training(TensorView y, TensorView mean, TensorView r, ParameterView running_mean,
                      ParameterView running_var, ConstTensorView x, ConstParameterView gamma,
                      ConstParameterView beta, double eps, double momentum, double slope, Stream& stream) {
  const std::int64_t C = x.shape.c, lanes = mean.shape.n, B = x.shape.n / lanes;
  const double m = static_cast<double>(B * x.plane());
  elementwise::for_dtype(x.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(lanes * C, [&](std::int64_t unit, int) {
      const std::int64_t l = unit / C, c = unit % C;
      double sum = 0, squares = 0;
      for_each_value(x.shape, l, B, [&](auto n, auto h, auto w) { sum += x.at<Real>(n, c, h, w); });
      const double centre = sum / m;
      for_each_value(x.shape, l, B, [&](auto n, auto h, auto w) {
        squares += (x.at<Real>(n, c, h, w) - centre) * (x.at<Real>(n, c, h, w) - centre);
      });
      const double factor = 1 / std::sqrt(squares / m + eps);
      mean.at<Real>(l, c, 0, 0) = static_cast<Real>(centre);
      r.at<Real>(l, c, 0, 0) = static_cast<Real>(factor);
      if (!running_mean.empty()) {
        Real &old_mean = running_mean.lane<Real>(l)[c], &old_var = running_var.lane<Real>(l)[c];
        old_mean = static_cast<Real>(old_mean + momentum * (centre - old_mean));
        old_var = static_cast<Real>(old_var + momentum * (squares / (m - 1) - old_var));
      }
      const double weight = value<Real>(gamma, l, c, 1), shift = value<Real>(beta, l, c, 0);
      for_each_value(x.shape, l, B, [&](auto n, auto h, auto w) {
        const double pre = weight * ((x.at<Real>(n, c, h, w) - centre) * factor) + shift;
        y.at<Real>(n, c, h, w) = static_cast<Real>(pre > 0 ? pre : slope * pre);
      });
    });
    elementwise::zero_padding<Real>(y);
    elementwise::zero_padding<Real>(mean);
    elementwise::zero_padding<Real>(r);
  });
}

void forward_inference(TensorView y, ConstTensorView x, ConstParameterView running_mean,
                       ConstParameterView running_var, ConstParameterView gamma, ConstParameterView beta,
                       double eps, double slope, Stream& stream) {
  const std::int64_t B = x.shape.n / running_mean.lanes;
  elementwise::for_dtype(x.dtype, [&](auto zero) {
    using Real = decltype(zero);
    elementwise::for_each_element(x.shape, stream, [&](auto n, auto c, auto h, auto w) {
      const std::int64_t l = n / B;
      const double factor = 1 / std::sqrt(value<Real>(running_var, l, c, 1) + eps);
      const double xhat = (x.at<Real>(n, c, h, w) - value<Real>(running_mean, l, c, 0)) * factor;
      const double pre = value<Real>(gamma, l, c, 1) * xhat + value<Real>(beta, l, c, 0);
      y.at<Real>(n, c, h, w) = static_cast<Real>(pre > 0 ? pre : slope * pre);
    });
    elementwise::zero_padding<Real>(y);
  });
}

void backward(TensorView dx, ParameterView dgamma, ParameterView dbeta, ConstTensorView dy, ConstTensorView x,
              ConstTensorView mean, ConstTensorView r, ConstParameterView gamma, ConstParameterView beta,
              double slope, Stream& stream) {
  const std::int64_t C = x.shape.c, lanes = mean.shape.n, B = x.shape.n / lanes;
  const double m = static_cast<double>(B * x.plane());
  elementwise::for_dtype(x.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(lanes * C, [&](std::int64_t unit, int) {
      const std::int64_t l = unit / C, c = unit % C;
      const double weight = value<Real>(gamma, l, c, 1), shift = value<Real>(beta, l, c, 0);
      const double centre = mean.at<Real>(l, c, 0, 0), factor = r.at<Real>(l, c, 0, 0);
      const auto xhat = [&](auto n, auto h, auto w) { return (x.at<Real>(n, c, h, w) - centre) * factor; };
      const auto d = [&](auto n, auto h, auto w) {
        const double given = dy.at<Real>(n, c, h, w);
        return weight * xhat(n, h, w) + shift > 0 ? given : slope * given;
      };
      double sum_d = 0, sum_d_xhat = 0;
      for_each_value(x.shape, l, B, [&](auto n, auto h, auto w) {
        sum_d += d(n, h, w);
        sum_d_xhat += d(n, h, w) * xhat(n, h, w);
      });
      for_each_value(x.shape, l, B, [&](auto n, auto h, auto w) {
        dx.at<Real>(n, c, h, w) =
            static_cast<Real>(weight * factor * (d(n, h, w) - sum_d / m - xhat(n, h, w) * sum_d_xhat / m));
      });
      if (!dgamma.empty()) {
        dgamma.lane<Real>(l)[c] += static_cast<Real>(sum_d_xhat);
        dbeta.lane<Real>(l)[c] += static_cast<Real>(sum_d);
      }
    });
    elementwise::zero_padding<Real>(dx);
  });
}

}  // namespace selfsame::batch_norm_reference
