// SPDX-License-Identifier: Apache-2.0
// kernels/noise/noise.hpp on a GPU: one thread per group of four neighbouring elements of the image, which
// share the words of one Philox call. The bits of the normals are the CPU's: this file is compiled without
// fused multiply-adds (cmake/Layers.cmake). Not yet run on a GPU.
#include "kernels/noise/noise_gpu.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/device/gpu/gpu.cuh"
#include "kernels/noise/normal_polynomials.hpp"
#include "kernels/noise/pixel_noise.hpp"

namespace selfsame::SELFSAME_GPU::noise {
namespace {

constexpr int kThreads = 256;
constexpr int kGroup = 4;  // elements of a Philox call

struct Args {
  float* noisy;
  const float* clean;  // may be noisy; null = zeros
  const SampleOrigin* origins;
  std::int64_t noisy_stride, clean_stride;
  int channels, h, w;
  int rows, groups;  // of a window at most, and of a row of it
  RandomPurpose purpose;
  NoiseModel model;
};

// ---- device helpers
// -----------------------------------------------------------------------------------------

__device__ inline void box_muller(float* out, std::uint32_t a, std::uint32_t b) {
  const float r = std::sqrt(-2.0f * natural_log(uniform(a)));
  const SineCosine on_circle = sine_cosine(6.2831853071795865f * uniform(b));
  out[0] = r * on_circle.cosine;
  out[1] = r * on_circle.sine;
}

/// The four normals of a group.
__device__ inline void normals(float (&out)[kGroup], const RandomStream& random, std::int64_t group) {
  const Philox::Counter words = random.words(static_cast<std::uint64_t>(group));
  box_muller(out, words[0], words[1]);
  box_muller(out + 2, words[2], words[3]);
}

/// A count over peak, as poisson_draw; NaN if no double can hold the count.
__device__ inline float poisson_part(float clean, double peak, const RandomStream& random,
                                     std::int64_t place) {
  const double mean = peak * static_cast<double>(clean);
  if (mean <= 0.0) {
    return 0.0f;
  }
  if (!(mean < selfsame::poisson::kCountable)) {
    return std::numeric_limits<float>::quiet_NaN();
  }
  return static_cast<float>(selfsame::poisson::draw(mean, random, static_cast<std::uint64_t>(place)) / peak);
}

// ---- kernel
// -------------------------------------------------------------------------------------------------

/// Words of a Philox call, or normals, that four neighbouring pixels share.
template <NoiseType kType>
struct Shared {
  float e[kGroup];
  std::uint32_t signs;  // a group of four lies within a word of signs
  __device__ Shared(const RandomStream& random, std::int64_t group) {
    if constexpr (kType == NoiseType::kGaussian || kType == NoiseType::kPoissonGaussian) {
      normals(e, random, group);
    }
    if constexpr (kType == NoiseType::kRademacher) {
      const auto place = static_cast<std::uint64_t>(group) * kGroup;
      signs = pixel_noise::word_of_signs(random.words(pixel_noise::group_of_signs(place)), place);
    }
  }
};

/// Pixel r of a group, at `place`.
template <NoiseType kType>
__device__ float noisy_pixel(float v, const Shared<kType>& shared, int r, const NoiseModel& model,
                             const RandomStream& random, std::int64_t place) {
  const auto pixel = static_cast<std::uint64_t>(place);
  if constexpr (kType == NoiseType::kPoisson || kType == NoiseType::kPoissonGaussian) {
    v = poisson_part(v, static_cast<double>(model.peak), random, place);
  }
  if constexpr (kType == NoiseType::kGaussian || kType == NoiseType::kPoissonGaussian) {
    v = v + model.sigma * shared.e[r];
  }
  if constexpr (kType == NoiseType::kRademacher) {
    v = ((shared.signs >> (pixel % 32)) & 1u) != 0 ? v - model.sigma : v + model.sigma;
  }
  if constexpr (kType == NoiseType::kGamma) {
    v = pixel_noise::speckle(v, model, random, pixel);
  }
  if constexpr (kType == NoiseType::kBinomialThinning) {
    v = pixel_noise::binomially_thinned(v, model, random, pixel);
  }
  if constexpr (kType == NoiseType::kBetaThinning) {
    v = pixel_noise::beta_thinned(v, model, random, pixel);
  }
  return v;
}

/// Threads (channel, row of the window, group of the row); the first group of a row may begin before it.
template <NoiseType kType>
__global__ void add_noise_kernel(Args a) {
  const int i = block_x() * block_size_x() + thread_x();
  const std::int64_t n = block_y();
  const int g = i % a.groups, y = i / a.groups % a.rows, c = i / a.groups / a.rows;
  if (c >= a.channels) {
    return;
  }
  const SampleOrigin origin = a.origins[n];
  const PixelIndex window = window_size(origin, a.h, a.w);
  const std::int64_t row = (c * origin.image_h + origin.top + y) * origin.image_w + origin.left;
  const std::int64_t group = row / kGroup + g, first = group * kGroup - row;  // first: column of the window
  if (y >= window.y || first >= window.x) {
    return;
  }

  const RandomStream random = random_stream(origin, a.purpose);
  const Shared<kType> shared(random, group);
  const RowPlacement at = place_row(origin, a.h, a.w, y);
  const std::int64_t plane = std::int64_t{c} * a.h * a.w;
  // Registers hold e[r] only if r is a constant; what else rejects is long enough once.
  constexpr bool kOnce = kType == NoiseType::kGamma || kType == NoiseType::kBinomialThinning ||
                         kType == NoiseType::kBetaThinning;
  [[maybe_unused]] constexpr int kUnroll = kOnce ? 1 : kGroup;
#pragma unroll(kUnroll)
  for (int r = 0; r < kGroup; ++r) {
    const std::int64_t k = first + r, pixel = plane + at.offset + k * at.stride;
    if (k >= 0 && k < window.x) {
      const float v = a.clean != nullptr ? a.clean[n * a.clean_stride + pixel] : 0.0f;
      a.noisy[n * a.noisy_stride + pixel] = noisy_pixel<kType>(v, shared, r, a.model, random, row + k);
    }
  }
}

using Kernel = void (*)(Args);

Kernel kernel_for(NoiseType type) {
  switch (type) {
    case NoiseType::kGaussian:
      return add_noise_kernel<NoiseType::kGaussian>;
    case NoiseType::kPoisson:
      return add_noise_kernel<NoiseType::kPoisson>;
    case NoiseType::kPoissonGaussian:
      return add_noise_kernel<NoiseType::kPoissonGaussian>;
    case NoiseType::kGamma:
      return add_noise_kernel<NoiseType::kGamma>;
    case NoiseType::kRademacher:
      return add_noise_kernel<NoiseType::kRademacher>;
    case NoiseType::kBinomialThinning:
      return add_noise_kernel<NoiseType::kBinomialThinning>;
    case NoiseType::kBetaThinning:
      return add_noise_kernel<NoiseType::kBetaThinning>;
    default:
      return add_noise_kernel<NoiseType::kNone>;
  }
}

}  // namespace

// ---- launcher
// -----------------------------------------------------------------------------------------------

void add_noise(TensorView noisy, ConstTensorView clean, std::span<const SampleOrigin> origins,
               RandomPurpose purpose, const NoiseModel& model, Stream& stream) {
  const Shape4 shape = noisy.shape;
  if (shape.count() == 0) {
    return;
  }
  // Windows of transposed samples have w rows of h pixels: both sizes must be covered.
  const std::int64_t longest = std::max(shape.h, shape.w), groups = blocks_for(longest, kGroup) + 1;
  const std::int64_t threads = shape.c * longest * groups;
  SELFSAME_CHECK(threads <= std::numeric_limits<int>::max() - kThreads, "noise: samples of {} are too large",
                 shape.text());
  const Args a{static_cast<float*>(noisy.data),
               static_cast<const float*>(clean.data),
               origins.data(),
               noisy.sample_stride,
               clean.sample_stride,
               static_cast<int>(shape.c),
               static_cast<int>(shape.h),
               static_cast<int>(shape.w),
               static_cast<int>(longest),
               static_cast<int>(groups),
               purpose,
               model};
  launch("add_noise", kernel_for(model.type),
         LaunchShape{{blocks_for(threads, kThreads), shape.n, 1}, {kThreads, 1, 1}}, stream, a);
}

}  // namespace selfsame::SELFSAME_GPU::noise
