// SPDX-License-Identifier: Apache-2.0
#include "kernels/noise/noise.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/noise/noise_gpu.hpp"
#include "kernels/noise/pixel_noise.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kRowsPerUnit = 16;
constexpr std::int64_t kSegment = 256;  // normals made at once, 1 KiB on the stack

template <Isa isa>
bool runs_here(const std::int64_t&) {
  return isa_available(isa);
}

/// Asks for a set's table only when it runs: no code of that set may be executed elsewhere.
template <const NormalTable& (*table)()>
void normals_with(float* out, std::uint64_t first_group, std::int64_t groups, const PhiloxStreamKey& key) {
  table().normals(out, first_group, groups, key);
}

constexpr NormalImplementation kNormals[] = {
    {"avx512", runs_here<Isa::kAvx512>, normals_with<avx512::normal_table>},
    {"avx2", runs_here<Isa::kAvx2>, normals_with<avx2::normal_table>},
    {"baseline", runs_here<Isa::kBaseline>, normals_with<baseline::normal_table>},
    {"reference", runs_here<Isa::kBaseline>, noise_reference::normals},
};

bool is_gaussian(NoiseType type) {
  return type == NoiseType::kGaussian || type == NoiseType::kPoissonGaussian;
}
bool has_sigma(NoiseType type) { return is_gaussian(type) || type == NoiseType::kRademacher; }
bool has_looks(NoiseType type) { return type == NoiseType::kGamma || type == NoiseType::kBetaThinning; }
bool is_thinning(NoiseType type) {
  return type == NoiseType::kBinomialThinning || type == NoiseType::kBetaThinning;
}
bool is_poisson(NoiseType type) { return type == NoiseType::kPoisson || type == NoiseType::kPoissonGaussian; }

void check(ConstTensorView noisy, ConstTensorView clean, std::size_t origins, const NoiseModel& model) {
  SELFSAME_CHECK(noisy.block == 1 && (clean.empty() || (noisy.shape == clean.shape &&
                                                        noisy.dtype == clean.dtype && clean.block == 1)),
                 "noisy {} {} block {}, clean {} {} block {}", noisy.shape.text(), name_of(noisy.dtype),
                 noisy.block, clean.shape.text(), name_of(clean.dtype), clean.block);
  SELFSAME_CHECK(static_cast<std::int64_t>(origins) == noisy.shape.n, "{} origins for {} samples", origins,
                 noisy.shape.n);
  SELFSAME_CHECK(!has_sigma(model.type) || model.sigma >= 0.0f, "sigma {}", model.sigma);
  SELFSAME_CHECK(!(is_poisson(model.type) || model.type == NoiseType::kBinomialThinning) || model.peak > 0.0f,
                 "peak {}", model.peak);
  SELFSAME_CHECK(!has_looks(model.type) || (model.looks > 0.0f && std::isfinite(model.looks)), "looks {}",
                 model.looks);
  SELFSAME_CHECK(!is_thinning(model.type) || (model.fraction > 0.0f && model.fraction < 1.0f), "fraction {}",
                 model.fraction);
}

void check_windows(const Shape4& shape, std::span<const SampleOrigin> origins) {
  for (const SampleOrigin& o : origins) {
    const PixelIndex window = window_size(o, shape.h, shape.w);
    SELFSAME_CHECK(o.transform >= 0 && o.transform < 8, "transform {}", o.transform);
    SELFSAME_CHECK(
        o.top >= 0 && o.left >= 0 && o.top + window.y <= o.image_h && o.left + window.x <= o.image_w,
        "window {}x{} at ({}, {}) of an image {}x{}", window.y, window.x, o.top, o.left, o.image_h,
        o.image_w);
  }
}

/// One row of the window: `count` pixels whose places in the image start at `place` and follow each other.
template <typename Real>
struct Row {
  Real* noisy;
  const Real* clean;  // null = zeros
  std::int64_t stride, place, count;
  [[nodiscard]] Real clean_at(std::int64_t k) const { return clean == nullptr ? Real{} : clean[k * stride]; }
};

template <typename Real>
void add_poisson(const Row<Real>& row, const RandomStream& random, double peak) {
  for (std::int64_t k = 0; k < row.count; ++k) {
    const double mean = peak * static_cast<double>(row.clean_at(k));
    row.noisy[k * row.stride] =
        static_cast<Real>(poisson_draw(mean, random, static_cast<std::uint64_t>(row.place + k)) / peak);
  }
}

template <typename Real>
void add_gaussian(const Row<Real>& row, const RandomStream& random, float sigma,
                  const NormalImplementation& version) {
  const PhiloxStreamKey key{random.key()[0], random.key()[1], random.a(), random.b()};
  alignas(64) float normals[kSegment];
  for (std::int64_t k = 0; k < row.count;) {
    const std::int64_t place = row.place + k, skip = place % 4;
    const std::int64_t count = std::min(row.count - k, kSegment - skip);
    version.normals(normals, static_cast<std::uint64_t>(place / 4), (skip + count + 3) / 4, key);
    Real* to = row.noisy + k * row.stride;
    for (std::int64_t i = 0; i < count; ++i) {
      to[i * row.stride] = row.clean_at(k + i) + static_cast<Real>(sigma * normals[skip + i]);
    }
    k += count;
  }
}

