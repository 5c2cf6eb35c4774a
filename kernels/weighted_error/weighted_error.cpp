// SPDX-License-Identifier: Apache-2.0
#include "kernels/weighted_error/weighted_error.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/weighted_error/weighted_error_gpu.hpp"
#include "kernels/weighted_error/weighted_error_reference.hpp"
#include "kernels/weighted_error/weighted_error_versions.hpp"

namespace selfsame {
namespace {

using KernelTable = const WeightedErrorKernels& (*)();

/// The rows of one plane (n, c).
struct Row {
  std::int64_t offset;  // floats into the arrays
  const float* weights;
};
template <typename F>
void for_rows(const Shape4& shape, const ConstTensorView& weights, std::int64_t plane, F&& f) {
  const float* of_sample = weights.as<float>() + plane / shape.c * weights.sample_stride;
  for (std::int64_t y = 0; y < shape.h; ++y) {
    f(Row{(plane * shape.h + y) * shape.w * 2, of_sample + (weights.shape.h == 1 ? 0 : y * shape.w)});
  }
}

/// Runs f(plane) for all planes and adds what it returns over the planes of a sample, in their order.
template <typename Sum, typename F>
void sum_planes(const Shape4& shape, Sum* planes, Stream& stream, F&& f) {
  stream.pool().run(shape.n * shape.c, [&](std::int64_t plane, int) { planes[plane] = f(plane); });
}

double add_planes(const double* planes, std::int64_t count) {
  double sum = 0;
  for (std::int64_t c = 0; c < count; ++c) {
    sum += planes[c];
  }
  return sum;
}

template <KernelTable kernels>
void squared_error(std::span<double> sample_values, ComplexView dprediction, ConstComplexView prediction,
                   ConstComplexView target, ConstTensorView weights, std::span<const double> divisors,
                   std::int64_t lanes, Stream& stream) {
  const Shape4 shape = prediction.shape;
  const double B = static_cast<double>(shape.n / lanes);
  const auto divisor = [&](std::int64_t n) {
    return divisors.empty() ? static_cast<double>(shape.c * shape.h * shape.w)
                            : divisors[static_cast<std::size_t>(n)];
  };
  const float *p = prediction.as<float>(), *t = target.as<float>();
  Scratch scratch(stream);
  double* planes = scratch.take<double>(static_cast<std::size_t>(shape.n * shape.c));
  sum_planes(shape, planes, stream, [&](std::int64_t plane) {
    const auto scale = static_cast<float>(2 / (divisor(plane / shape.c) * B));
    double sum = 0;
    for_rows(shape, weights, plane, [&](const Row& row) {
      const std::int64_t at = row.offset;
      sum += kernels().squared_error(p + at, t + at, row.weights, shape.w);
      if (!dprediction.empty()) {
        kernels().gradient(dprediction.as<float>() + at, p + at, t + at, row.weights, scale, shape.w);
      }
    });
    return sum;
  });
  for (std::int64_t n = 0; n < shape.n; ++n) {
    sample_values[static_cast<std::size_t>(n)] = add_planes(planes + n * shape.c, shape.c) / divisor(n);
  }
}

template <KernelTable kernels>
void squares(std::span<double> sums, ConstComplexView z, ConstTensorView weights, Stream& stream) {
  const Shape4 shape = z.shape;
  Scratch scratch(stream);
  double* planes = scratch.take<double>(static_cast<std::size_t>(shape.n * shape.c));
  sum_planes(shape, planes, stream, [&](std::int64_t plane) {
    double sum = 0;
    for_rows(shape, weights, plane, [&](const Row& row) {
      sum += kernels().squares(z.as<float>() + row.offset, row.weights, shape.w);
    });
    return sum;
  });
  for (std::int64_t n = 0; n < shape.n; ++n) {
    sums[static_cast<std::size_t>(n)] = add_planes(planes + n * shape.c, shape.c);
  }
}

template <KernelTable kernels>
void relative(std::span<double> sample_values, ComplexView dprediction, ConstComplexView prediction,
              ConstComplexView target, ConstTensorView weights, std::int64_t lanes, Stream& stream) {
  const Shape4 shape = prediction.shape;
  const double B = static_cast<double>(shape.n / lanes);
  const float *p = prediction.as<float>(), *t = target.as<float>();
  Scratch scratch(stream);
  auto* planes = scratch.take<RelativeSums>(static_cast<std::size_t>(shape.n * shape.c));
  sum_planes(shape, planes, stream, [&](std::int64_t plane) {
    RelativeSums sums{};
    for_rows(shape, weights, plane, [&](const Row& row) {
      kernels().relative(sums, p + row.offset, t + row.offset, row.weights, shape.w);
    });
    return sums;
  });
  // The first plane's place takes the sample's sums.
  for (std::int64_t n = 0; n < shape.n; ++n) {
    RelativeSums& sums = planes[n * shape.c];
    for (std::int64_t c = 1; c < shape.c; ++c) {
      const RelativeSums& plane = planes[n * shape.c + c];
      sums = {sums.e2 + plane.e2, sums.n2 + plane.n2, sums.e1 + plane.e1, sums.n1 + plane.n1};
    }
    sample_values[static_cast<std::size_t>(n)] = 0.5 * std::sqrt(sums.e2 / sums.n2) + 0.5 * sums.e1 / sums.n1;
  }
  if (dprediction.empty()) {
    return;
  }
  stream.pool().run(shape.n * shape.c, [&](std::int64_t plane, int) {
    const RelativeSums& sums = planes[plane / shape.c * shape.c];
    for_rows(shape, weights, plane, [&](const Row& row) {
      const std::int64_t at = row.offset;
      kernels().relative_gradient(dprediction.as<float>() + at, p + at, t + at, row.weights,
                                  0.5 / (std::sqrt(sums.e2 * sums.n2) * B), 0.5 / (sums.n1 * B), shape.w);
    });
  });
}

template <Isa isa>
bool is_float(const DType& t) {
  return isa_available(isa) && t == DType::kF32;
}
bool is_real(const DType& t) { return t == DType::kF32 || t == DType::kF64; }

template <Isa isa, KernelTable kernels>
constexpr WeightedErrorImplementation fast(const char* name) {
  return {name, is_float<isa>, squared_error<kernels>, squares<kernels>, relative<kernels>};
}

#define SELFSAME_ENTRY(space, device)                               \
  WeightedErrorImplementation{"gpu",                                \
                              gpu_takes_float,                      \
                              space::weighted_error::squared_error, \
                              space::weighted_error::squares,       \
                              space::weighted_error::relative,      \
                              device},

constexpr WeightedErrorImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY) fast<Isa::kAvx512, avx512::weighted_error_kernels>("avx512"),
    fast<Isa::kAvx2, avx2::weighted_error_kernels>("avx2"),
    fast<Isa::kBaseline, baseline::weighted_error_kernels>("baseline"),
    {"reference", is_real, weighted_error_reference::squared_error, weighted_error_reference::squares,
     weighted_error_reference::relative},
};

