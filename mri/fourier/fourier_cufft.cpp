// SPDX-License-Identifier: Apache-2.0
// mri/fourier/fourier.hpp with cuFFT. Not yet run on a GPU.
#include "mri/fourier/fourier_cufft.hpp"

#include <array>
#include <cmath>
#include <map>
#include <mutex>
#include <tuple>

#include "kernels/device/cuda/cufft_library.hpp"
#include "mri/fourier/fourier_gpu.hpp"

namespace selfsame::fourier_cufft {
namespace {

/// A plan that takes its work area from the caller.
struct Plan {
  cufftHandle handle = 0;
  std::size_t work_bytes = 0;
  std::int64_t calls = 1, step = 0;  // runs of the plan, and complex numbers between them
};

/// Along both axes, or all rows of all planes, in one run; columns plane by plane, since cuFFT counts batches
/// in one dimension.
Plan make_plan(const Shape4& shape, FourierAxes axes) {
  const CufftLibrary& library = cufft_library();
  long long int h = shape.h, w = shape.w;
  const long long int planes = shape.n * shape.c;
  std::array<long long int, 2> sizes{h, w};
  int rank = 2;
  long long int stride = 1, distance = h * w, batch = planes;
  Plan plan;
  if (axes == FourierAxes::kWidth) {
    rank = 1, sizes = {w, 1}, distance = w, batch = planes * h;
  } else if (axes == FourierAxes::kHeight) {
    rank = 1, sizes = {h, 1}, stride = w, distance = 1, batch = w;
    plan.calls = planes, plan.step = shape.h * shape.w;
  }
  std::array<long long int, 2> embedding = sizes;
  cufft_check(library.cufftCreate(&plan.handle), "cufftCreate");
  cufft_check(library.cufftSetAutoAllocation(plan.handle, 0), "cufftSetAutoAllocation");
  cufft_check(
      library.cufftMakePlanMany64(plan.handle, rank, sizes.data(), embedding.data(), stride, distance,
                                  embedding.data(), stride, distance, CUFFT_C2C, batch, &plan.work_bytes),
      "cufftMakePlanMany64");
  return plan;
}

/// The stream's own plan: two streams would use one work area at a time.
const Plan& plan_of(const Shape4& shape, FourierAxes axes, Stream& stream) {
  using Key = std::tuple<void*, std::int64_t, std::int64_t, std::int64_t, FourierAxes>;
  static std::mutex lock;
  static std::map<Key, Plan> plans;  // kept; a queue at the same address takes them over
  const std::scoped_lock guard(lock);
  Plan& plan = plans[Key{stream.queue().native(), shape.n * shape.c, shape.h, shape.w, axes}];
  if (plan.handle == 0) {
    SELFSAME_CHECK(!stream.queue().capturing(), "cufft: planes {} first used while a graph is recorded",
                   shape.text());
    plan = make_plan(shape, axes);
    cufft_check(
        cufft_library().cufftSetStream(plan.handle, static_cast<cudaStream_t>(stream.queue().native())),
        "cufftSetStream");
  }
  return plan;
}

}  // namespace

std::size_t prepare(Shape4 shape, FourierAxes axes, Stream& stream) {
  const std::size_t planes = static_cast<std::size_t>(shape.count()) * 2 * sizeof(float);
  return Scratch::rounded(planes) + Scratch::rounded(plan_of(shape, axes, stream).work_bytes);
}

void transform(ComplexView y, ConstComplexView x, FourierAxes axes, FourierDirection direction,
               Stream& stream) {
  const CufftLibrary& library = cufft_library();
  const Plan& plan = plan_of(x.shape, axes, stream);
  Scratch scratch(stream);
  const ComplexView turned(scratch.take<std::byte>(x.bytes()), x.dtype, x.shape);
  cufft_check(library.cufftSetWorkArea(plan.handle, scratch.take<std::byte>(plan.work_bytes)),
              "cufftSetWorkArea");

  // The centre moves to the first number, and the first number back to the centre.
  const std::int64_t H = axes == FourierAxes::kWidth ? 1 : x.shape.h;
  const std::int64_t W = axes == FourierAxes::kHeight ? 1 : x.shape.w;
  cuda::fourier_shift::shift(turned, x, H / 2, W / 2, 1, stream);
  auto* numbers = static_cast<cufftComplex*>(turned.data);
  for (std::int64_t call = 0; call < plan.calls; ++call) {
    cufftComplex* const at = numbers + call * plan.step;
    cufft_check(library.cufftExecC2C(plan.handle, at, at,
                                     direction == FourierDirection::kForward ? CUFFT_FORWARD : CUFFT_INVERSE),
                "cufftExecC2C");
  }
  cuda::fourier_shift::shift(y, turned, H - H / 2 == H ? 0 : H - H / 2, W - W / 2 == W ? 0 : W - W / 2,
                             1 / std::sqrt(static_cast<double>(H * W)), stream);
}

}  // namespace selfsame::fourier_cufft
