// SPDX-License-Identifier: Apache-2.0
// kernels/mask_kspace/mask_kspace.hpp on the CPU, by rows. Memory is what it waits for: no vector code.
#include "kernels/mask_kspace/mask_kspace_versions.hpp"

namespace selfsame::mask_kspace_cpu {

void mask(ComplexView out, ConstComplexView kspace, ConstTensorView mask, const KSpaceNoise* noise,
          Stream& stream) {
  const Shape4 shape = kspace.shape;
  const std::int64_t row_size = 2 * shape.w;
  stream.pool().run(shape.n * shape.c, [&](std::int64_t plane, int) {
    const std::int64_t n = plane / shape.c;
    const float* of_sample = mask.as<float>() + n * mask.sample_stride;
    const float scale = noise == nullptr ? 0.0f : noise->alpha * noise->sigmas[static_cast<std::size_t>(n)];
    for (std::int64_t y = 0; y < shape.h; ++y) {
      const std::int64_t at = (plane * shape.h + y) * row_size;
      const float* m = of_sample + (mask.shape.h == 1 ? 0 : y * shape.w);
      const float* k = kspace.as<float>() + at;
      const float* e = noise == nullptr ? nullptr : noise->normals.as<float>() + at;
      float* to = out.as<float>() + at;
      for (std::int64_t i = 0; i < row_size; ++i) {
        const float value = e == nullptr ? k[i] : k[i] + scale * e[i];
        to[i] = m[i / 2] == 0.0f ? 0.0f : m[i / 2] * value;
      }
    }
  });
}

}  // namespace selfsame::mask_kspace_cpu