const WeightedErrorImplementation& select(DType dtype, Stream& stream) {
  return select_implementation("weighted_error", weighted_error_implementations(), dtype, stream);
}

void check_weights(const ConstTensorView& weights, const ConstComplexView& z, std::size_t values) {
  const Shape4 &w = weights.shape, &s = z.shape;
  SELFSAME_CHECK(w.n == s.n && w.c == 1 && (w.h == 1 || w.h == s.h) && w.w == s.w && weights.block == 1 &&
                     weights.split == 0 && weights.dtype == z.dtype && weights.sample_stride == w.h * w.w,
                 "weights {} {} block {} for numbers {} {}", w.text(), name_of(weights.dtype), weights.block,
                 s.text(), name_of(z.dtype));
  SELFSAME_CHECK(static_cast<std::int64_t>(values) == s.n, "{} values for {}", values, s.text());
  SELFSAME_CHECK(s.count() > 0, "no numbers in {}", s.text());
}

void check(const ComplexView& d, const ConstComplexView& p, const ConstComplexView& t,
           const ConstTensorView& weights, std::size_t values, std::int64_t lanes) {
  SELFSAME_CHECK(p.shape == t.shape && p.dtype == t.dtype, "prediction {} {}, target {} {}", p.shape.text(),
                 name_of(p.dtype), t.shape.text(), name_of(t.dtype));
  SELFSAME_CHECK(d.empty() || (p.shape == d.shape && p.dtype == d.dtype),
                 "prediction {} {}, dprediction {} {}", p.shape.text(), name_of(p.dtype), d.shape.text(),
                 name_of(d.dtype));
  SELFSAME_CHECK(lanes > 0 && p.shape.n % lanes == 0, "{} samples in {} lanes", p.shape.n, lanes);
  check_weights(weights, p, values);
}

}  // namespace

std::span<const WeightedErrorImplementation> weighted_error_implementations() { return kImplementations; }

std::size_t weighted_error_workspace(const Shape4& prediction) {
  const std::int64_t parts = std::max(prediction.c, weighted_error_parts(prediction));
  return Scratch::rounded(static_cast<std::size_t>(prediction.n * parts) * sizeof(RelativeSums)) +
         Scratch::rounded(static_cast<std::size_t>(prediction.n) * 2 * sizeof(double));
}

void weighted_squared_error(std::span<double> sample_values, ComplexView dprediction,
                            ConstComplexView prediction, ConstComplexView target, ConstTensorView weights,
                            std::span<const double> divisors, std::int64_t lanes, Stream& stream) {
  const OpRange range(stream, "weighted_squared_error");
  check(dprediction, prediction, target, weights, sample_values.size(), lanes);
  SELFSAME_CHECK(divisors.empty() || static_cast<std::int64_t>(divisors.size()) == prediction.shape.n,
                 "{} divisors for {}", divisors.size(), prediction.shape.text());
  select(prediction.dtype, stream)
      .squared_error(sample_values, dprediction, prediction, target, weights, divisors, lanes, stream);
}

void weighted_squares(std::span<double> sums, ConstComplexView z, ConstTensorView weights, Stream& stream) {
  const OpRange range(stream, "weighted_squares");
  check_weights(weights, z, sums.size());
  select(z.dtype, stream).squares(sums, z, weights, stream);
}

void relative_error(std::span<double> sample_values, ComplexView dprediction, ConstComplexView prediction,
                    ConstComplexView target, ConstTensorView weights, std::int64_t lanes, Stream& stream) {
  const OpRange range(stream, "relative_error");
  check(dprediction, prediction, target, weights, sample_values.size(), lanes);
  select(prediction.dtype, stream)
      .relative(sample_values, dprediction, prediction, target, weights, lanes, stream);
}

}  // namespace selfsame
