// SPDX-License-Identifier: Apache-2.0
// kernels/mask_kspace/mask_kspace.hpp on a GPU: one thread per complex number. The mask of number i of a
// sample is mask[i mod period], period W or H*W. Not yet run on a GPU.
#include <limits>

#include "kernels/device/gpu/flat_map.cuh"
#include "kernels/mask_kspace/mask_kspace_versions.hpp"

namespace selfsame::SELFSAME_GPU::mask_kspace {
namespace {

constexpr int kThreads = 256;
using Number = Pack<float, 2>;

struct Args {
  Number* out;  // may be kspace or normals
  const Number *kspace, *normals;
  const float *mask, *sigmas;
  float alpha;
  int count, period;  // complex numbers of a sample, mask entries of a sample
};

template <bool kNoise>
__global__ void mask_kspace_kernel(Args a) {
  const int i = block_x() * kThreads + thread_x();
  const std::int64_t n = block_y(), at = n * a.count + i;
  if (i >= a.count) {
    return;
  }
  const float m = a.mask[n * a.period + i % a.period];
  Number value{};
  if (m != 0.0f) {
    value = a.kspace[at];
    if constexpr (kNoise) {
      const float scale = a.alpha * a.sigmas[n];
      const Number e = a.normals[at];
      value.v[0] = value.v[0] + scale * e.v[0];
      value.v[1] = value.v[1] + scale * e.v[1];
    }
    value.v[0] = m * value.v[0];
    value.v[1] = m * value.v[1];
  }
  a.out[at] = value;
}

}  // namespace

void mask(ComplexView out, ConstComplexView kspace, ConstTensorView mask, const KSpaceNoise* noise,
          Stream& stream) {
  const Shape4 shape = kspace.shape;
  const std::int64_t count = shape.c * shape.h * shape.w;
  if (shape.n == 0 || count == 0) {
    return;
  }
  SELFSAME_CHECK(count <= std::numeric_limits<int>::max() - kThreads,
                 "mask_kspace: samples of {} are too large", shape.text());
  const bool noisy = noise != nullptr;
  const Args a{static_cast<Number*>(out.data),
               static_cast<const Number*>(kspace.data),
               noisy ? static_cast<const Number*>(noise->normals.data) : nullptr,
               mask.as<float>(),
               noisy ? noise->sigmas.data() : nullptr,
               noisy ? noise->alpha : 0.0f,
               static_cast<int>(count),
               static_cast<int>(mask.shape.h * mask.shape.w)};
  launch("mask_kspace", noisy ? mask_kspace_kernel<true> : mask_kspace_kernel<false>,
         LaunchShape{{blocks_for(count, kThreads), shape.n, 1}, {kThreads, 1, 1}}, stream, a);
}

}  // namespace selfsame::SELFSAME_GPU::mask_kspace
