// SPDX-License-Identifier: Apache-2.0
#include "engine/kspace/kspace_preparation.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "mri/files/npy_file.hpp"
#include "mri/fourier/fourier.hpp"
#include "mri/simulation/simulate.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kH = 32, kW = 24;

SimulatedExample simulated(Stream& stream) {
  std::vector<float> image(kH * kW);
  for (std::int64_t y = 0; y < kH; ++y) {
    for (std::int64_t x = 0; x < kW; ++x) {
      const double r = std::hypot((static_cast<double>(y) - 16) / 12, (static_cast<double>(x) - 12) / 9);
      image[static_cast<std::size_t>(y * kW + x)] = r < 1 ? static_cast<float>(1 - 0.5 * r) : 0.0f;
    }
  }
  SimulationOptions options;
  options.maps.coils = 4;
  options.phase = 0.3;
  return simulate_from_real(image, kH, kW, options, 0, stream);
}

RawSlice raw_of(const SimulatedExample& example) { return {4, kH, kW, example.kspace.values, {}}; }

SamplingLaw law_with_centre(std::int64_t first, std::int64_t count) {
  SamplingLaw law;
  law.w = kW;
  law.probability.assign(kW, 0.25);
  std::fill_n(law.probability.begin() + first, count, 1.0);
  return law;
}

PreparationOptions low_resolution() {
  PreparationOptions options;
  options.maps.type = CoilMapsConfig::Type::kLowResolution;
  options.maps.calibration = 8;
  return options;
}

TEST(KSpacePreparation, ScalesByWhatEveryMaskSamples) {
  Stream stream(DeviceKind::kCpu, 2);
  RawSlice raw = raw_of(simulated(stream));
  const SamplingLaw law = law_with_centre(8, 8);
  const KSpaceExample first = prepare_slice(raw, "a", law, low_resolution(), stream);
  for (std::complex<float>& z : raw.kspace) {
    z *= 1e-6f;
  }
  const KSpaceExample tiny = prepare_slice(raw, "a", law, low_resolution(), stream);
  for (std::size_t i = 0; i < first.kspace.size(); ++i) {
    EXPECT_NEAR(std::abs(tiny.kspace[i] - first.kspace[i]), 0, 1e-5);
  }
  // Frequencies outside the centre, which a mask may leave out, do not enter the scale.
  for (std::size_t i = 0; i < raw.kspace.size(); ++i) {
    raw.kspace[i] *= i % kW < 8 || i % kW >= 16 ? 0.5f : 1.0f;
  }
  EXPECT_EQ(prepare_slice(raw, "a", law, low_resolution(), stream).scale, tiny.scale);
}

TEST(KSpacePreparation, NamesSlicesThatNothingCanBeLearntFrom) {
  Stream stream(DeviceKind::kCpu, 1);
  RawSlice raw = raw_of(simulated(stream));
  const SamplingLaw law = law_with_centre(8, 8);
  const auto message = [&](const PreparationOptions& options) {
    try {
      (void)prepare_slice(raw, "scan.h5[3]", law, options, stream);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      return std::string(error.what());
    }
    return std::string();
  };
  PreparationOptions strict;
  strict.maps.type = CoilMapsConfig::Type::kEspirit;
  strict.maps.calibration = 8;
  strict.maps.kernel = 4;
  strict.maps.crop = 0.999999;  // no eigenvalue is that near to 1 with noise
  for (std::size_t i = 0; i < raw.kspace.size(); ++i) {
    raw.kspace[i] += std::complex<float>(static_cast<float>(i % 7), static_cast<float>(i % 11));
  }
  EXPECT_NE(message(strict).find("scan.h5[3]: its coil maps are zero everywhere"), std::string::npos)
      << message(strict);
  std::fill(raw.kspace.begin(), raw.kspace.end(), 0.0f);
  const std::string zeros = message(low_resolution());
  EXPECT_TRUE(zeros.starts_with("scan.h5[3]: ")) << zeros;
  EXPECT_NE(zeros.find("holds zeros only"), std::string::npos) << zeros;
}

