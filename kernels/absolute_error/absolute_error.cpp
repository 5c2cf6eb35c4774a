// SPDX-License-Identifier: Apache-2.0
#include "kernels/absolute_error/absolute_error.hpp"

#include "kernels/absolute_error/absolute_error_versions.hpp"
#include "kernels/device/elementwise.hpp"
#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"

namespace selfsame {
namespace {

bool is_float(const DType& t) { return t == DType::kF32; }
bool is_real(const DType& t) { return t == DType::kF32 || t == DType::kF64; }

#define SELFSAME_ENTRY(space, device) {"gpu", is_float, space::absolute_error::run, device},

constexpr AbsoluteErrorImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"pieces", is_float, absolute_error_cpu::run},
    {"reference", is_real, absolute_error_reference::run},
};

void check_plain(const ConstTensorView& t, const char* name) {
  SELFSAME_CHECK(t.block == 1 && t.split == 0 && t.sample_stride == t.shape.c * t.plane(),
                 "{} {} of block {} and sample stride {}", name, t.shape.text(), t.block, t.sample_stride);
}

}  // namespace

std::span<const AbsoluteErrorImplementation> absolute_error_implementations() { return kImplementations; }

std::size_t absolute_error_workspace(const Shape4& prediction) {
  return Scratch::rounded(static_cast<std::size_t>(prediction.n * absolute_error_parts(prediction)) *
                          sizeof(double));
}

void absolute_error(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
                    ConstTensorView target, std::int64_t lanes, Stream& stream) {
  const OpRange range(stream, "absolute_error");
  elementwise::check_same_layout(prediction, target, "prediction", "target");
  check_plain(prediction, "prediction");
  check_plain(target, "target");
  if (!dprediction.empty()) {
    elementwise::check_same_layout(prediction, dprediction, "prediction", "dprediction");
    check_plain(dprediction, "dprediction");
  }
  SELFSAME_CHECK(static_cast<std::int64_t>(sample_values.size()) == prediction.shape.n, "{} values for {}",
                 sample_values.size(), prediction.shape.text());
  SELFSAME_CHECK(lanes > 0 && prediction.shape.n % lanes == 0, "{} samples in {} lanes", prediction.shape.n,
                 lanes);
  SELFSAME_CHECK(prediction.shape.count() > 0, "no elements in {}", prediction.shape.text());
  select_implementation("absolute_error", absolute_error_implementations(), prediction.dtype, stream)
      .absolute_error(sample_values, dprediction, prediction, target, lanes, stream);
}

}  // namespace selfsame
