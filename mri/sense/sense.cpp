// SPDX-License-Identifier: Apache-2.0
#include "mri/sense/sense.hpp"

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "mri/sense/sense_cpu.hpp"
#include "mri/sense/sense_gpu.hpp"
#include "mri/sense/sense_reference.hpp"

namespace selfsame {
namespace {

bool any(const SenseProblem& /*problem*/) { return true; }

/// The blocks of one instruction set as functions of the list.
template <Isa isa, const SenseLineKernels& (*lines)(), const SensePlaneKernels& (*planes)()>
struct Blocks {
  static bool supports(const SenseProblem& problem) {
    return problem.dtype == DType::kF32 && isa_available(isa);
  }
  static sense_cpu::Kernels kernels() { return {lines(), planes()}; }
  static std::size_t prepare(Shape4 maps, FourierAxes axes, Stream& stream) {
    return sense_cpu::prepare(kernels(), maps, axes, stream);
  }
  static void forward(ComplexView kspace, ConstComplexView image, ConstComplexView maps,
                      ConstTensorView weights, FourierAxes axes, Stream& stream) {
    sense_cpu::forward(kernels(), kspace, image, maps, weights, axes, stream);
  }
  static void adjoint(ComplexView image, ConstComplexView kspace, ConstComplexView maps,
                      ConstTensorView weights, FourierAxes axes, Stream& stream) {
    sense_cpu::adjoint(kernels(), image, kspace, maps, weights, axes, stream);
  }
  static void normal(ComplexView y, ConstComplexView x, ConstComplexView maps, ConstTensorView weights,
                     FourierAxes axes, Stream& stream) {
    sense_cpu::normal(kernels(), y, x, maps, weights, axes, stream);
  }
  static constexpr SenseImplementation entry(const char* name) {
    return {name, supports, prepare, forward, adjoint, normal};
  }
};

#define SELFSAME_ENTRY(space, device)                   \
  SenseImplementation{"gpu",                            \
                      sense_gpu::supports_lines,        \
                      space::sense_lines::prepare,      \
                      space::sense_lines::forward,      \
                      space::sense_lines::adjoint,      \
                      space::sense_lines::normal,       \
                      device},                          \
      SenseImplementation{"passes",                     \
                          sense_gpu::supports_passes,   \
                          space::sense_passes::prepare, \
                          space::sense_passes::forward, \
                          space::sense_passes::adjoint, \
                          space::sense_passes::normal,  \
                          device},

constexpr SenseImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY)
        Blocks<Isa::kAvx512, avx512::sense_line_kernels, avx512::sense_plane_kernels>::entry("avx512"),
    Blocks<Isa::kAvx2, avx2::sense_line_kernels, avx2::sense_plane_kernels>::entry("avx2"),
    Blocks<Isa::kBaseline, baseline::sense_line_kernels, baseline::sense_plane_kernels>::entry("baseline"),
    {"reference", any, sense_reference::prepare, sense_reference::forward, sense_reference::adjoint,
     sense_reference::normal},
};

void check(ConstComplexView kspace, ConstComplexView image, ConstComplexView maps, ConstTensorView weights) {
  const Shape4 m = maps.shape, v = weights.shape;
  const bool weights_fit =
      weights.empty() ||
      (v.n == m.n && v.c == 1 && (v.h == 1 || v.h == m.h) && v.w == m.w && weights.block == 1 &&
       weights.sample_stride == v.h * v.w && weights.dtype == maps.dtype);
  SELFSAME_CHECK(kspace.shape == m && image.shape == (Shape4{m.n, 1, m.h, m.w}) &&
                     kspace.dtype == maps.dtype && image.dtype == maps.dtype && weights_fit,
                 "maps {} {}, k-space {} {}, image {} {}, weights {} {}", m.text(), name_of(maps.dtype),
                 kspace.shape.text(), name_of(kspace.dtype), image.shape.text(), name_of(image.dtype),
                 v.text(), name_of(weights.dtype));
}

/// The axes that the normal operator must transform: along H a unitary transform that commutes with the
/// weights cancels against its inverse.
FourierAxes normal_axes(FourierAxes axes, ConstTensorView weights) {
  const bool by_column = weights.empty() || weights.shape.h == 1;
  return axes == FourierAxes::kBoth && by_column ? FourierAxes::kWidth : axes;
}

const SenseImplementation& select(ConstComplexView maps, ConstTensorView weights, FourierAxes axes,
                                  Stream& stream) {
  const bool by_column = weights.empty() || weights.shape.h == 1;
  return select_implementation("sense", sense_implementations(),
                               SenseProblem{maps.dtype, maps.shape.h, maps.shape.w, axes, by_column}, stream);
}

}  // namespace

std::span<const SenseImplementation> sense_implementations() { return kImplementations; }

std::size_t prepare_sense(Shape4 maps, DType dtype, FourierAxes axes, Stream& stream) {
  std::size_t bytes = 0;
  for (const FourierAxes a : {axes, FourierAxes::kWidth}) {
    for (const bool by_column : {false, true}) {
      const SenseImplementation& chosen = select_implementation(
          "sense", sense_implementations(), SenseProblem{dtype, maps.h, maps.w, a, by_column}, stream);
      bytes = std::max(bytes, chosen.prepare(maps, a, stream));
    }
  }
  return bytes;
}

void sense_forward(ComplexView kspace, ConstComplexView image, ConstComplexView maps, ConstTensorView weights,
                   FourierAxes axes, Stream& stream) {
  const OpRange range(stream, "sense.forward");
  check(kspace, image, maps, weights);
  select(maps, weights, axes, stream).forward(kspace, image, maps, weights, axes, stream);
}

void sense_adjoint(ComplexView image, ConstComplexView kspace, ConstComplexView maps, ConstTensorView weights,
                   FourierAxes axes, Stream& stream) {
  const OpRange range(stream, "sense.adjoint");
  check(kspace, image, maps, weights);
  select(maps, weights, axes, stream).adjoint(image, kspace, maps, weights, axes, stream);
}

void sense_normal(ComplexView y, ConstComplexView x, ConstComplexView maps, ConstTensorView weights,
                  FourierAxes axes, Stream& stream) {
  const OpRange range(stream, "sense.normal");
  check(maps, x, maps, weights);
  check(maps, y, maps, weights);
  const FourierAxes needed = normal_axes(axes, weights);
  select(maps, weights, needed, stream).normal(y, x, maps, weights, needed, stream);
}

}  // namespace selfsame
