// SPDX-License-Identifier: Apache-2.0
#include "mri/sense/sense_cpu.hpp"

#include <algorithm>

namespace selfsame::sense_cpu {
namespace {

std::size_t work_per_thread(const Kernels& kernels, Shape4 maps, FourierAxes axes) {
  const int lanes = kernels.lines.lanes;
  std::size_t floats = 0;
  if (axes != FourierAxes::kHeight) {
    floats = std::max(floats, sense_line_work(fourier_plans(maps.w).forward, lanes));
  }
  if (axes != FourierAxes::kWidth) {
    floats = std::max(floats, sense_line_work(fourier_plans(maps.h).forward, lanes));
  }
  return (floats + 15) / 16 * 16;
}

/// Planes between the axes: one for every coil, whose sum waits for all of them, or one for every thread.
std::size_t between_planes(Shape4 maps, Stream& stream) {
  return static_cast<std::size_t>(std::max<std::int64_t>(maps.c, stream.pool().threads()));
}

/// One call: where sample n is, and its units of work.
class Call {
 public:
  Call(const Kernels& kernels, ConstComplexView maps, ConstTensorView weights, FourierAxes axes,
       Stream& stream)
      : kernels_(kernels),
        maps_(maps),
        weights_(weights),
        axes_(axes),
        pool_(stream.pool()),
        scratch_(stream),
        along_w_(axes == FourierAxes::kHeight ? nullptr : &fourier_plans(maps.shape.w)),
        along_h_(axes == FourierAxes::kWidth ? nullptr : &fourier_plans(maps.shape.h)),
        per_thread_(work_per_thread(kernels, maps.shape, axes)),
        work_(scratch_.take<float>(per_thread_ * static_cast<std::size_t>(pool_.threads()))) {
    if (axes == FourierAxes::kBoth) {
      coil_floats_ = fourier_between(maps.shape.h, maps.shape.w, kernels.lines.lanes);
      between_ = scratch_.take<float>(coil_floats_ * between_planes(maps.shape, stream));
    }
  }

  ConstComplexView image, kspace;  ///< read
  ComplexView image_out, kspace_out;

  /// Blocks of lines of all samples.
  void lines(void (*kernel)(const SenseLines&)) const {
    const bool rows = axes_ == FourierAxes::kWidth;
    const std::int64_t per_sample = blocks(rows ? maps_.shape.h : maps_.shape.w);
    pool_.run(maps_.shape.n * per_sample, [&](std::int64_t unit, int thread) {
      const SenseArrays arrays = sample(unit / per_sample);
      kernel({&arrays, rows ? along_w_ : along_h_, unit % per_sample * kernels_.lines.lanes, rows,
              work_of(thread)});
    });
  }

  /// For every coil `rows` of all blocks of rows, then `columns` of all blocks of columns. A coil stays with
  /// a thread, in whose cache it waits; those that do not go round are shared, half by half. `kept`: the
  /// planes between are one per coil.
  using Block = void (*)(const SensePlanes&, std::ptrdiff_t coil, std::ptrdiff_t block);
  void coils(std::int64_t n, bool kept, bool centred, Block rows, Block columns) const {
    const SenseArrays arrays = sample(n);
    const std::int64_t whole = arrays.coils - arrays.coils % pool_.threads();
    pool_.run(whole, [&](std::int64_t c, int thread) {
      const SensePlanes mine = planes(arrays, kept ? c : thread, centred, thread);
      for (std::int64_t b = 0; b < blocks(arrays.h); ++b) {
        rows(mine, c, b);
      }
      for (std::int64_t b = 0; b < blocks(arrays.w); ++b) {
        columns(mine, c, b);
      }
    });
    for (std::int64_t c = whole; c < arrays.coils; ++c) {
      const auto shared = [&](int thread) { return planes(arrays, kept ? c : 0, centred, thread); };
      pool_.run(blocks(arrays.h), [&](std::int64_t b, int thread) { rows(shared(thread), c, b); });
      pool_.run(blocks(arrays.w), [&](std::int64_t b, int thread) { columns(shared(thread), c, b); });
    }
  }

  void collect(std::int64_t n) const {
    const SenseArrays arrays = sample(n);
    const std::int64_t per_coil = blocks(arrays.w);
    pool_.run(arrays.coils * per_coil, [&](std::int64_t unit, int thread) {
      const std::int64_t c = unit / per_coil;
      kernels_.planes.collect(planes(arrays, c, true, thread), c, unit % per_coil);
    });
  }

