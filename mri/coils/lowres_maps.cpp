// SPDX-License-Identifier: Apache-2.0
#include "mri/coils/lowres_maps.hpp"

#include <cmath>
#include <numbers>

#include "mri/fourier/fourier.hpp"

namespace selfsame {
namespace {

std::vector<double> window(std::int64_t count, std::int64_t whole) {
  std::vector<double> weights;
  for (std::int64_t i = 1; i <= count; ++i) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(count + 1);
    weights.push_back(count == whole ? 1.0 : 0.5 - 0.5 * std::cos(angle));
  }
  return weights;
}

}  // namespace

LowresMaps estimate_lowres_maps(ConstComplexView kspace, const CalibrationRegion& region, Stream& stream) {
  const Shape4 s = kspace.shape;
  const std::vector<std::complex<double>> data = calibration_data(kspace, region);
  const std::vector<double> rows = window(region.rows, s.h), columns = window(region.columns, s.w);
  LowresMaps result{ComplexArray(s), std::vector<float>(static_cast<std::size_t>(kspace.plane()))};
  std::size_t next = 0;
  for (std::int64_t c = 0; c < s.c; ++c) {
    for (std::size_t y = 0; y < rows.size(); ++y) {
      std::complex<float>* to =
          result.maps.plane(0, c) + (region.row + static_cast<std::int64_t>(y)) * s.w + region.column;
      for (std::size_t x = 0; x < columns.size(); ++x) {
        to[x] = std::complex<float>(data[next++] * (rows[y] * columns[x]));
      }
    }
  }
  stream.reserve_workspace(prepare_fourier(s, DType::kF32, FourierAxes::kBoth, stream));
  fourier(result.maps.view(), result.maps.view(), FourierAxes::kBoth, FourierDirection::kInverse, stream);
  for (std::int64_t i = 0; i < kspace.plane(); ++i) {
    double squares = 0;
    for (std::int64_t c = 0; c < s.c; ++c) {
      squares += std::norm(std::complex<double>(result.maps.plane(0, c)[i]));
    }
    const double magnitude = std::sqrt(squares);
    result.magnitude[static_cast<std::size_t>(i)] = static_cast<float>(magnitude);
    const std::complex<double> first = result.maps.plane(0, 0)[i];
    const double size = std::abs(first);
    const std::complex<double> turn = (size > 0 ? std::conj(first) / size : 1.0) / magnitude;
    for (std::int64_t c = 0; c < s.c; ++c) {
      std::complex<float>& map = result.maps.plane(0, c)[i];
      map = magnitude > 0 ? std::complex<float>(times(std::complex<double>(map), turn))
                          : std::complex<float>(1 / std::sqrt(static_cast<float>(s.c)));
    }
  }
  return result;
}

}  // namespace selfsame
