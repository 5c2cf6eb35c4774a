// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/device/elementwise.hpp"
#include "mri/coils/calibration.hpp"
#include "mri/fourier/fourier.hpp"
#include "mri/recon/classical.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kLargestRegion = 32;

/// The largest even size that fits into [first, first + count) and begins at centre - size/2; at least 1.
std::int64_t symmetric(std::int64_t first, std::int64_t count, std::int64_t centre) {
  return std::max<std::int64_t>(1, 2 * std::min(centre - first, first + count - centre));
}

template <typename Real>
SamplingMask mask_of(ConstTensorView mask) {
  SamplingMask result{mask.shape.h, mask.shape.w, {}};
  const Real* values = mask.as<Real>();
  for (std::int64_t i = 0; i < mask.shape.h * mask.shape.w; ++i) {
    result.sampled.push_back(values[i] != 0 ? 1 : 0);
  }
  return result;
}

/// Root sum of squares of the images of a region of k-space, ascending.
template <typename Real>
std::vector<double> sorted_magnitudes(ConstComplexView kspace, const CalibrationRegion& region,
                                      Stream& stream) {
  const Shape4 s{1, kspace.shape.c, region.rows, region.columns};
  std::vector<Real> part;
  for (std::int64_t c = 0; c < s.c; ++c) {
    for (std::int64_t y = 0; y < s.h; ++y) {
      const Real* row = kspace.plane_of<Real>(0, c) + 2 * ((region.row + y) * kspace.shape.w + region.column);
      part.insert(part.end(), row, row + 2 * s.w);
    }
  }
  const ComplexView view(part.data(), dtype_of<Real>(), s);
  stream.reserve_workspace(prepare_fourier(s, dtype_of<Real>(), FourierAxes::kBoth, stream));
  fourier(view, view, FourierAxes::kBoth, FourierDirection::kInverse, stream);
  std::vector<double> magnitudes(static_cast<std::size_t>(view.plane()));
  for (std::size_t i = 0; i < magnitudes.size() * static_cast<std::size_t>(s.c); ++i) {
    magnitudes[i % magnitudes.size()] += std::norm(
        std::complex<double>(static_cast<double>(part[2 * i]), static_cast<double>(part[2 * i + 1])));
  }
  std::transform(magnitudes.begin(), magnitudes.end(), magnitudes.begin(),
                 [](double v) { return std::sqrt(v); });
  if (std::any_of(magnitudes.begin(), magnitudes.end(), [](double v) { return !std::isfinite(v); })) {
    fail(ErrorKind::kData, "k-space {}: the centre, {}, is not finite", kspace.shape.text(), region.text());
  }
  std::sort(magnitudes.begin(), magnitudes.end());
  return magnitudes;
}

}  // namespace

double data_scale(const SenseMeasurement& m, Stream& stream) {
  double scale = 1;
  elementwise::for_dtype(m.kspace.dtype, [&](auto zero) {
    using Real = decltype(zero);
    const CalibrationRegion sampled =
        fully_sampled_centre(mask_of<Real>(m.mask), m.kspace.shape.h, kLargestRegion, kLargestRegion);
    // As BART: even sizes, as far as they are sampled on both sides of the centre.
    const CalibrationRegion region = central_region(
        m.kspace.shape.h, m.kspace.shape.w, symmetric(sampled.row, sampled.rows, m.kspace.shape.h / 2),
        symmetric(sampled.column, sampled.columns, m.kspace.shape.w / 2));
    const std::vector<double> sorted = sorted_magnitudes<Real>(m.kspace, region, stream);
    const std::size_t n = sorted.size();
    const double median = sorted[n / 2], p90 = sorted[n * 9 / 10], largest = sorted[n - 1];
    const double bright = largest - p90 < 2 * (p90 - median) ? p90 : largest;
    // An orthonormal transform of fewer samples concentrates them on fewer pixels.
    const double ratio = static_cast<double>(m.kspace.plane()) / static_cast<double>(n);
    scale = bright > 0 ? bright / std::sqrt(ratio) : 1;
  });
  return scale;
}

}  // namespace selfsame
