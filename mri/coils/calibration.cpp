// SPDX-License-Identifier: Apache-2.0
#include "mri/coils/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <tuple>

#include "mri/coils/complex_array.hpp"

namespace selfsame {
namespace {

/// [first, last) of at most `most` entries within [first, last), as centred as it can be: the window of
/// `most` that begins at centre - most/2 is moved by no more than it must be.
std::pair<std::int64_t, std::int64_t> shortened(std::int64_t first, std::int64_t last, std::int64_t centre,
                                                std::int64_t most) {
  const std::int64_t count = std::min(most, last - first);
  const std::int64_t begin = std::clamp(centre - count / 2, first, last - count);
  return {begin, begin + count};
}

/// How far a window is from the central one.
std::int64_t offset(std::int64_t begin, std::int64_t count, std::int64_t centre) {
  return std::abs(begin - (centre - count / 2));
}

/// For every row the sampled columns around the centre, [first, last); empty where the centre is missing.
struct Run {
  std::int64_t first, last;
};

Run run_around_centre(const SamplingMask& mask, std::int64_t row) {
  const auto sampled = [&](std::int64_t column) {
    return mask.sampled[static_cast<std::size_t>(row * mask.w + column)] != 0;
  };
  const std::int64_t centre = mask.w / 2;
  Run run{centre, centre};
  if (!sampled(centre)) {
    return run;
  }
  while (run.first > 0 && sampled(run.first - 1)) {
    --run.first;
  }
  while (run.last < mask.w && sampled(run.last)) {
    ++run.last;
  }
  return run;
}

}  // namespace

std::string CalibrationRegion::text() const {
  return fmt::format("{} x {} at ({}, {})", rows, columns, row, column);
}

CalibrationRegion central_region(std::int64_t h, std::int64_t w, std::int64_t rows, std::int64_t columns) {
  const std::int64_t r = std::min(rows, h), c = std::min(columns, w);
  SELFSAME_CHECK(r >= 1 && c >= 1, "central {} x {} of {} x {}", rows, columns, h, w);
  return {h / 2 - r / 2, w / 2 - c / 2, r, c};
}

CalibrationRegion fully_sampled_centre(const SamplingMask& mask, std::int64_t h, std::int64_t max_rows,
                                       std::int64_t max_columns) {
  SELFSAME_CHECK(max_rows >= 1 && max_columns >= 1 && h >= 1, "at most {} x {} of {} rows", max_rows,
                 max_columns, h);
  if ((mask.h != 1 && mask.h != h) || mask.w < 1 ||
      mask.sampled.size() != static_cast<std::size_t>(mask.h * mask.w)) {
    fail(ErrorKind::kData, "a mask of {} x {} with {} entries for k-space of {} rows", mask.h, mask.w,
         mask.sampled.size(), h);
  }
  std::vector<Run> runs;
  for (std::int64_t row = 0; row < h; ++row) {
    runs.push_back(run_around_centre(mask, mask.h == 1 ? 0 : row));
  }
  const std::int64_t middle = h / 2, centre = mask.w / 2;
  const auto narrowed = [&](Run run, std::int64_t row) {
    const Run& other = runs[static_cast<std::size_t>(row)];
    return Run{std::max(run.first, other.first), std::min(run.last, other.last)};
  };
  CalibrationRegion best;
  std::tuple<std::int64_t, std::int64_t, std::int64_t> best_rank{0, 0, 0};
  Run upper{0, mask.w};
  for (std::int64_t top = middle; top >= 0; --top) {
    upper = narrowed(upper, top);
    if (upper.first >= upper.last) {
      break;
    }
    Run run = upper;
    for (std::int64_t bottom = middle + 1; bottom <= h; ++bottom) {
      run = narrowed(run, bottom - 1);
      if (run.first >= run.last) {
        break;
      }
      const auto [row, row_end] = shortened(top, bottom, middle, max_rows);
      const auto [column, column_end] = shortened(run.first, run.last, centre, max_columns);
      const CalibrationRegion region{row, column, row_end - row, column_end - column};
      const std::tuple rank{region.rows * region.columns, -std::abs(region.rows - region.columns),
                            -offset(row, region.rows, middle) - offset(column, region.columns, centre)};
      if (rank > best_rank) {
        best_rank = rank;
        best = region;
      }
    }
  }
  if (best.rows == 0) {
    fail(ErrorKind::kData, "the centre of k-space, ({}, {}) of {} x {}, was not sampled", middle, centre, h,
         mask.w);
  }
  return best;
}

SamplingMask sampled_where_not_zero(ConstComplexView kspace) {
  SELFSAME_CHECK(kspace.shape.n == 1, "k-space {}, expected one sample", kspace.shape.text());
  SamplingMask mask{kspace.shape.h, kspace.shape.w, {}};
  mask.sampled.resize(static_cast<std::size_t>(kspace.plane()));
  for (std::int64_t c = 0; c < kspace.shape.c; ++c) {
    const float* plane = kspace.plane_of<float>(0, c);
    for (std::size_t i = 0; i < mask.sampled.size(); ++i) {
      if (plane[2 * i] != 0 || plane[2 * i + 1] != 0) {
        mask.sampled[i] = 1;
      }
    }
  }
  return mask;
}

std::vector<std::complex<double>> calibration_data(ConstComplexView kspace, const CalibrationRegion& region) {
  const Shape4 s = kspace.shape;
  SELFSAME_CHECK(s.n == 1 && s.c >= 1 && region.rows >= 1 && region.columns >= 1 && region.row >= 0 &&
                     region.column >= 0 && region.row + region.rows <= s.h &&
                     region.column + region.columns <= s.w,
                 "region {} of k-space {}", region.text(), s.text());
  std::vector<std::complex<double>> data;
  data.reserve(static_cast<std::size_t>(s.c * region.rows * region.columns));
  double largest = 0;
  for (std::int64_t c = 0; c < s.c; ++c) {
    const float* plane = kspace.plane_of<float>(0, c);
    for (std::int64_t y = region.row; y < region.row + region.rows; ++y) {
      for (std::int64_t x = region.column; x < region.column + region.columns; ++x) {
        const float* z = plane + 2 * (y * s.w + x);
        if (!std::isfinite(z[0]) || !std::isfinite(z[1])) {
          fail(ErrorKind::kData, "k-space of coil {} at ({}, {}) is not finite", c, y, x);
        }
        data.emplace_back(z[0], z[1]);
        largest = std::max({largest, std::abs(data.back().real()), std::abs(data.back().imag())});
      }
    }
  }
  if (largest == 0) {
    fail(ErrorKind::kData, "the calibration region {} of k-space {} holds zeros only", region.text(),
         s.text());
  }
  return data;
}

std::vector<std::complex<double>> coil_gram(const std::vector<std::complex<double>>& data,
                                            std::int64_t coils) {
  SELFSAME_CHECK(coils >= 1 && data.size() % static_cast<std::size_t>(coils) == 0, "{} samples of {} coils",
                 data.size(), coils);
  const std::size_t n = static_cast<std::size_t>(coils), count = data.size() / n;
  std::vector<std::complex<double>> gram(n * n);
  for (std::size_t c = 0; c < n; ++c) {
    for (std::size_t d = 0; d <= c; ++d) {
      std::complex<double> sum = 0;
      for (std::size_t i = 0; i < count; ++i) {
        sum += conj_times(data[d * count + i], data[c * count + i]);
      }
      gram[c * n + d] = sum;
      gram[d * n + c] = std::conj(sum);
    }
  }
  return gram;
}

}  // namespace selfsame
