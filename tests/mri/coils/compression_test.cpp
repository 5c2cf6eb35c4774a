// SPDX-License-Identifier: Apache-2.0
#include "mri/coils/compression.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"
#include "mri/coils/complex_array.hpp"
#include "mri/coils/noise.hpp"

namespace selfsame {
namespace {

double energy(const ComplexArray& z) {
  double sum = 0;
  for (const auto value : z.values) {
    sum += std::norm(std::complex<double>(value));
  }
  return sum;
}

/// Five coils that are combinations of three random signals of very different size.
ComplexArray signals() {
  ComplexArray z({1, 5, 8, 9});
  const RandomStream random(5, RandomPurpose::kTest, 0, 1);
  std::vector<std::complex<double>> mixing;
  for (std::uint64_t i = 0; i < 25; ++i) {
    const double size = i % 5 < 3 ? std::pow(4.0, static_cast<double>(i % 5)) : 0;
    mixing.emplace_back(size * random.normal(1000 + 2 * i), size * random.normal(1001 + 2 * i));
  }
  for (std::size_t i = 0; i < z.values.size(); ++i) {
    z.values[i] = {random.normal(2 * i), random.normal(2 * i + 1)};
  }
  mix_coils(z.view(), z.view(), mixing);
  return z;
}

}  // namespace

TEST(Compression, KeepsTheEnergyOfItsSingularValues) {
  const ComplexArray z = signals();
  const CalibrationRegion all{0, 0, 8, 9};
  for (std::int64_t v = 1; v <= 5; ++v) {
    const CoilCompression compression = compress_coils(z.view(), all, v);
    ComplexArray virtual_coils({1, v, 8, 9});
    mix_coils(virtual_coils.view(), z.view(), compression.matrix);
    double kept = 0;
    for (std::int64_t i = 0; i < v; ++i) {
      kept += compression.energy[static_cast<std::size_t>(i)];
    }
    EXPECT_NEAR(energy(virtual_coils), kept, 1e-5 * kept);
    EXPECT_NEAR(compression.kept(), kept / energy(z), 1e-6);
    for (std::int64_t i = 0; i < v; ++i) {  // rows are orthonormal, so white noise stays white
      for (std::int64_t j = 0; j < v; ++j) {
        std::complex<double> dot = 0;
        for (std::int64_t c = 0; c < 5; ++c) {
          dot += compression.matrix[static_cast<std::size_t>(i * 5 + c)] *
                 std::conj(compression.matrix[static_cast<std::size_t>(j * 5 + c)]);
        }
        EXPECT_NEAR(std::abs(dot - std::complex<double>(i == j)), 0, 1e-13);
      }
    }
  }
  // Three signals are three coils.
  EXPECT_NEAR(compress_coils(z.view(), all, 3).kept(), 1, 1e-6);
  EXPECT_LT(compress_coils(z.view(), all, 2).kept(), 1 - 1e-4);
}

TEST(Compression, RefusesMoreCoilsThanThereAre) {
  const ComplexArray z = signals();
  for (const std::int64_t v : {0, 6}) {
    try {
      static_cast<void>(compress_coils(z.view(), {0, 0, 8, 9}, v));
      FAIL() << "accepted " << v;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_NE(std::string(error.what()).find("of 5 measured"), std::string::npos) << error.what();
    }
  }
}

}  // namespace selfsame
