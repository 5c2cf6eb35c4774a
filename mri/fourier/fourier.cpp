// SPDX-License-Identifier: Apache-2.0
#include "mri/fourier/fourier.hpp"

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "mri/fourier/fourier_cpu.hpp"
#include "mri/fourier/fourier_cufft.hpp"
#include "mri/fourier/fourier_fftw.hpp"
#include "mri/fourier/fourier_gpu.hpp"
#include "mri/fourier/fourier_reference.hpp"

namespace selfsame {
namespace {

bool any(const FourierProblem& /*problem*/) { return true; }

using KernelTable = const FourierKernels& (*)();

template <Isa isa>
bool runs(const FourierProblem& problem) {
  return problem.dtype == DType::kF32 && isa_available(isa);
}
template <KernelTable kernels>
std::size_t prepare(Shape4 shape, FourierAxes axes, Stream& stream) {
  return fourier_cpu::prepare(kernels(), shape, axes, stream);
}
template <KernelTable kernels>
void transform(ComplexView y, ConstComplexView x, FourierAxes axes, FourierDirection direction,
               Stream& stream) {
  fourier_cpu::transform(kernels(), y, x, axes, direction, stream);
}
template <Isa isa, KernelTable kernels>
constexpr FourierImplementation blocks(const char* name) {
  return {name, runs<isa>, prepare<kernels>, transform<kernels>};
}

bool fftw(const FourierProblem& problem) { return problem.dtype == DType::kF32 && fourier_fftw::available(); }

#define SELFSAME_ENTRY(space, device)                                                \
  FourierImplementation{"gpu", fourier_gpu::supports, space::fourier_lines::prepare, \
                        space::fourier_lines::transform, device},

#if defined(SELFSAME_CUFFT)
#define SELFSAME_CUFFT_ENTRY                                                                              \
  FourierImplementation{"cufft", fourier_gpu::supports, fourier_cufft::prepare, fourier_cufft::transform, \
                        DeviceKind::kCuda},
#else
#define SELFSAME_CUFFT_ENTRY
#endif

constexpr FourierImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY)
        SELFSAME_CUFFT_ENTRY blocks<Isa::kAvx512, avx512::fourier_kernels>("avx512"),
    blocks<Isa::kAvx2, avx2::fourier_kernels>("avx2"),
    blocks<Isa::kBaseline, baseline::fourier_kernels>("baseline"),
    {"fftw", fftw, fourier_fftw::prepare, fourier_fftw::transform},
    {"reference", any, fourier_reference::prepare, fourier_reference::transform},
};

const FourierImplementation& select(Shape4 shape, DType dtype, FourierAxes axes, Stream& stream) {
  return select_implementation("fourier", fourier_implementations(),
                               FourierProblem{dtype, shape.h, shape.w, axes}, stream);
}

}  // namespace

std::span<const FourierImplementation> fourier_implementations() { return kImplementations; }

std::size_t prepare_fourier(Shape4 shape, DType dtype, FourierAxes axes, Stream& stream) {
  return select(shape, dtype, axes, stream).prepare(shape, axes, stream);
}

void fourier(ComplexView y, ConstComplexView x, FourierAxes axes, FourierDirection direction,
             Stream& stream) {
  const OpRange range(stream, "fourier");
  SELFSAME_CHECK(y.shape == x.shape && y.dtype == x.dtype && x.shape.h >= 1 && x.shape.w >= 1,
                 "y {} {}, x {} {}", y.shape.text(), name_of(y.dtype), x.shape.text(), name_of(x.dtype));
  if (x.count() > 0) {
    select(x.shape, x.dtype, axes, stream).transform(y, x, axes, direction, stream);
  }
}

}  // namespace selfsame
