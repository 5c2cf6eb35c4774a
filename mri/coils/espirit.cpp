// SPDX-License-Identifier: Apache-2.0
#include "mri/coils/espirit.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "mri/coils/hermitian_eigen.hpp"

namespace selfsame {
namespace {

using Complex = std::complex<double>;

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

void check(const Shape4& kspace, const CalibrationRegion& region, const EspiritOptions& o) {
  if (o.kernel < 1 || o.kernel > 16 || !(o.threshold >= 0 && o.threshold < 1) ||
      !(o.crop >= 0 && o.crop < 1) || o.sets < 1 || o.sets > kspace.c) {
    fail(ErrorKind::kUsage,
         "ESPIRiT of {} coils: kernel {} (1 to 16), threshold {} and crop {} ([0, 1)), sets {} (1 to the "
         "number of coils)",
         kspace.c, o.kernel, o.threshold, o.crop, o.sets);
  }
  if (region.rows < o.kernel || region.columns < o.kernel) {
    fail(ErrorKind::kData, "ESPIRiT: the calibration region {} is smaller than the kernel {} x {}",
         region.text(), o.kernel, o.kernel);
  }
}

/// Gram matrix of all patches: element (c, p), (d, q), with p and q in row-major order of the kernel, is the
/// sum over the patches of sample p of coil c times the conjugate of sample q of coil d.
std::vector<Complex> patch_gram(const std::vector<Complex>& data, const CalibrationRegion& region,
                                std::int64_t coils, std::int64_t kernel, Stream& stream) {
  const std::int64_t size = kernel * kernel * coils;
  std::vector<Complex> gram(index(size * size));
  const std::int64_t rows = region.rows - kernel + 1, columns = region.columns - kernel + 1;
  const auto first_sample = [&](std::int64_t i) {
    const std::int64_t c = i / (kernel * kernel), p = i % (kernel * kernel);
    return data.data() + (c * region.rows + p / kernel) * region.columns + p % kernel;
  };
  stream.pool().run(size, [&](std::int64_t i, int) {
    const Complex* a = first_sample(i);
    for (std::int64_t j = 0; j <= i; ++j) {
      const Complex* b = first_sample(j);
      Complex sum = 0;
      for (std::int64_t y = 0; y < rows; ++y) {
        for (std::int64_t x = 0; x < columns; ++x) {
          sum += conj_times(b[y * region.columns + x], a[y * region.columns + x]);
        }
      }
      gram[index(i * size + j)] = sum;
    }
  });
  return gram;
}

/// R_cd(l) for c >= d: (pairs, lags, lags), lag (0, 0) in the middle.
class LagMatrices {
 public:
  LagMatrices(const HermitianEigen& eigen, std::int64_t kept, std::int64_t coils, std::int64_t kernel,
              Stream& stream)
      : coils_(coils), lags_(2 * kernel - 1), values_(index(pairs() * lags_ * lags_)) {
    const std::int64_t area = kernel * kernel;
    stream.pool().run(pairs(), [&](std::int64_t pair, int) {
      const auto [c, d] = coils_of(pair);
      Complex* sums = values_.data() + pair * lags_ * lags_;
      for (std::int64_t k = 0; k < kept; ++k) {
        const Complex* a = eigen.vector(k).data() + c * area;
        const Complex* b = eigen.vector(k).data() + d * area;
        for (std::int64_t p = 0; p < area; ++p) {
          for (std::int64_t q = 0; q < area; ++q) {
            const std::int64_t ly = p / kernel - q / kernel + kernel - 1,
                               lx = p % kernel - q % kernel + kernel - 1;
            sums[ly * lags_ + lx] += conj_times(b[q], a[p]);
          }
        }
      }
      for (std::int64_t l = 0; l < lags_ * lags_; ++l) {
        sums[l] /= static_cast<double>(area);
      }
    });
  }

  [[nodiscard]] std::int64_t pairs() const { return coils_ * (coils_ + 1) / 2; }
  [[nodiscard]] std::int64_t lags() const { return lags_; }
  [[nodiscard]] const Complex* of(std::int64_t pair) const { return values_.data() + pair * lags_ * lags_; }
  /// (c, d) of a pair, in the order of a lower triangle.
  [[nodiscard]] static std::pair<std::int64_t, std::int64_t> coils_of(std::int64_t pair) {
    std::int64_t c = 0;
    while ((c + 1) * (c + 2) / 2 <= pair) {
      ++c;
    }
    return {c, pair - c * (c + 1) / 2};
  }

 private:
  std::int64_t coils_, lags_;
  std::vector<Complex> values_;
};

/// exp(2 pi i l (r - n/2) / n) for r = 0 ... n-1 (rows of the table) and all lags.
std::vector<Complex> lag_phases(std::int64_t n, std::int64_t lags) {
  std::vector<Complex> table;
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t l = -(lags / 2); l <= lags / 2; ++l) {
      const std::int64_t turn = l * (r - n / 2) % n;
      table.push_back(
          std::polar(1.0, 2 * std::numbers::pi * static_cast<double>(turn) / static_cast<double>(n)));
    }
  }
  return table;
}

