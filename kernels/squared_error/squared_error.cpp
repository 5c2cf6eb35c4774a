// SPDX-License-Identifier: Apache-2.0
#include "kernels/squared_error/squared_error.hpp"

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/squared_error/squared_error_gpu.hpp"
#include "kernels/squared_error/squared_error_reference.hpp"
#include "kernels/squared_error/squared_error_versions.hpp"

namespace selfsame {
namespace {

using KernelTable = const SquaredErrorKernels& (*)();

/// Padding channels are zero in both tensors, so whole samples are summed as they lie in memory.
template <KernelTable kernels>
void flat(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
          ConstTensorView target, std::int64_t lanes, Stream& stream) {
  const Shape4 shape = prediction.shape;
  const double elements = static_cast<double>(shape.c * shape.h * shape.w);
  const auto scale = static_cast<float>(2 / (elements * static_cast<double>(shape.n / lanes)));
  elementwise::for_stored_type(prediction.dtype, [&](auto zero) {
    using T = decltype(zero);
    stream.pool().run(shape.n, [&](std::int64_t n, int) {
      const T* p = prediction.as<T>() + n * prediction.sample_stride;
      const T* t = target.as<T>() + n * target.sample_stride;
      sample_values[static_cast<std::size_t>(n)] =
          kernels().of(zero).sum(p, t, prediction.sample_size()) / elements;
      if (!dprediction.empty()) {
        kernels().of(zero).gradient(dprediction.as<T>() + n * dprediction.sample_stride, p, t, scale,
                                    prediction.sample_size());
      }
    });
  });
}

#define SELFSAME_ENTRY(space, device) {"gpu", elementwise::is_gpu_flat, space::squared_error::run, device},

constexpr SquaredErrorImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"avx512", elementwise::is_flat<Isa::kAvx512>,
                                          flat<avx512::squared_error_kernels>},
    {"avx2", elementwise::is_flat<Isa::kAvx2>, flat<avx2::squared_error_kernels>},
    {"baseline", elementwise::is_flat<Isa::kBaseline>, flat<baseline::squared_error_kernels>},
    {"reference", elementwise::is_real, squared_error_reference::squared_error},
};

}  // namespace

std::span<const SquaredErrorImplementation> squared_error_implementations() { return kImplementations; }

std::size_t squared_error_workspace(const Shape4& prediction) {
  const std::int64_t parts = squared_error_parts(prediction);
  return parts <= 1 ? 0 : Scratch::rounded(static_cast<std::size_t>(prediction.n * parts) * sizeof(double));
}

void squared_error(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
                   ConstTensorView target, std::int64_t lanes, Stream& stream) {
  const OpRange range(stream, "squared_error");
  elementwise::check_same_layout(prediction, target, "prediction", "target");
  if (!dprediction.empty()) {
    elementwise::check_same_layout(prediction, dprediction, "prediction", "dprediction");
  }
  SELFSAME_CHECK(static_cast<std::int64_t>(sample_values.size()) == prediction.shape.n, "{} values for {}",
                 sample_values.size(), prediction.shape.text());
  SELFSAME_CHECK(lanes > 0 && prediction.shape.n % lanes == 0, "{} samples in {} lanes", prediction.shape.n,
                 lanes);
  SELFSAME_CHECK(prediction.shape.count() > 0, "no elements in {}", prediction.shape.text());
  select_implementation("squared_error", squared_error_implementations(),
                        ElementwiseProblem{prediction.dtype, prediction.block}, stream)
      .squared_error(sample_values, dprediction, prediction, target, lanes, stream);
}

}  // namespace selfsame
