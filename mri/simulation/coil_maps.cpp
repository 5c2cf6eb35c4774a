// SPDX-License-Identifier: Apache-2.0
#include "mri/simulation/coil_maps.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "mri/simulation/biot_savart.hpp"
#include "mri/simulation/draws.hpp"

namespace selfsame {
namespace {

using Complex = std::complex<double>;
constexpr double kPi = std::numbers::pi;

double default_loop_radius(const CoilMapOptions& o) {
  const double largest = 0.7 * o.radius;
  return o.coils <= 2 ? largest : std::min(largest, 1.15 * o.radius * std::sin(kPi / o.coils));
}

/// Coordinates of the pixels of an image.
struct Grid {
  std::int64_t h, w;
  [[nodiscard]] double x(std::int64_t column) const { return static_cast<double>(column - w / 2) / unit(); }
  [[nodiscard]] double y(std::int64_t row) const { return static_cast<double>(row - h / 2) / unit(); }
  /// Inside the ellipse that touches the borders of the image.
  [[nodiscard]] bool in_ellipse(std::int64_t row, std::int64_t column) const {
    const double u = 2.0 * static_cast<double>(column - w / 2) / static_cast<double>(w);
    const double v = 2.0 * static_cast<double>(row - h / 2) / static_cast<double>(h);
    return u * u + v * v <= 1.0;
  }

