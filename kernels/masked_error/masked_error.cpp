// SPDX-License-Identifier: Apache-2.0
#include "kernels/masked_error/masked_error.hpp"

#include "kernels/device/elementwise.hpp"
#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/masked_error/masked_error_gpu.hpp"
#include "kernels/masked_error/masked_error_reference.hpp"
#include "kernels/masked_error/masked_error_versions.hpp"

namespace selfsame {
namespace {

using KernelTable = const MaskedErrorKernels& (*)();

/// One unit of work per sample, plane after plane under the same mask.
template <KernelTable kernels>
void by_planes(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
               ConstTensorView target, ConstTensorView mask, std::int64_t lanes, Stream& stream) {
  const Shape4 shape = prediction.shape;
  const std::int64_t plane = prediction.plane();
  stream.pool().run(shape.n, [&](std::int64_t n, int) {
    const float* m = mask.as<float>() + mask.offset(n, 0, 0, 0);
    const auto elements = static_cast<double>(shape.c * kernels().pixels(m, plane));
    double sum = 0;
    for (std::int64_t c = 0; c < shape.c; ++c) {
      sum += kernels().sum(prediction.as<float>() + prediction.offset(n, c, 0, 0),
                           target.as<float>() + target.offset(n, c, 0, 0), m, plane);
    }
    sample_values[static_cast<std::size_t>(n)] = elements == 0 ? 0 : sum / elements;
    if (dprediction.empty()) {
      return;
    }
    const auto scale =
        elements == 0 ? 0.0f : static_cast<float>(2 / (elements * static_cast<double>(shape.n / lanes)));
    for (std::int64_t c = 0; c < shape.c; ++c) {
      kernels().gradient(dprediction.as<float>() + dprediction.offset(n, c, 0, 0),
                         prediction.as<float>() + prediction.offset(n, c, 0, 0),
                         target.as<float>() + target.offset(n, c, 0, 0), m, scale, plane);
    }
  });
}

template <Isa isa>
bool is_float(const DType& t) {
  return isa_available(isa) && t == DType::kF32;
}
bool is_real(const DType& t) { return t == DType::kF32 || t == DType::kF64; }

#define SELFSAME_ENTRY(space, device) {"gpu", gpu_takes_float, space::masked_error::run, device},

constexpr MaskedErrorImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"avx512", is_float<Isa::kAvx512>,
                                          by_planes<avx512::masked_error_kernels>},
    {"avx2", is_float<Isa::kAvx2>, by_planes<avx2::masked_error_kernels>},
    {"baseline", is_float<Isa::kBaseline>, by_planes<baseline::masked_error_kernels>},
    {"reference", is_real, masked_error_reference::squared_error},
};

}  // namespace

std::span<const MaskedErrorImplementation> masked_error_implementations() { return kImplementations; }

std::size_t masked_error_workspace(const Shape4& prediction) {
  const auto parts = static_cast<std::size_t>(prediction.n * masked_error_parts(prediction));
  return 2 * Scratch::rounded(parts * sizeof(double)) +
         Scratch::rounded(static_cast<std::size_t>(prediction.n) * sizeof(float));
}

void masked_squared_error(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
                          ConstTensorView target, ConstTensorView mask, std::int64_t lanes, Stream& stream) {
  const OpRange range(stream, "masked_squared_error");
  const Shape4 shape = prediction.shape;
  elementwise::check_same_layout(prediction, target, "prediction", "target");
  if (!dprediction.empty()) {
    elementwise::check_same_layout(prediction, dprediction, "prediction", "dprediction");
  }
  SELFSAME_CHECK(prediction.block == 1 && prediction.split == 0, "prediction {} block {} split {}",
                 shape.text(), prediction.block, prediction.split);
  SELFSAME_CHECK(mask.shape == (Shape4{shape.n, 1, shape.h, shape.w}) && mask.dtype == prediction.dtype &&
                     mask.block == 1 && mask.split == 0,
                 "mask {} {} block {} for a prediction {} {}", mask.shape.text(), name_of(mask.dtype),
                 mask.block, shape.text(), name_of(prediction.dtype));
  SELFSAME_CHECK(static_cast<std::int64_t>(sample_values.size()) == shape.n, "{} values for {}",
                 sample_values.size(), shape.text());
  SELFSAME_CHECK(lanes > 0 && shape.n % lanes == 0, "{} samples in {} lanes", shape.n, lanes);
  SELFSAME_CHECK(shape.count() > 0, "no elements in {}", shape.text());
  select_implementation("masked_error", masked_error_implementations(), prediction.dtype, stream)
      .squared_error(sample_values, dprediction, prediction, target, mask, lanes, stream);
}

}  // namespace selfsame