/// BART's smooth step from 0 at crop - (1 - crop) to 1 at eigenvalue 1, in the root of the eigenvalue.
double soft_weight(double eigenvalue, double crop) {
  const double x = (std::sqrt(std::max(eigenvalue, 0.0)) - crop) / (1 - crop);
  return x <= -1 ? 0 : x >= 1 ? 1 : 0.5 * (1 + 2 * x / (1 + x * x));
}

/// What a thread needs for one pixel after the other.
struct PixelWork {
  HermitianEigen eigen;
  std::vector<Complex> matrix, row;  ///< (C, C); (pairs, lags): the sums over the lags along a column
};

/// Turns a map so that u^H S is real; the number that does it.
Complex turn_of(std::span<const Complex> map, const std::vector<Complex>& u) {
  Complex component = 0;
  for (std::size_t c = 0; c < u.size(); ++c) {
    component += conj_times(u[c], map[c]);
  }
  const double size = std::abs(component);
  return size > 0 ? std::conj(component) / size : Complex(1);
}

/// First principal component of the coils, its largest entry real and positive.
std::vector<Complex> principal_component(const std::vector<Complex>& data, std::int64_t coils) {
  HermitianEigen eigen(coils);
  eigen.solve(coil_gram(data, coils), 1);
  const auto v = eigen.vector(0);
  const auto largest =
      std::max_element(v.begin(), v.end(), [](Complex a, Complex b) { return std::norm(a) < std::norm(b); });
  const Complex turn = std::conj(*largest) / std::abs(*largest);
  std::vector<Complex> u;
  for (const Complex value : v) {
    u.push_back(times(value, turn));
  }
  return u;
}

}  // namespace

EspiritMaps estimate_espirit(ConstComplexView kspace, const CalibrationRegion& region,
                             const EspiritOptions& options, Stream& stream) {
  const Shape4 s = kspace.shape;
  check(s, region, options);
  const std::vector<Complex> data = calibration_data(kspace, region);

  EspiritMaps result;
  const std::int64_t size = options.kernel * options.kernel * s.c;
  HermitianEigen patches(size);
  patches.solve(patch_gram(data, region, s.c, options.kernel, stream));
  for (const double value : patches.values()) {
    result.singular_values.push_back(std::sqrt(std::max(value, 0.0)));
    result.kernels += value > options.threshold * patches.values()[0] ? 1 : 0;
  }

  const LagMatrices lag_matrices(patches, result.kernels, s.c, options.kernel, stream);
  const std::int64_t lags = lag_matrices.lags(), pairs = lag_matrices.pairs();
  const std::vector<Complex> row_phases = lag_phases(s.h, lags), column_phases = lag_phases(s.w, lags);
  const std::vector<Complex> component = principal_component(data, s.c);

  result.maps = ComplexArray({options.sets, s.c, s.h, s.w});
  result.eigenvalues.resize(index(options.sets * s.h * s.w));
  std::vector<PixelWork> work(index(stream.pool().threads()),
                              PixelWork{HermitianEigen(s.c), std::vector<Complex>(index(s.c * s.c)),
                                        std::vector<Complex>(index(pairs * lags))});
  stream.pool().run(s.h, [&](std::int64_t y, int thread) {
    PixelWork& w = work[index(thread)];
    for (std::int64_t pair = 0; pair < pairs; ++pair) {
      for (std::int64_t lx = 0; lx < lags; ++lx) {
        Complex sum = 0;
        for (std::int64_t ly = 0; ly < lags; ++ly) {
          sum += times(lag_matrices.of(pair)[ly * lags + lx], row_phases[index(y * lags + ly)]);
        }
        w.row[index(pair * lags + lx)] = sum;
      }
    }
    for (std::int64_t x = 0; x < s.w; ++x) {
      for (std::int64_t c = 0, pair = 0; c < s.c; ++c) {
        for (std::int64_t d = 0; d <= c; ++d, ++pair) {
          Complex sum = 0;
          for (std::int64_t lx = 0; lx < lags; ++lx) {
            sum += times(w.row[index(pair * lags + lx)], column_phases[index(x * lags + lx)]);
          }
          w.matrix[index(c * s.c + d)] = sum;
        }
      }
      w.eigen.solve(w.matrix, options.sets);
      for (std::int64_t set = 0; set < options.sets; ++set) {
        const double value = w.eigen.values()[index(set)];
        result.eigenvalues[index((set * s.h + y) * s.w + x)] = static_cast<float>(value);
        const double weight =
            options.soft_crop ? soft_weight(value, options.crop) : (value > options.crop ? 1 : 0);
        const auto map = w.eigen.vector(set);
        const Complex turn = turn_of(map, component) * weight;
        for (std::int64_t c = 0; c < s.c; ++c) {
          result.maps.plane(set, c)[y * s.w + x] = std::complex<float>(times(map[index(c)], turn));
        }
      }
    }
  });
  return result;
}

}  // namespace selfsame
