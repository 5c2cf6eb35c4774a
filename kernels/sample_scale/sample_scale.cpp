// SPDX-License-Identifier: Apache-2.0
#include "kernels/sample_scale/sample_scale.hpp"

#include "kernels/device/elementwise.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/sample_scale/sample_scale_gpu.hpp"

namespace selfsame {
namespace {

void check(const ConstTensorView& t, Stream& stream) {
  SELFSAME_CHECK(
      t.block == 1 && t.split == 0 && t.sample_stride == t.sample_size() &&
          (t.dtype == DType::kF32 || (t.dtype == DType::kF64 && stream.device() == DeviceKind::kCpu)),
      "tensor {} of {}, block {}", t.shape.text(), name_of(t.dtype), t.block);
}

/// y_n = factor(n) * a_n with the products in double.
template <typename Factor>
void scale(TensorView y, ConstTensorView a, Stream& stream, Factor&& factor) {
  elementwise::for_dtype(y.dtype, [&](auto real) {
    using Real = decltype(real);
    elementwise::for_each_piece(y.shape.n, y.sample_size(), stream,
                                [&](std::int64_t n, std::int64_t first, std::int64_t count) {
                                  const double s = factor(n);
                                  const Real* from = a.as<Real>() + n * y.sample_size() + first;
                                  Real* to = y.as<Real>() + n * y.sample_size() + first;
                                  for (std::int64_t i = 0; i < count; ++i) {
                                    to[i] = static_cast<Real>(s * static_cast<double>(from[i]));
                                  }
                                });
  });
}

void scale_lanes_cpu(TensorView y, ConstTensorView a, ConstParameterView scalars, double offset,
                     double factor, Stream& stream) {
  const std::int64_t batch = y.shape.n / scalars.lanes;
  scale(y, a, stream, [&](std::int64_t n) {
    const double s = scalars.dtype == DType::kF64 ? scalars.lane<double>(n / batch)[0]
                                                  : static_cast<double>(scalars.lane<float>(n / batch)[0]);
    return offset + factor * s;
  });
}

void add_lane_means_cpu(ParameterView gradient, std::span<const double> values, double factor) {
  const auto samples = values.size() / static_cast<std::size_t>(gradient.lanes);
  elementwise::for_dtype(gradient.dtype, [&](auto real) {
    using Real = decltype(real);
    for (std::int64_t l = 0; l < gradient.lanes; ++l) {
      double sum = 0;
      for (const double value : values.subspan(static_cast<std::size_t>(l) * samples, samples)) {
        sum += value;
      }
      Real& to = gradient.lane<Real>(l)[0];
      to = static_cast<Real>(static_cast<double>(to) + factor * sum / static_cast<double>(samples));
    }
  });
}

void divide_samples_cpu(TensorView y, std::span<double> values, std::span<const double> divisors,
                        Stream& stream) {
  elementwise::for_dtype(y.dtype, [&](auto real) {
    using Real = decltype(real);
    elementwise::for_each_piece(y.shape.n, y.sample_size(), stream,
                                [&](std::int64_t n, std::int64_t first, std::int64_t count) {
                                  Real* to = y.as<Real>() + n * y.sample_size() + first;
                                  const double d = divisors[static_cast<std::size_t>(n)];
                                  for (std::int64_t i = 0; i < count; ++i) {
                                    to[i] = static_cast<Real>(static_cast<double>(to[i]) / d);
                                  }
                                });
  });
  for (std::size_t n = 0; n < values.size(); ++n) {
    values[n] /= divisors[n];
  }
}

}  // namespace

void scale_lanes(TensorView y, ConstTensorView a, ConstParameterView scalars, double offset, double factor,
                 Stream& stream) {
  const OpRange range(stream, "scale_lanes");
  elementwise::check_same_layout(ConstTensorView(y), a, "y", "a");
  check(y, stream);
  SELFSAME_CHECK(scalars.lanes >= 1 && y.shape.n % scalars.lanes == 0 && scalars.count() == 1 &&
                     scalars.dtype == y.dtype,
                 "{} samples, {} lanes of {} scalars", y.shape.n, scalars.lanes, scalars.count());
  switch (stream.device()) {
    case DeviceKind::kCpu:
      scale_lanes_cpu(y, a, scalars, offset, factor, stream);
      return;
    case DeviceKind::kCuda:
      SELFSAME_IF_CUDA(cuda::sample_scale::scale_lanes(y, a, scalars, offset, factor, stream);)
      return;
    case DeviceKind::kSimulated:
      SELFSAME_IF_SIMULATED(simulated::sample_scale::scale_lanes(y, a, scalars, offset, factor, stream);)
      return;
  }
}

void add_lane_means(ParameterView gradient, std::span<const double> values, double factor, Stream& stream) {
  const OpRange range(stream, "add_lane_means");
  SELFSAME_CHECK(gradient.lanes >= 1 && gradient.count() == 1 && !values.empty() &&
                     values.size() % static_cast<std::size_t>(gradient.lanes) == 0,
                 "{} values for {} lanes of {} numbers", values.size(), gradient.lanes, gradient.count());
  switch (stream.device()) {
    case DeviceKind::kCpu:
      add_lane_means_cpu(gradient, values, factor);
      return;
    case DeviceKind::kCuda:
      SELFSAME_IF_CUDA(cuda::sample_scale::add_lane_means(gradient, values, factor, stream);)
      return;
    case DeviceKind::kSimulated:
      SELFSAME_IF_SIMULATED(simulated::sample_scale::add_lane_means(gradient, values, factor, stream);)
      return;
  }
}

void divide_samples(TensorView y, std::span<double> values, std::span<const double> divisors,
                    Stream& stream) {
  const OpRange range(stream, "divide_samples");
  check(y, stream);
  SELFSAME_CHECK(values.size() == static_cast<std::size_t>(y.shape.n) && divisors.size() == values.size(),
                 "{} values and {} divisors of {} samples", values.size(), divisors.size(), y.shape.n);
  switch (stream.device()) {
    case DeviceKind::kCpu:
      divide_samples_cpu(y, values, divisors, stream);
      return;
    case DeviceKind::kCuda:
      SELFSAME_IF_CUDA(cuda::sample_scale::divide_samples(y, values, divisors, stream);)
      return;
    case DeviceKind::kSimulated:
      SELFSAME_IF_SIMULATED(simulated::sample_scale::divide_samples(y, values, divisors, stream);)
      return;
  }
}

}  // namespace selfsame