TEST(KSpacePreparation, CropsTheReadoutInTheImage) {
  Stream stream(DeviceKind::kCpu, 1);
  const RawSlice raw = raw_of(simulated(stream));
  PreparationOptions options = low_resolution();
  const SamplingLaw law = law_with_centre(8, 8);
  options.reference = ReferenceImage::kRootSumOfSquares;
  const KSpaceExample whole = prepare_slice(raw, "a", law, options, stream);
  options.readout = 28;
  const KSpaceExample cropped = prepare_slice(raw, "a", law, options, stream);
  ASSERT_EQ(cropped.h, 28);
  EXPECT_EQ(prepared_shape({4, kH, kW}, options), (SliceShape{4, 28, kW}));
  for (std::int64_t y = 0; y < 28; ++y) {
    for (std::int64_t x = 0; x < kW; ++x) {
      // Crops around row 16 -> row 14: two rows above, two below. Scales differ by their own maxima.
      const float a = whole.reference[static_cast<std::size_t>((y + 2) * kW + x)] / whole.scale;
      const float b = cropped.reference[static_cast<std::size_t>(y * kW + x)] / cropped.scale;
      EXPECT_NEAR(a, b, 2e-5) << y << " " << x;
    }
  }
}

TEST(KSpacePreparation, TheReferenceOfGoodMapsIsTheImage) {
  Stream stream(DeviceKind::kCpu, 1);
  const SimulatedExample truth = simulated(stream);
  KSpaceExample e;
  e.coils = 4;
  e.h = kH;
  e.w = kW;
  e.kspace = truth.kspace.values;
  e.maps = truth.maps.values;
  for (const ReferenceImage kind : {ReferenceImage::kSense, ReferenceImage::kRootSumOfSquares}) {
    const std::vector<float> image = reference_image(e, kind, stream);
    for (std::size_t i = 0; i < image.size(); ++i) {
      EXPECT_NEAR(image[i], std::abs(truth.image.values[i]), 1e-5);
    }
  }
}

TEST(KSpacePreparation, CompressesCoils) {
  Stream stream(DeviceKind::kCpu, 1);
  PreparationOptions options = low_resolution();
  options.virtual_coils = 2;
  const KSpaceExample e =
      prepare_slice(raw_of(simulated(stream)), "a", law_with_centre(8, 8), options, stream);
  EXPECT_EQ(e.coils, 2);
  EXPECT_EQ(e.kspace.size(), static_cast<std::size_t>(2 * kH * kW));
}

TEST(KSpacePreparation, TakesSlicesWhoseCornersWereNotSampled) {
  Stream stream(DeviceKind::kCpu, 1);
  RawSlice raw = raw_of(simulated(stream));
  raw.mask.assign(kH * kW, 0);
  for (std::int64_t y = kH / 2 - 5; y < kH / 2 + 5; ++y) {
    std::fill_n(raw.mask.begin() + y * kW + kW / 2 - 5, 10, std::uint8_t{1});
  }
  const KSpaceExample e = prepare_slice(raw, "a", law_with_centre(8, 8), low_resolution(), stream);
  EXPECT_TRUE(std::isnan(e.sigma));
  EXPECT_TRUE(e.reference.empty()) << "there is no image of all of k-space";
}

TEST(KSpacePreparation, NeedsACentreThatEveryMaskSamples) {
  Stream stream(DeviceKind::kCpu, 1);
  const std::string text = error_text<Error>([&] {
    (void)prepare_slice(raw_of(simulated(stream)), "a.h5[3]", law_with_centre(0, 0), low_resolution(),
                        stream);
  });
  EXPECT_NE(text.find("a.h5[3]"), std::string::npos) << text;
  EXPECT_NE(text.find("centre"), std::string::npos) << text;
}

TEST(KSpacePreparation, MapsFromFilesAreThoseOfTheFileAndNormalised) {
  Stream stream(DeviceKind::kCpu, 2);
  const SimulatedExample example = simulated(stream);
  const TemporaryFolder folder;
  const auto write = [&](float factor) {
    std::vector<std::complex<float>> maps = example.maps.values;
    for (std::complex<float>& z : maps) {
      z *= factor;
    }
    const std::int64_t shape[] = {4, kH, kW};
    NpyWriter writer((folder.path() / "scan.npy").string(), NpyType::kC8, shape);
    writer.append(std::as_bytes(std::span(maps)));
    writer.commit();
  };
  PreparationOptions options;
  options.maps.type = CoilMapsConfig::Type::kFiles;
  options.maps.path = folder.path();
  const auto prepared = [&] {
    return prepare_slice(raw_of(example), "elsewhere/scan.h5[0]", law_with_centre(8, 8), options, stream);
  };
  write(1);
  EXPECT_EQ(prepared().maps, example.maps.values);
  write(3);
  try {
    static_cast<void>(prepared());
    ADD_FAILURE() << "maps of three times the size were taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_NE(std::string(error.what()).find("scan.npy: coil maps whose sum of squares is 9"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace selfsame
