// SPDX-License-Identifier: Apache-2.0
#include "engine/kspace/kspace_preparation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mri/coils/coil_ops.hpp"
#include "mri/coils/compression.hpp"
#include "mri/coils/espirit.hpp"
#include "mri/coils/lowres_maps.hpp"
#include "mri/coils/noise.hpp"
#include "mri/files/npy_file.hpp"
#include "mri/fourier/fourier.hpp"

namespace selfsame {
namespace {

using Stack = std::vector<std::complex<float>>;

ComplexView view_of(Stack& stack, std::int64_t coils, std::int64_t h, std::int64_t w) {
  return {stack.data(), DType::kF32, {1, coils, h, w}};
}
ConstComplexView view_of(const Stack& stack, std::int64_t coils, std::int64_t h, std::int64_t w) {
  return {stack.data(), DType::kF32, {1, coils, h, w}};
}

/// Transforms on the host take their tables and scratch memory as they need them: preparing is not a step.
void transform(ComplexView z, FourierAxes axes, FourierDirection direction, Stream& stream) {
  stream.reserve_workspace(prepare_fourier(z.shape, z.dtype, axes, stream));
  fourier(z, z, axes, direction, stream);
}

/// Keeps the central `rows` rows of the image.
void crop_readout(KSpaceExample& e, std::int64_t rows, Stream& stream) {
  transform(view_of(e.kspace, e.coils, e.h, e.w), FourierAxes::kHeight, FourierDirection::kInverse, stream);
  Stack kept(static_cast<std::size_t>(e.coils * rows * e.w));
  const std::int64_t first = e.h / 2 - rows / 2;
  for (std::int64_t c = 0; c < e.coils; ++c) {
    const auto from = e.kspace.begin() + (c * e.h + first) * e.w;
    std::copy(from, from + rows * e.w, kept.begin() + c * rows * e.w);
  }
  e.kspace = std::move(kept);
  e.h = rows;
  transform(view_of(e.kspace, e.coils, e.h, e.w), FourierAxes::kHeight, FourierDirection::kForward, stream);
}

void compress(KSpaceExample& e, const CalibrationRegion& region, std::int64_t virtual_coils) {
  const CoilCompression compression =
      compress_coils(view_of(std::as_const(e.kspace), e.coils, e.h, e.w), region, virtual_coils);
  Stack mixed(static_cast<std::size_t>(virtual_coils * e.h * e.w));
  mix_coils(view_of(mixed, virtual_coils, e.h, e.w), view_of(std::as_const(e.kspace), e.coils, e.h, e.w),
            compression.matrix);
  e.kspace = std::move(mixed);
  e.coils = virtual_coils;
}

/// A^H A <= 1 is what weights of regularisation, data consistency and iterations count on.
void check_normalized(const Stack& maps, std::int64_t coils, const std::string& path) {
  constexpr float kMost = 1.1f;
  const std::size_t plane = maps.size() / static_cast<std::size_t>(coils);
  for (std::size_t i = 0; i < plane; ++i) {
    float sum = 0;
    for (std::size_t at = i; at < maps.size(); at += plane) {
      sum += std::norm(maps[at]);
    }
    if (!(sum <= kMost)) {
      fail(ErrorKind::kData,
           "{}: coil maps whose sum of squares is {:g} at a pixel; expected at most 1: divide them by its "
           "root",
           path, sum);
    }
  }
}

Stack maps_from_file(const KSpaceExample& e, const std::string& name, const CoilMapsConfig& config) {
  // NAME is PATH[slice]: the maps of a file lie under its name, one file per slice or one for all.
  const std::size_t bracket = name.rfind('[');
  const std::filesystem::path source(name.substr(0, bracket));
  const std::filesystem::path path = config.path / source.filename().replace_extension(".npy");
  const NpyFile file(path.string());
  const std::vector<std::int64_t>& shape = file.header().shape;
  const std::vector<std::int64_t> wanted{e.coils, e.h, e.w};
  const bool stack = shape.size() == 4 && std::equal(shape.begin() + 1, shape.end(), wanted.begin());
  if (file.header().type != NpyType::kC8 || (!stack && shape != wanted)) {
    fail(ErrorKind::kData, "{}: coil maps of {} must be complex64 ({}, {}, {}), or such for every slice",
         path.string(), name, e.coils, e.h, e.w);
  }
  const std::int64_t slice = stack ? std::stoll(name.substr(bracket + 1)) : 0;
  if (stack && slice >= shape[0]) {
    fail(ErrorKind::kData, "{}: has maps of {} slices, {} needs more", path.string(), shape[0], name);
  }
  Stack maps(static_cast<std::size_t>(e.coils * e.h * e.w));
  const auto count = static_cast<std::int64_t>(maps.size());
  file.read_raw(std::as_writable_bytes(std::span(maps)), slice * count, count);
  check_normalized(maps, e.coils, path.string());
  return maps;
}

/// Standard deviation of the noise of each part, mean over coils, from the corners of k-space. NaN where too
/// few corners were sampled: an objective that needs it then stops and names the slice, the others do not
/// care.
float noise_level(const KSpaceExample& e) {
  SamplingMask mask = e.measured;
  if (mask.sampled.empty()) {
    mask = {1, e.w, std::vector<std::uint8_t>(static_cast<std::size_t>(e.w), 1)};
  }
  try {
    const NoiseCovariance noise = noise_covariance_from_corners(view_of(e.kspace, e.coils, e.h, e.w), mask);
    double sum = 0;
    for (std::int64_t c = 0; c < e.coils; ++c) {
      sum += noise.deviation(c);
    }
    return static_cast<float>(sum / static_cast<double>(e.coils));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData) {
      throw;
    }
    return std::numeric_limits<float>::quiet_NaN();
  }
}

Stack estimate_maps(const KSpaceExample& e, const std::string& name, const CalibrationRegion& region,
                    const CoilMapsConfig& config, Stream& stream) {
  const ConstComplexView kspace = view_of(e.kspace, e.coils, e.h, e.w);
  switch (config.type) {
    case CoilMapsConfig::Type::kEspirit: {
      EspiritOptions options;
      options.kernel = config.kernel;
      options.threshold = config.threshold;
      options.crop = config.crop;
      return estimate_espirit(kspace, region, options, stream).maps.values;
    }
    case CoilMapsConfig::Type::kLowResolution:
      return estimate_lowres_maps(kspace, region, stream).maps.values;
    case CoilMapsConfig::Type::kFiles:
      return maps_from_file(e, name, config);
  }
  fail(ErrorKind::kInternal, "maps of type {}", static_cast<int>(config.type));
}

}  // namespace