  void combine(std::int64_t n, bool centred) const {
    const SenseArrays arrays = sample(n);
    pool_.run(blocks(arrays.h), [&](std::int64_t b, int thread) {
      kernels_.planes.combine(planes(arrays, 0, centred, thread), b);
    });
  }

  [[nodiscard]] std::int64_t samples() const { return maps_.shape.n; }

 private:
  [[nodiscard]] std::int64_t blocks(std::int64_t lines) const {
    return (lines + kernels_.lines.lanes - 1) / kernels_.lines.lanes;
  }
  [[nodiscard]] float* work_of(int thread) const {
    return work_ + static_cast<std::size_t>(thread) * per_thread_;
  }
  [[nodiscard]] SensePlanes planes(const SenseArrays& arrays, std::int64_t between, bool centred,
                                   int thread) const {
    return {&arrays, along_w_,       along_h_, between_ + static_cast<std::size_t>(between) * coil_floats_,
            centred, work_of(thread)};
  }
  [[nodiscard]] SenseArrays sample(std::int64_t n) const {
    SenseArrays a{};
    a.coils = maps_.shape.c, a.h = maps_.shape.h, a.w = maps_.shape.w;
    a.maps = maps_.plane_of<float>(n, 0);
    a.image = image.empty() ? nullptr : image.plane_of<float>(n, 0);
    a.kspace = kspace.empty() ? nullptr : kspace.plane_of<float>(n, 0);
    a.image_out = image_out.empty() ? nullptr : image_out.plane_of<float>(n, 0);
    a.kspace_out = kspace_out.empty() ? nullptr : kspace_out.plane_of<float>(n, 0);
    a.weights = weights_.empty() ? nullptr : weights_.as<float>() + n * weights_.sample_stride;
    a.weights_stride = weights_.empty() || weights_.shape.h == 1 ? 0 : weights_.shape.w;
    return a;
  }

  const Kernels& kernels_;
  ConstComplexView maps_;
  ConstTensorView weights_;
  FourierAxes axes_;
  ThreadPool& pool_;
  Scratch scratch_;
  const FourierPlans *along_w_, *along_h_;
  std::size_t per_thread_;
  float* work_;
  std::size_t coil_floats_ = 0;
  float* between_ = nullptr;
};

}  // namespace

std::size_t prepare(const Kernels& kernels, Shape4 maps, FourierAxes axes, Stream& stream) {
  const auto threads = static_cast<std::size_t>(stream.pool().threads());
  std::size_t bytes = Scratch::rounded(threads * work_per_thread(kernels, maps, axes) * sizeof(float));
  if (axes == FourierAxes::kBoth) {
    bytes += Scratch::rounded(between_planes(maps, stream) *
                              fourier_between(maps.h, maps.w, kernels.lines.lanes) * sizeof(float));
  }
  return bytes;
}

void forward(const Kernels& kernels, ComplexView kspace, ConstComplexView image, ConstComplexView maps,
             ConstTensorView weights, FourierAxes axes, Stream& stream) {
  Call call(kernels, maps, weights, axes, stream);
  call.image = image;
  call.kspace_out = kspace;
  if (axes != FourierAxes::kBoth) {
    call.lines(kernels.lines.forward);
    return;
  }
  for (std::int64_t n = 0; n < call.samples(); ++n) {
    call.coils(n, false, true, kernels.planes.expand, kernels.planes.measure);
  }
}

void adjoint(const Kernels& kernels, ComplexView image, ConstComplexView kspace, ConstComplexView maps,
             ConstTensorView weights, FourierAxes axes, Stream& stream) {
  Call call(kernels, maps, weights, axes, stream);
  call.kspace = kspace;
  call.image_out = image;
  if (axes != FourierAxes::kBoth) {
    call.lines(kernels.lines.adjoint);
    return;
  }
  for (std::int64_t n = 0; n < call.samples(); ++n) {
    call.collect(n);
    call.combine(n, true);
  }
}

void normal(const Kernels& kernels, ComplexView y, ConstComplexView x, ConstComplexView maps,
            ConstTensorView weights, FourierAxes axes, Stream& stream) {
  Call call(kernels, maps, weights, axes, stream);
  call.image = x;
  call.image_out = y;
  if (axes != FourierAxes::kBoth) {
    call.lines(kernels.lines.normal);
    return;
  }
  for (std::int64_t n = 0; n < call.samples(); ++n) {
    call.coils(n, true, false, kernels.planes.expand, kernels.planes.filter);
    call.combine(n, false);
  }
}

}  // namespace selfsame::sense_cpu
