// SPDX-License-Identifier: Apache-2.0
#include "mri/simulation/plane_waves.hpp"

#include <cmath>
#include <numbers>

#include "mri/simulation/hermitian.hpp"

namespace selfsame {
namespace {

using Complex = std::complex<double>;
constexpr double kRidge = 1e-9;

/// exp(pi i m x) at the n pixels of an axis, m = -reach ... reach: (n, 2 reach + 1).
std::vector<Complex> waves_of_axis(std::int64_t n, int reach) {
  std::vector<Complex> waves;
  for (std::int64_t j = 0; j < n; ++j) {
    const double x = static_cast<double>(j - n / 2) / static_cast<double>(n);
    for (int m = -reach; m <= reach; ++m) {
      waves.push_back(std::polar(1.0, std::numbers::pi * m * x));
    }
  }
  return waves;
}

/// Sums over the pixels of an axis of conj(wave m) wave m': (side, side).
std::vector<Complex> gram_of_axis(const std::vector<Complex>& waves, std::size_t side) {
  std::vector<Complex> gram(side * side);
  for (std::size_t j = 0; j < waves.size(); j += side) {
    for (std::size_t m = 0; m < side; ++m) {
      for (std::size_t q = 0; q < side; ++q) {
        gram[m * side + q] += std::conj(waves[j + m]) * waves[j + q];
      }
    }
  }
  return gram;
}

/// Sums over the pixels of conj(wave) map_c: (side, side) for one coil, rows first, then columns.
std::vector<Complex> project(const ComplexStack& maps, std::int64_t coil, const std::vector<Complex>& rows,
                             const std::vector<Complex>& columns, std::size_t side) {
  std::vector<Complex> out(side * side);
  for (std::int64_t y = 0; y < maps.h; ++y) {
    std::vector<Complex> line(side);
    for (std::int64_t x = 0; x < maps.w; ++x) {
      const Complex value(maps.at(coil, y, x));
      for (std::size_t m = 0; m < side; ++m) {
        line[m] += std::conj(columns[static_cast<std::size_t>(x) * side + m]) * value;
      }
    }
    for (std::size_t n = 0; n < side; ++n) {
      const Complex wave = std::conj(rows[static_cast<std::size_t>(y) * side + n]);
      for (std::size_t m = 0; m < side; ++m) {
        out[n * side + m] += wave * line[m];
      }
    }
  }
  return out;
}

}  // namespace

PlaneWaveMaps fit_plane_waves(const ComplexStack& maps, int reach, Stream& stream) {
  const std::int64_t waves = 2 * reach + 1;
  if (reach < 0 || reach > 6 || maps.h < waves || maps.w < waves) {
    fail(ErrorKind::kUsage,
         "plane waves: expected a reach of 0 to 6 and maps of at least 2 reach + 1 rows and columns, got "
         "reach "
         "{} and maps of {} x {}",
         reach, maps.h, maps.w);
  }
  PlaneWaveMaps fitted{maps.coils, reach, {}};
  const auto side = static_cast<std::size_t>(waves), all = side * side;
  const std::vector<Complex> rows = waves_of_axis(maps.h, reach), columns = waves_of_axis(maps.w, reach);
  const std::vector<Complex> gram_y = gram_of_axis(rows, side), gram_x = gram_of_axis(columns, side);
  std::vector<Complex> gram(all * all);  // the Kronecker product of the axes'
  for (std::size_t i = 0; i < all; ++i) {
    for (std::size_t j = 0; j < all; ++j) {
      gram[i * all + j] = gram_y[i / side * side + j / side] * gram_x[i % side * side + j % side];
    }
    gram[i * all + i] += kRidge * static_cast<double>(maps.plane());
  }
  const std::vector<Complex> lower = cholesky(gram, all, "normal matrix of the plane waves");
  fitted.weights.resize(static_cast<std::size_t>(maps.coils) * all);
  stream.pool().run(maps.coils, [&](std::int64_t coil, int) {
    std::vector<Complex> weights = project(maps, coil, rows, columns, side);
    cholesky_solve(lower, weights);
    std::copy(weights.begin(), weights.end(),
              fitted.weights.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(coil) * all));
  });
  return fitted;
}

ComplexStack evaluate(const PlaneWaveMaps& maps, std::int64_t h, std::int64_t w, Stream& stream) {
  ComplexStack out(maps.coils, h, w);
  const auto side = static_cast<std::size_t>(maps.side());
  const std::vector<Complex> rows = waves_of_axis(h, maps.reach), columns = waves_of_axis(w, maps.reach);
  stream.pool().run(maps.coils * h, [&](std::int64_t unit, int) {
    const std::int64_t coil = unit / h, y = unit % h;
    const Complex* weights = maps.weights.data() + static_cast<std::size_t>(coil) * side * side;
    std::vector<Complex> line(side);
    for (std::size_t n = 0; n < side; ++n) {
      for (std::size_t m = 0; m < side; ++m) {
        line[m] += rows[static_cast<std::size_t>(y) * side + n] * weights[n * side + m];
      }
    }
    for (std::int64_t x = 0; x < w; ++x) {
      Complex sum = 0;
      for (std::size_t m = 0; m < side; ++m) {
        sum += columns[static_cast<std::size_t>(x) * side + m] * line[m];
      }
      out.at(coil, y, x) = std::complex<float>(sum);
    }
  });
  return out;
}

ComplexStack phantom_kspace(std::span<const Ellipse> phantom, const PlaneWaveMaps& maps, std::int64_t h,
                            std::int64_t w, Stream& stream) {
  // The transform on a grid of half frequencies, `reach` of them beyond the k-space on every side, is all
  // that the shifted copies need.
  const std::int64_t reach = maps.reach, side = maps.side();
  const std::int64_t grid_h = 2 * h - 1 + 2 * reach, grid_w = 2 * w - 1 + 2 * reach;
  std::vector<Complex> grid(static_cast<std::size_t>(grid_h * grid_w));
  const bool halves = reach > 0;
  stream.pool().run(grid_h, [&](std::int64_t i, int) {
    for (std::int64_t j = 0; j < grid_w; ++j) {
      if (halves || (i % 2 == 0 && j % 2 == 0)) {
        grid[static_cast<std::size_t>(i * grid_w + j)] =
            phantom_transform(phantom, 0.5 * static_cast<double>(j - reach) - static_cast<double>(w / 2),
                              0.5 * static_cast<double>(i - reach) - static_cast<double>(h / 2));
      }
    }
  });
  const double scale = std::sqrt(static_cast<double>(h) * static_cast<double>(w));
  ComplexStack kspace(maps.coils, h, w);
  stream.pool().run(maps.coils * h, [&](std::int64_t unit, int) {
    const std::int64_t coil = unit / h, row = unit % h;
    const Complex* weights = maps.weights.data() + coil * side * side;
    for (std::int64_t column = 0; column < w; ++column) {
      Complex sum = 0;
      for (std::int64_t n = 0; n < side; ++n) {
        // Wave n has the frequency (n - reach) / 2: the copy at ky - (n - reach) / 2.
        const Complex* line = grid.data() + (2 * row + 2 * reach - n) * grid_w + 2 * column + 2 * reach;
        for (std::int64_t m = 0; m < side; ++m) {
          sum += weights[n * side + m] * line[-m];
        }
      }
      kspace.at(coil, row, column) = std::complex<float>(scale * sum);
    }
  });
  return kspace;
}

}  // namespace selfsame