/// Word by word: 32 pixels, whose step is a sign without a branch.
template <typename Real>
void add_signs(const Row<Real>& row, const RandomStream& random, float sigma) {
  const Real steps[] = {static_cast<Real>(sigma), static_cast<Real>(-sigma)};
  for (std::int64_t k = 0; k < row.count;) {
    const auto place = static_cast<std::uint64_t>(row.place + k);
    const std::uint32_t word =
        pixel_noise::word_of_signs(random.words(pixel_noise::group_of_signs(place)), place);
    const std::int64_t end = std::min(row.count, k + 32 - static_cast<std::int64_t>(place % 32));
    for (std::uint32_t signs = word >> (place % 32); k < end; ++k, signs >>= 1) {
      row.noisy[k * row.stride] = row.clean_at(k) + steps[signs & 1u];
    }
  }
}

/// f(pixel, place) for every pixel.
template <typename Real, typename F>
void map_row(const Row<Real>& row, F&& f) {
  for (std::int64_t k = 0; k < row.count; ++k) {
    row.noisy[k * row.stride] = f(row.clean_at(k), static_cast<std::uint64_t>(row.place + k));
  }
}

template <typename Real>
void thin_binomially(const Row<Real>& row, const RandomStream& random, const NoiseModel& model) {
  map_row(row, [&](Real y, std::uint64_t place) {
    const double trials = pixel_noise::trials_of(static_cast<double>(y), model);
    SELFSAME_CHECK(trials < poisson::kCountable, "binomial thinning of {} trials", trials);
    return pixel_noise::binomially_thinned(y, model, random, place);
  });
}

/// The kinds that are neither Gaussian nor Poisson.
template <typename Real>
void apply_model(const Row<Real>& row, const RandomStream& random, const NoiseModel& model) {
  switch (model.type) {
    case NoiseType::kRademacher:
      return add_signs(row, random, model.sigma);
    case NoiseType::kGamma:
      return map_row(
          row, [&](Real x, std::uint64_t place) { return pixel_noise::speckle(x, model, random, place); });
    case NoiseType::kBinomialThinning:
      return thin_binomially(row, random, model);
    case NoiseType::kBetaThinning:
      return map_row(row, [&](Real y, std::uint64_t place) {
        return pixel_noise::beta_thinned(y, model, random, place);
      });
    default:
      return map_row(row, [](Real x, std::uint64_t) { return x; });
  }
}

template <typename Real>
void add_noise_to_rows(TensorView noisy, ConstTensorView clean, const SampleOrigin& origin, std::int64_t n,
                       std::int64_t c, std::int64_t first_row, RandomPurpose purpose, const NoiseModel& model,
                       const NormalImplementation& version) {
  const std::int64_t h = noisy.shape.h, w = noisy.shape.w;
  const PixelIndex window = window_size(origin, h, w);
  const RandomStream random = random_stream(origin, purpose);
  Real* to = noisy.as<Real>() + noisy.offset(n, c, 0, 0);
  const Real* from = clean.empty() ? nullptr : clean.as<Real>() + clean.offset(n, c, 0, 0);
  for (std::int64_t y = first_row; y < std::min(first_row + kRowsPerUnit, window.y); ++y) {
    const RowPlacement at = place_row(origin, h, w, y);
    const std::int64_t place = (c * origin.image_h + origin.top + y) * origin.image_w + origin.left;
    Row<Real> row{to + at.offset, from == nullptr ? nullptr : from + at.offset, at.stride, place, window.x};
    if (is_poisson(model.type)) {
      add_poisson(row, random, static_cast<double>(model.peak));
      row.clean = row.noisy;
    }
    if (is_gaussian(model.type)) {
      add_gaussian(row, random, model.sigma, version);
    }
    if (!is_poisson(model.type) && !is_gaussian(model.type)) {
      apply_model(row, random, model);
    }
  }
}

void add_noise_by_rows(TensorView noisy, ConstTensorView clean, std::span<const SampleOrigin> origins,
                       RandomPurpose purpose, const NoiseModel& model, Stream& stream) {
  check_windows(noisy.shape, origins);
  const std::int64_t channels = noisy.shape.c;
  // Windows of transposed samples have w rows: both sizes must be covered.
  const std::int64_t bands = (std::max(noisy.shape.h, noisy.shape.w) + kRowsPerUnit - 1) / kRowsPerUnit;
  const auto& version = select_implementation("noise", normal_implementations(), noisy.shape.w, stream);
  stream.pool().run(noisy.shape.n * channels * bands, [&](std::int64_t unit, int) {
    const std::int64_t n = unit / (channels * bands), c = unit / bands % channels;
    const SampleOrigin& origin = origins[static_cast<std::size_t>(n)];
    const auto run = noisy.dtype == DType::kF64 ? add_noise_to_rows<double> : add_noise_to_rows<float>;
    run(noisy, clean, origin, n, c, unit % bands * kRowsPerUnit, purpose, model, version);
  });
}

[[maybe_unused]] bool is_float(const DType& t) { return t == DType::kF32; }
bool is_real(const DType& t) { return t == DType::kF32 || t == DType::kF64; }

#define SELFSAME_ENTRY(space, device) {"gpu", is_float, space::noise::add_noise, device},

constexpr NoiseImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"rows", is_real, add_noise_by_rows},
};

}  // namespace

std::span<const NormalImplementation> normal_implementations() { return kNormals; }
std::span<const NoiseImplementation> noise_implementations() { return kImplementations; }

void add_noise(TensorView noisy, ConstTensorView clean, std::span<const SampleOrigin> origins,
               RandomPurpose purpose, const NoiseModel& model, Stream& stream) {
  const OpRange range(stream, "add_noise");
  check(noisy, clean, origins.size(), model);
  select_implementation("noise", noise_implementations(), noisy.dtype, stream)
      .add_noise(noisy, clean, origins, purpose, model, stream);
}

}  // namespace selfsame
