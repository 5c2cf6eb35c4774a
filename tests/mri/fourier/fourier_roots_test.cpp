// SPDX-License-Identifier: Apache-2.0
#include "mri/fourier/fourier_roots.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

TEST(FourierRoots, OnEveryDeviceAreTheNearestFloatsAndAreMadeOnce) {
  Stream stream(contract::test_device(), 1);
  for (const std::int64_t n : {1, 7, 368, 1024}) {
    const float* table = fourier_roots(n, stream);
    EXPECT_EQ(fourier_roots(n, stream), table);
    std::vector<float> host(static_cast<std::size_t>(2 * n));
    stream.download(host.data(), table, host.size() * sizeof(float));
    stream.synchronize();
    for (std::size_t m = 0; m < static_cast<std::size_t>(n); ++m) {
      const std::complex<double> want =
          std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(m) / static_cast<double>(n));
      // The angle's own rounding in double, then that to float.
      EXPECT_NEAR(static_cast<double>(host[2 * m]), want.real(), 0x1.001p-25);
      EXPECT_NEAR(static_cast<double>(host[2 * m + 1]), want.imag(), 0x1.001p-25);
    }
  }
}

TEST(FourierRoots, OnEveryDeviceAreNotMadeWhileAGraphIsRecorded) {
  if (contract::test_device() == DeviceKind::kCpu) {
    GTEST_SKIP() << "the CPU records nothing";
  }
  Stream stream(contract::test_device(), 1);
  stream.queue().begin_capture();
  EXPECT_THROW(static_cast<void>(fourier_roots(1531, stream)), Error);
  static_cast<void>(stream.queue().end_capture());
  EXPECT_NE(fourier_roots(1531, stream), nullptr);
}

}  // namespace
}  // namespace selfsame
