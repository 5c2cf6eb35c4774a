// SPDX-License-Identifier: Apache-2.0
#include "mri/simulation/simulate.hpp"

#include <cmath>

#include "kernels/device/philox.hpp"
#include "mri/fourier/fourier.hpp"
#include "mri/simulation/hermitian.hpp"
#include "mri/simulation/plane_waves.hpp"
#include "mri/simulation/smooth_phase.hpp"

namespace selfsame {
namespace {

using Complex = std::complex<double>;

void transform(ComplexStack& z, FourierDirection direction, Stream& stream) {
  const ComplexView view = z.view();
  stream.reserve_workspace(prepare_fourier(view.shape, view.dtype, FourierAxes::kBoth, stream));
  fourier(view, view, FourierAxes::kBoth, direction, stream);
}

ComplexStack maps_of(const SimulationOptions& options, std::int64_t h, std::int64_t w, std::uint32_t example,
                     Stream& stream) {
  if (options.measured_maps != nullptr) {
    return resample_maps(*options.measured_maps, h, w, options.maps.normalized);
  }
  return coil_maps(options.maps, place_coils(options.maps, options.seed, example), h, w, stream);
}

void check_image(const ComplexStack& image) {
  SELFSAME_CHECK(image.coils == 1, "image ({}, {}, {})", image.coils, image.h, image.w);
  for (std::size_t i = 0; i < image.values.size(); ++i) {
    if (!std::isfinite(image.values[i].real()) || !std::isfinite(image.values[i].imag())) {
      const auto at = static_cast<std::int64_t>(i);
      fail(ErrorKind::kData, "image of {} x {}: row {}, column {} is not a finite number", image.h, image.w,
           at / image.w, at % image.w);
    }
  }
}

void check_noise(double sd) {
  if (!(sd >= 0) || !std::isfinite(sd)) {
    fail(ErrorKind::kUsage, "noise: expected a standard deviation of at least 0, got {}", sd);
  }
}

}  // namespace

void add_complex_noise(ComplexStack& z, double sd, std::span<const Complex> covariance, std::uint64_t seed,
                       std::uint32_t example, Stream& stream) {
  check_noise(sd);
  const auto coils = static_cast<std::size_t>(z.coils);
  const bool correlated = !covariance.empty();
  const std::vector<Complex> lower =
      correlated ? cholesky(covariance, coils, "noise covariance") : std::vector<Complex>{};
  if (sd == 0) {
    return;
  }
  const RandomStream random(seed, RandomPurpose::kKSpaceNoise, 0, example);
  stream.pool().run(z.h, [&](std::int64_t row, int) {
    std::vector<Complex> white(coils);
    for (std::int64_t column = 0; column < z.w; ++column) {
      for (std::size_t d = 0; d < coils; ++d) {
        const auto place =
            static_cast<std::uint64_t>((static_cast<std::int64_t>(d) * z.h + row) * z.w + column);
        // Normals 2 place and 2 place + 1 come from one half of a group of four words.
        const Philox::Counter words = random.words(place / 2);
        const NormalPair pair =
            place % 2 == 0 ? normals_from(words[0], words[1]) : normals_from(words[2], words[3]);
        white[d] = {static_cast<double>(pair.first), static_cast<double>(pair.second)};
      }
      for (std::size_t c = 0; c < coils; ++c) {
        Complex noise = correlated ? 0.0 : white[c];
        for (std::size_t d = 0; correlated && d <= c; ++d) {
          noise += lower[c * coils + d] * white[d];
        }
        std::complex<float>& value = z.at(static_cast<std::int64_t>(c), row, column);
        value = std::complex<float>(Complex(value) + sd * noise);
      }
    }
  });
}

SimulatedExample simulate_from_complex(const ComplexStack& image, const SimulationOptions& options,
                                       std::uint32_t example, Stream& stream) {
  check_noise(options.noise);
  check_image(image);
  SimulatedExample made;
  made.image = image;
  made.maps = maps_of(options, image.h, image.w, example, stream);
  made.kspace = ComplexStack(made.maps.coils, image.h, image.w);
  for (std::int64_t c = 0; c < made.maps.coils; ++c) {
    for (std::int64_t i = 0; i < image.plane(); ++i) {
      const auto at = static_cast<std::size_t>(c * image.plane() + i);
      made.kspace.values[at] = made.maps.values[at] * image.values[static_cast<std::size_t>(i)];
    }
  }
  transform(made.kspace, FourierDirection::kForward, stream);
  add_complex_noise(made.kspace, options.noise, options.noise_covariance, options.seed, example, stream);
  return made;
}

SimulatedExample simulate_from_real(std::span<const float> x, std::int64_t h, std::int64_t w,
                                    const SimulationOptions& options, std::uint32_t example, Stream& stream) {
  SELFSAME_CHECK(static_cast<std::int64_t>(x.size()) == h * w, "{} pixels, image of {} x {}", x.size(), h, w);
  const std::vector<double> phase = smooth_phase(h, w, options.phase, options.seed, example);
  ComplexStack image(1, h, w);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto value = static_cast<double>(x[i]);
    image.values[i] = std::complex<float>(Complex(value * std::cos(phase[i]), value * std::sin(phase[i])));
  }
  return simulate_from_complex(image, options, example, stream);
}

SimulatedExample simulate_from_phantom(const PhantomOptions& phantom, const SimulationOptions& options,
                                       std::uint32_t example, Stream& stream) {
  check_noise(options.noise);
  const std::int64_t h = phantom.h, w = phantom.w;
  const std::vector<Ellipse> ellipses = random_phantom(phantom, options.seed, example);
  const PlaneWaveMaps maps = fit_plane_waves(maps_of(options, h, w, example, stream), kPhantomReach, stream);
  SimulatedExample made;
  made.maps = evaluate(maps, h, w, stream);
  made.kspace = phantom_kspace(ellipses, maps, h, w, stream);
  made.image = phantom_kspace(ellipses, PlaneWaveMaps{1, 0, {1.0}}, h, w, stream);
  transform(made.image, FourierDirection::kInverse, stream);
  add_complex_noise(made.kspace, options.noise, options.noise_covariance, options.seed, example, stream);
  return made;
}

}  // namespace selfsame