 private:
  [[nodiscard]] double unit() const { return 0.5 * static_cast<double>(std::max(h, w)); }
};

/// Each loop, cut into as many pieces as the pixel that lies worst needs.
std::vector<LoopPieces> cut_loops(const std::vector<CoilPlace>& coils, const Grid& grid) {
  std::vector<LoopPieces> loops;
  for (const CoilPlace& coil : coils) {
    const CurrentLoop loop{coil.angle, coil.distance, coil.height, coil.loop_radius};
    int pieces = 0;
    for (std::int64_t row = 0; row < grid.h; ++row) {
      for (std::int64_t column = 0; column < grid.w; ++column) {
        pieces = std::max(pieces, loop_pieces_needed(loop, {grid.x(column), grid.y(row), 0.0}));
      }
    }
    loops.push_back(cut_loop(loop, pieces));
  }
  return loops;
}

Complex birdcage(const CoilPlace& coil, Complex place) {
  const Complex wire = std::polar(coil.distance, coil.angle);
  return Complex(0, 1) * std::polar(1.0, coil.phase - coil.angle) / std::conj(place - wire);
}

void scale(ComplexStack& maps, double factor) {
  for (std::complex<float>& value : maps.values) {
    value = std::complex<float>(Complex(value) * factor);
  }
}

double sum_of_squares(const ComplexStack& maps, std::int64_t row, std::int64_t column) {
  double sum = 0;
  for (std::int64_t c = 0; c < maps.coils; ++c) {
    sum += std::norm(Complex(maps.at(c, row, column)));
  }
  return sum;
}

/// Where an index of the new size lies among n old samples.
struct Between {
  std::int64_t low, high;
  double weight;  // of high
};

std::vector<Between> places_between(std::int64_t from, std::int64_t to) {
  std::vector<Between> places;
  for (std::int64_t i = 0; i < to; ++i) {
    const double at =
        static_cast<double>((i - to / 2) * from) / static_cast<double>(to) + static_cast<double>(from / 2);
    const double inside = std::clamp(at, 0.0, static_cast<double>(from - 1));
    const auto low = static_cast<std::int64_t>(inside);
    places.push_back({low, std::min(low + 1, from - 1), inside - static_cast<double>(low)});
  }
  return places;
}

void check_finite(const ComplexStack& maps) {
  for (std::size_t i = 0; i < maps.values.size(); ++i) {
    if (!std::isfinite(maps.values[i].real()) || !std::isfinite(maps.values[i].imag())) {
      const auto at = static_cast<std::int64_t>(i);
      fail(ErrorKind::kData, "coil maps ({}, {}, {}): coil {}, row {}, column {} is not a finite number",
           maps.coils, maps.h, maps.w, at / maps.plane(), at % maps.plane() / maps.w, at % maps.w);
    }
  }
}

void normalize(ComplexStack& maps) {
  for (std::int64_t row = 0; row < maps.h; ++row) {
    for (std::int64_t column = 0; column < maps.w; ++column) {
      const double root = std::sqrt(sum_of_squares(maps, row, column));
      for (std::int64_t c = 0; root > 0 && c < maps.coils; ++c) {
        maps.at(c, row, column) = std::complex<float>(Complex(maps.at(c, row, column)) / root);
      }
    }
  }
}

}  // namespace

std::string_view name_of(CoilMapKind kind) {
  return kind == CoilMapKind::kBirdcage ? "birdcage" : "biot_savart";
}

std::vector<CoilPlace> place_coils(const CoilMapOptions& o, std::uint64_t seed, std::uint32_t example) {
  if (o.coils < 1 || o.coils > 256 || !(o.radius >= 1.5 && o.radius <= 100.0) ||
      !(o.loop_radius >= 0 && o.loop_radius <= 100.0) || !(o.variation >= 0 && o.variation <= 1)) {
    fail(ErrorKind::kUsage,
         "coil maps: expected 1 to 256 coils, a radius of 1.5 to 100 half sides, a loop radius of 0 (by the "
         "number of coils) to 100 and a variation of 0 to 1, got {} coils, radius {}, loop radius {} and "
         "variation {}",
         o.coils, o.radius, o.loop_radius, o.variation);
  }
  const double v = o.variation, loop = o.loop_radius > 0 ? o.loop_radius : default_loop_radius(o);
  Draws draws(seed, RandomPurpose::kCoilMaps, example);
  const double rotation = v * draws.between(0.0, 2 * kPi);
  const double distance = o.radius * (1.0 + v * draws.between(0.0, 0.2));
  std::vector<CoilPlace> coils;
  for (int c = 0; c < o.coils; ++c) {
    CoilPlace coil;
    coil.angle = 2 * kPi / o.coils * (c + v * draws.symmetric(0.25)) + rotation;
    coil.distance = distance;
    coil.height = v * draws.symmetric(0.4);
    coil.loop_radius = loop * (1.0 + v * draws.symmetric(0.2));
    coil.phase = v * draws.between(0.0, 2 * kPi);
    coils.push_back(coil);
  }
  return coils;
}

ComplexStack coil_maps(const CoilMapOptions& options, const std::vector<CoilPlace>& coils, std::int64_t h,
                       std::int64_t w, Stream& stream) {
  const Grid grid{h, w};
  const std::size_t n = coils.size();
  ComplexStack maps(static_cast<std::int64_t>(n), h, w);
  const bool loops_wanted = options.kind == CoilMapKind::kBiotSavart;
  const std::vector<LoopPieces> loops = loops_wanted ? cut_loops(coils, grid) : std::vector<LoopPieces>{};
  stream.pool().run(h, [&](std::int64_t row, int) {
    std::vector<Complex> pixel(n);
    for (std::int64_t column = 0; column < w; ++column) {
      const double x = grid.x(column), y = grid.y(row);
      double squares = 0;
      for (std::size_t c = 0; c < n; ++c) {
        if (loops_wanted) {
          const Vector3 field = loop_field(loops[c], {x, y, 0.0});
          pixel[c] = std::polar(1.0, coils[c].phase) * Complex(field[0], -field[1]);
        } else {
          pixel[c] = birdcage(coils[c], {x, y});
        }
        squares += std::norm(pixel[c]);
      }
      const double factor = options.normalized ? 1.0 / std::sqrt(squares) : 1.0;
      for (std::size_t c = 0; c < n; ++c) {
        maps.at(static_cast<std::int64_t>(c), row, column) = std::complex<float>(factor * pixel[c]);
      }
    }
  });
  if (!options.normalized) {
    double sum = 0;
    std::int64_t pixels = 0;
    for (std::int64_t row = 0; row < h; ++row) {
      for (std::int64_t column = 0; column < w; ++column) {
        if (grid.in_ellipse(row, column)) {
          sum += sum_of_squares(maps, row, column);
          ++pixels;
        }
      }
    }
    scale(maps, std::sqrt(static_cast<double>(pixels) / sum));
  }
  return maps;
}

ComplexStack resample_maps(const ComplexStack& maps, std::int64_t h, std::int64_t w, bool normalized) {
  check_finite(maps);
  ComplexStack out(maps.coils, h, w);
  if (maps.h == h && maps.w == w) {
    out.values = maps.values;
  } else {
    const std::vector<Between> rows = places_between(maps.h, h), columns = places_between(maps.w, w);
    for (std::int64_t c = 0; c < maps.coils; ++c) {
      for (std::int64_t row = 0; row < h; ++row) {
        const Between& r = rows[static_cast<std::size_t>(row)];
        for (std::int64_t column = 0; column < w; ++column) {
          const Between& q = columns[static_cast<std::size_t>(column)];
          const auto line = [&](std::int64_t y) {
            return (1.0 - q.weight) * Complex(maps.at(c, y, q.low)) +
                   q.weight * Complex(maps.at(c, y, q.high));
          };
          out.at(c, row, column) =
              std::complex<float>((1.0 - r.weight) * line(r.low) + r.weight * line(r.high));
        }
      }
    }
  }
  if (normalized) {
    normalize(out);
  }
  return out;
}

}  // namespace selfsame
