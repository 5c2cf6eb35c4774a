// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/standardize/standardize.hpp: plain loops, float or double storage,
// sums in double. Never optimised.
#include "kernels/standardize/standardize_reference.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/standardize/standardize_coefficients.hpp"

namespace selfsame::standardize_reference {
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

/// Calls f(n, c, Real{}) for every plane.
template <typename F>
void for_each_plane(const ConstTensorView& t, Stream& stream, F&& f) {
  elementwise::for_dtype(t.dtype, [&](auto zero) {
    stream.pool().run(t.shape.n * t.shape.c,
                      [&](std::int64_t unit, int) { f(unit / t.shape.c, unit % t.shape.c, zero); });
  });
}

}  // namespace

void forward(TensorView y, TensorView mean, TensorView std, ConstTensorView x, const StandardizeOptions& o,
             Stream& stream) {
  for_each_plane(x, stream, [&](auto n, auto c, auto zero) {
    using Real = decltype(zero);
    double sum = 0, squares = 0;
    for_each_pixel(x.shape, [&](auto h, auto w) { sum += x.at<Real>(n, c, h, w); });
    const double m = sum / static_cast<double>(x.plane());
    for_each_pixel(x.shape, [&](auto h, auto w) {
      const double centred = x.at<Real>(n, c, h, w) - m;
      squares += centred * centred;
    });
    const double s = std::sqrt(squares / standardize::divisor(x.plane(), o.unbiased));
    mean.at<Real>(n, c, 0, 0) = static_cast<Real>(m);
    std.at<Real>(n, c, 0, 0) = static_cast<Real>(s);
    for_each_pixel(y.shape, [&](auto h, auto w) { y.at<Real>(n, c, h, w) = 0; });
    for_each_pixel(x.shape, [&](auto h, auto w) {
      const double value = (x.at<Real>(n, c, h, w) - m) * standardize::factor(s, o.eps);
      y.at<Real>(n, c, o.top + h, o.left + w) =
          static_cast<Real>(o.limit > 0 ? std::clamp(value, -o.limit, o.limit) : value);
    });
  });
}

void backward(TensorView dx, ConstTensorView dy, ConstTensorView y, ConstTensorView std,
              ConstTensorView dmean, ConstTensorView dstd, const StandardizeOptions& o, Stream& stream) {
  for_each_plane(dx, stream, [&](auto n, auto c, auto zero) {
    using Real = decltype(zero);
    double sum_d = 0, sum_dy = 0;
    for_each_pixel(dx.shape, [&](auto h, auto w) {
      const double d = dy.at<Real>(n, c, o.top + h, o.left + w);
      sum_d += d;
      sum_dy += d * y.at<Real>(n, c, o.top + h, o.left + w);
    });
    const standardize::Backward k =
        standardize::backward_terms(sum_d, sum_dy, std.at<Real>(n, c, 0, 0),
                                    dmean.empty() ? 0.0 : static_cast<double>(dmean.at<Real>(n, c, 0, 0)),
                                    dstd.empty() ? 0.0 : static_cast<double>(dstd.at<Real>(n, c, 0, 0)),
                                    o.eps, standardize::divisor(dx.plane(), o.unbiased), dx.plane());
    for_each_pixel(dx.shape, [&](auto h, auto w) {
      dx.at<Real>(n, c, h, w) =
          static_cast<Real>(k.slope * dy.at<Real>(n, c, o.top + h, o.left + w) + k.offset +
                            k.tilt * y.at<Real>(n, c, o.top + h, o.left + w));
    });
  });
}

void back_forward(TensorView z, ConstTensorView y, ConstTensorView mean, ConstTensorView std,
                  const StandardizeOptions& o, Stream& stream) {
  for_each_plane(z, stream, [&](auto n, auto c, auto zero) {
    using Real = decltype(zero);
    const double m = mean.at<Real>(n, c, 0, 0), s = std.at<Real>(n, c, 0, 0);
    for_each_pixel(z.shape, [&](auto h, auto w) {
      z.at<Real>(n, c, h, w) = static_cast<Real>(y.at<Real>(n, c, o.top + h, o.left + w) * s + m);
    });
  });
}

void back_backward(TensorView dy, TensorView dmean, TensorView dstd, ConstTensorView dz, ConstTensorView y,
                   ConstTensorView std, const StandardizeOptions& o, Stream& stream) {
  for_each_plane(dz, stream, [&](auto n, auto c, auto zero) {
    using Real = decltype(zero);
    double sum_d = 0, sum_dy = 0;
    const double s = std.at<Real>(n, c, 0, 0);
    for_each_pixel(dy.shape, [&](auto h, auto w) { dy.at<Real>(n, c, h, w) = 0; });
    for_each_pixel(dz.shape, [&](auto h, auto w) {
      const double d = dz.at<Real>(n, c, h, w);
      dy.at<Real>(n, c, o.top + h, o.left + w) = static_cast<Real>(d * s);
      sum_d += d;
      sum_dy += y.empty() ? 0.0 : d * y.at<Real>(n, c, o.top + h, o.left + w);
    });
    if (!dmean.empty()) {
      dmean.at<Real>(n, c, 0, 0) = static_cast<Real>(sum_d);
      dstd.at<Real>(n, c, 0, 0) = static_cast<Real>(sum_dy);
    }
  });
}

}  // namespace selfsame::standardize_reference