std::size_t KSpaceExample::bytes() const {
  return (kspace.size() + maps.size()) * sizeof(kspace[0]) + reference.size() * sizeof(float) +
         measured.sampled.size();
}

CalibrationRegion always_sampled(const SamplingLaw& law, std::int64_t h, std::int64_t side) {
  SamplingMask always{law.h, law.w, {}};
  for (std::int64_t i = 0; i < law.size(); ++i) {
    always.sampled.push_back(law.always(i) ? 1 : 0);
  }
  const std::int64_t centre = law.h / 2 * law.w + law.w / 2;
  if (!law.always(centre)) {
    fail(ErrorKind::kUsage,
         "/kspace/mask: masks '{}' sample no centre for certain, but coil maps and the scale of the data are "
         "made from it: give them a fully sampled centre",
         law.text);
  }
  return fully_sampled_centre(always, h, side > 0 ? side : h, side > 0 ? side : law.w);
}

SliceShape prepared_shape(const SliceShape& raw, const PreparationOptions& options) {
  SliceShape shape = raw;
  shape.h = options.readout > 0 ? std::min(options.readout, raw.h) : raw.h;
  shape.coils = options.virtual_coils > 0 ? std::min(options.virtual_coils, raw.coils) : raw.coils;
  return shape;
}

std::vector<float> reference_image(const KSpaceExample& e, ReferenceImage kind, Stream& stream) {
  Stack images = e.kspace;
  transform(view_of(images, e.coils, e.h, e.w), FourierAxes::kBoth, FourierDirection::kInverse, stream);
  std::vector<float> magnitude(static_cast<std::size_t>(e.h * e.w));
  const TensorView out(magnitude.data(), DType::kF32, {1, 1, e.h, e.w}, 1);
  if (kind == ReferenceImage::kRootSumOfSquares) {
    root_sum_of_squares(out, view_of(std::as_const(images), e.coils, e.h, e.w), stream);
    return magnitude;
  }
  Stack combined(static_cast<std::size_t>(e.h * e.w));
  coil_combine(view_of(combined, 1, e.h, e.w), view_of(std::as_const(images), e.coils, e.h, e.w),
               view_of(e.maps, e.coils, e.h, e.w), stream);
  root_sum_of_squares(out, view_of(std::as_const(combined), 1, e.h, e.w), stream);
  return magnitude;
}

KSpaceExample prepare_slice(const RawSlice& raw, const std::string& name, const SamplingLaw& law,
                            const PreparationOptions& options, Stream& stream) {
  KSpaceExample e;
  e.coils = raw.coils;
  e.h = raw.h;
  e.w = raw.w;
  e.kspace = raw.kspace;
  if (!raw.mask.empty()) {
    e.measured = {static_cast<std::int64_t>(raw.mask.size()) / raw.w, raw.w, raw.mask};
  }
  try {
    const SliceShape shape = prepared_shape({raw.coils, raw.h, raw.w}, options);
    if (shape.h != e.h) {
      if (law.h > 1 || e.measured.h > 1) {
        fail(ErrorKind::kUsage,
             "/kspace/readout: {} samples of {} can only be kept with masks of columns, whose readout is "
             "fully sampled",
             shape.h, e.h);
      }
      crop_readout(e, shape.h, stream);
    }
    const std::int64_t side =
        options.maps.type == CoilMapsConfig::Type::kFiles ? 24 : options.maps.calibration;
    const CalibrationRegion region = e.measured.sampled.empty()
                                         ? always_sampled(law, e.h, side)
                                         : fully_sampled_centre(e.measured, e.h, side, side);
    if (shape.coils != e.coils) {
      compress(e, region, shape.coils);
    }
    const LowresMaps lowres =
        estimate_lowres_maps(view_of(std::as_const(e.kspace), e.coils, e.h, e.w), region, stream);
    const float largest = *std::max_element(lowres.magnitude.begin(), lowres.magnitude.end());
    e.scale = 1.0f / largest;
    for (std::complex<float>& z : e.kspace) {
      z *= e.scale;
    }
    e.sigma = noise_level(e);
    if (options.needs_maps) {
      e.maps = estimate_maps(e, name, region, options.maps, stream);
      if (std::all_of(e.maps.begin(), e.maps.end(), [](std::complex<float> m) { return m == 0.0f; })) {
        fail(
            ErrorKind::kData,
            "its coil maps are zero everywhere: with only {}x{} calibration samples choose /kspace/maps/crop "
            "0, or type \"low_resolution\"",
            region.rows, region.columns);
      }
    }
    if (e.measured.sampled.empty()) {
      e.reference = reference_image(e, options.reference, stream);
    }
  } catch (const Error& error) {
    const std::string text = error.what();
    throw Error(error.kind(), text.find(name) == std::string::npos ? name + ": " + text : text);
  }
  return e;
}

}  // namespace selfsame
