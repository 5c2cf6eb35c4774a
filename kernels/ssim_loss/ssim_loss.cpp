// SPDX-License-Identifier: Apache-2.0
#include "kernels/ssim_loss/ssim_loss.hpp"

#include <algorithm>

#include "kernels/device/elementwise.hpp"
#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/ssim_loss/ssim_loss_gpu.hpp"
#include "kernels/ssim_loss/ssim_loss_reference.hpp"
#include "kernels/ssim_loss/ssim_loss_rule.hpp"
#include "kernels/ssim_loss/ssim_loss_versions.hpp"

namespace selfsame {
namespace {

using KernelTable = const SsimLossKernels& (*)();
using ssim_rule::kSlopes;
using ssim_rule::kWindow;

template <KernelTable kernels>
void run(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
         ConstTensorView target, std::span<const float> ranges, std::int64_t lanes, Stream& stream) {
  const Shape4 shape = prediction.shape;
  const std::int64_t rows = shape.h - kWindow + 1, columns = shape.w - kWindow + 1;
  const std::int64_t of_row = kSlopes * columns;
  const double windows = static_cast<double>(rows * columns);
  const bool wanted = !dprediction.empty();
  Scratch scratch(stream);
  double* sums = scratch.take<double>(static_cast<std::size_t>(shape.n * rows));
  double* slopes = wanted ? scratch.take<double>(static_cast<std::size_t>(shape.n * rows * of_row)) : nullptr;
  const auto images = [&](std::int64_t n) {
    const float range = ranges[static_cast<std::size_t>(n)];
    const std::int64_t at = n * shape.h * shape.w;
    return SsimImages{prediction.as<float>() + at, target.as<float>() + at, shape.h, shape.w,
                      ssim_rule::c1_of(range),     ssim_rule::c2_of(range)};
  };
  stream.pool().run(shape.n * rows, [&](std::int64_t unit, int) {
    sums[unit] =
        kernels().window_row(wanted ? slopes + unit * of_row : nullptr, images(unit / rows), unit % rows);
  });
  for (std::int64_t n = 0; n < shape.n; ++n) {
    double sum = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      sum += sums[n * rows + row];
    }
    sample_values[static_cast<std::size_t>(n)] = 1 - sum / windows;
  }
  if (wanted) {
    const double scale = -1 / (ssim_rule::kPixels * windows * static_cast<double>(shape.n / lanes));
    stream.pool().run(shape.n * shape.h, [&](std::int64_t unit, int) {
      const std::int64_t n = unit / shape.h;
      kernels().gradient_row(dprediction.as<float>() + unit * shape.w, slopes + n * rows * of_row, images(n),
                             unit % shape.h, scale);
    });
  }
}

template <Isa isa>
bool is_float(const DType& t) {
  return isa_available(isa) && t == DType::kF32;
}
bool is_real(const DType& t) { return t == DType::kF32 || t == DType::kF64; }

#define SELFSAME_ENTRY(space, device) {"gpu", gpu_takes_float, space::ssim_loss::run, device},

constexpr SsimLossImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"avx512", is_float<Isa::kAvx512>, run<avx512::ssim_loss_kernels>},
    {"avx2", is_float<Isa::kAvx2>, run<avx2::ssim_loss_kernels>},
    {"baseline", is_float<Isa::kBaseline>, run<baseline::ssim_loss_kernels>},
    {"reference", is_real, ssim_loss_reference::run},
};

void check_plain(const ConstTensorView& t, const char* name) {
  SELFSAME_CHECK(t.block == 1 && t.split == 0 && t.sample_stride == t.plane(),
                 "{} {} of block {} and sample stride {}", name, t.shape.text(), t.block, t.sample_stride);
}

}  // namespace

std::span<const SsimLossImplementation> ssim_loss_implementations() { return kImplementations; }

std::size_t ssim_loss_workspace(const Shape4& prediction) {
  const std::int64_t rows = std::max<std::int64_t>(prediction.h - kWindow + 1, 1);
  const std::int64_t columns = std::max<std::int64_t>(prediction.w - kWindow + 1, 1);
  const std::int64_t sums = std::max(rows, ssim_tiles(rows, columns));
  return Scratch::rounded(static_cast<std::size_t>(prediction.n * sums) * sizeof(double)) +
         Scratch::rounded(static_cast<std::size_t>(prediction.n * kSlopes * rows * columns) * sizeof(double));
}

void ssim_loss(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
               ConstTensorView target, std::span<const float> ranges, std::int64_t lanes, Stream& stream) {
  const OpRange range(stream, "ssim_loss");
  const Shape4& shape = prediction.shape;
  elementwise::check_same_layout(prediction, target, "prediction", "target");
  check_plain(prediction, "prediction");
  check_plain(target, "target");
  if (!dprediction.empty()) {
    elementwise::check_same_layout(prediction, dprediction, "prediction", "dprediction");
    check_plain(dprediction, "dprediction");
  }
  SELFSAME_CHECK(shape.c == 1 && shape.h >= kWindow && shape.w >= kWindow,
                 "SSIM of {}: one channel of at least {}x{} pixels", shape.text(), kWindow, kWindow);
  SELFSAME_CHECK(static_cast<std::int64_t>(sample_values.size()) == shape.n &&
                     static_cast<std::int64_t>(ranges.size()) == shape.n,
                 "{} values and {} ranges for {}", sample_values.size(), ranges.size(), shape.text());
  SELFSAME_CHECK(lanes > 0 && shape.n > 0 && shape.n % lanes == 0, "{} samples in {} lanes", shape.n, lanes);
  select_implementation("ssim_loss", ssim_loss_implementations(), prediction.dtype, stream)
      .ssim_loss(sample_values, dprediction, prediction, target, ranges, lanes, stream);
}

}  // namespace selfsame
