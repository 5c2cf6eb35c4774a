// SPDX-License-Identifier: Apache-2.0
#include "mri/fourier/fourier_roots.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "mri/fourier/fourier_line_plan.hpp"
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

TEST(FourierRoots, OnEveryDeviceOfAStepLieInTheOrderOfItsButterflies) {
  Stream stream(contract::test_device(), 1);
  for (const std::int64_t n : {8, 96, 368, 210, 640}) {
    const LinePlan plan = make_line_plan(n);
    std::vector<float> host(static_cast<std::size_t>(2 * (n + plan.step_roots)));
    stream.download(host.data(), fourier_roots(n, stream), host.size() * sizeof(float));
    stream.synchronize();
    const auto number = [&](std::int64_t i) {
      return std::complex<float>(host[static_cast<std::size_t>(2 * i)],
                                 host[static_cast<std::size_t>(2 * i + 1)]);
    };
    std::int64_t at = n;
    for (int i = 1; i < plan.stages && plan.stage[i].radix <= 8; ++i) {
      const LineStage& s = plan.stage[i];
      EXPECT_EQ(n + s.roots, at);
      for (std::int64_t q = 1; q < s.radix; ++q) {
        for (std::int64_t k = 0; k < s.by_product.divisor; ++k, ++at) {
          EXPECT_EQ(number(at), number(q * k * s.stride)) << n << ": step " << i;
        }
      }
    }
    EXPECT_EQ(at, n + plan.step_roots);
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
