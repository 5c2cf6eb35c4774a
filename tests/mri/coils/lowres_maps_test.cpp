// SPDX-License-Identifier: Apache-2.0
#include "mri/coils/lowres_maps.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numbers>

#include "mri/files/npy_file.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame {
namespace {

ComplexArray read(const std::filesystem::path& path) {
  const NpyFile file(path.string());
  const auto& d = file.header().shape;
  ComplexArray array({1, d.at(0), d.at(1), d.at(2)});
  file.read_raw(std::as_writable_bytes(std::span(array.values)), 0, file.header().elements);
  return array;
}

}  // namespace

TEST(LowresMaps, AreTheDefinition) {
  Stream stream(DeviceKind::kCpu, 1);
  constexpr std::int64_t kH = 6, kW = 9, kCoils = 3;
  ComplexArray k({1, kCoils, kH, kW});
  for (std::size_t i = 0; i < k.values.size(); ++i) {
    k.values[i] = {std::sin(static_cast<float>(7 * i)), std::cos(static_cast<float>(3 * i * i))};
  }
  const CalibrationRegion region{0, 2, 6, 5};  // all rows: no window along them
  const LowresMaps found = estimate_lowres_maps(k.view(), region, stream);
  for (std::int64_t i = 0; i < kH * kW; ++i) {
    std::vector<std::complex<double>> image(kCoils);
    double squares = 0, norm = 0;
    for (std::int64_t c = 0; c < kCoils; ++c) {
      auto& sum = image[static_cast<std::size_t>(c)];
      for (std::int64_t y = 0; y < kH; ++y) {
        for (std::int64_t x = 2; x < 7; ++x) {
          const double weight = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(x - 1) / 6);
          const double angle = 2 * std::numbers::pi *
                               (static_cast<double>((y - 3) * (i / kW - 3)) / kH +
                                static_cast<double>((x - 4) * (i % kW - 4)) / kW);
          sum += weight * std::complex<double>(k.plane(0, c)[y * kW + x]) * std::polar(1.0, angle);
        }
      }
      sum /= std::sqrt(kH * kW);
      squares += std::norm(sum);
    }
    const double rss = std::sqrt(squares);
    EXPECT_NEAR(found.magnitude[static_cast<std::size_t>(i)], rss, 1e-5 * rss);
    const auto turn = std::conj(image[0]) / std::abs(image[0]) / rss;
    for (std::int64_t c = 0; c < kCoils; ++c) {
      const std::complex<double> map(found.maps.plane(0, c)[i]);
      EXPECT_NEAR(std::abs(map - image[static_cast<std::size_t>(c)] * turn), 0, 1e-4);
      norm += std::norm(map);
    }
    EXPECT_NEAR(norm, 1, 1e-6);
  }
}

/// The maps that lie beside the measured data were made by the same recipe, in NumPy.
TEST(LowresMaps, OfMeasuredDataAreThoseStoredBesideThem) {
  const auto folder = source_root() / "../shared/data/mri";
  if (!std::filesystem::exists(folder / "brain8_full_kspace.npy")) {
    GTEST_SKIP() << folder << " is not there";
  }
  Stream stream(DeviceKind::kCpu, 2);
  const ComplexArray k = read(folder / "brain8_full_kspace.npy"),
                     stored = read(folder / "brain8_maps_lowres.npy");
  const LowresMaps found =
      estimate_lowres_maps(k.view(), central_region(k.shape.h, k.shape.w, 24, 24), stream);
  double error = 0, size = 0;
  for (std::size_t i = 0; i < stored.values.size(); ++i) {
    error += std::norm(std::complex<double>(found.maps.values[i]) - std::complex<double>(stored.values[i]));
    size += std::norm(std::complex<double>(stored.values[i]));
  }
  EXPECT_LE(std::sqrt(error / size), 1e-4);  // float transforms, divided by small magnitudes outside the head
}

TEST(LowresMaps, AreDefinedForCoilsThatSayNothing) {
  Stream stream(DeviceKind::kCpu, 1);
  ComplexArray k({1, 2, 8, 8});
  k.plane(0, 1)[4 * 8 + 4] = {3, 4};  // coil 0 is empty
  const LowresMaps found = estimate_lowres_maps(k.view(), central_region(8, 8, 4, 4), stream);
  for (std::int64_t i = 0; i < 64; ++i) {
    EXPECT_EQ(found.maps.plane(0, 0)[i], 0.0f);
    EXPECT_NEAR(std::abs(found.maps.plane(0, 1)[i]), 1, 1e-6);
  }
  EXPECT_THROW(static_cast<void>(estimate_lowres_maps(k.view(), {0, 0, 2, 2}, stream)), Error);
}

}  // namespace selfsame
