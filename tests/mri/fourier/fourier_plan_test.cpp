// SPDX-License-Identifier: Apache-2.0
#include "mri/fourier/fourier_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "kernels/base/error.hpp"
#include "mri/fourier/fourier_codelets.hpp"

namespace selfsame {
namespace {

std::vector<int> radices(const FourierPlan& plan) {
  std::vector<int> all;
  for (int i = 0; i < plan.passes; ++i) {
    all.push_back(plan.pass[i].radix);
  }
  return all;
}

TEST(FourierPlan, PassesMultiplyToTheSizeAndCountTheirParts) {
  for (std::ptrdiff_t n = 1; n <= 1100; ++n) {
    const FourierPlans& plans = fourier_plans(n);
    for (const FourierPlan* plan : {&plans.forward, &plans.inverse_order}) {
      std::ptrdiff_t s = 1;
      for (int i = 0; i < plan->passes; ++i) {
        const FourierPass& pass = plan->pass[i];
        EXPECT_EQ(pass.s, s) << n;
        EXPECT_EQ(pass.s * pass.m * pass.radix, n);
        EXPECT_LE(pass.radix, plan->largest_radix);
        EXPECT_EQ(pass.twiddles != nullptr, i == 0 || i + 1 < plan->passes) << n << ", pass " << i;
        EXPECT_EQ(pass.circle != nullptr, pass.radix > FourierPlan::kLargestCodelet);
        s *= pass.radix;
      }
      EXPECT_EQ(s, n);
      EXPECT_EQ(plan->centre, n / 2);
    }
    std::vector<int> reversed = radices(plans.forward);
    std::reverse(reversed.begin(), reversed.end());
    EXPECT_EQ(radices(plans.inverse_order), reversed);
  }
}

TEST(FourierPlan, EveryRadixHasACodeletOrIsAPrime) {
  const FourierCodelets &composites = baseline::fourier_composites(), &primes = baseline::fourier_primes();
  for (std::ptrdiff_t n = 1; n <= 1100; ++n) {
    for (const int radix : radices(fourier_plans(n).forward)) {
      if (radix <= FourierPlan::kLargestCodelet) {
        EXPECT_NE(composites.of_radix[radix] != nullptr, primes.of_radix[radix] != nullptr) << radix;
      } else {
        for (int p = 2; p * p <= radix; ++p) {
          EXPECT_NE(radix % p, 0) << radix;
        }
      }
    }
  }
}

TEST(FourierPlan, TheSizesOfFastMriTakeTwoPasses) {
  for (const std::ptrdiff_t n : {320, 384, 640, 368, 372, 256, 512}) {
    EXPECT_EQ(fourier_plans(n).forward.passes, 2) << n;
  }
}

TEST(FourierPlan, TwiddleFactorsAreOnTheCircleAndTheFirstPassHasTheScale) {
  const FourierPlan& plan = fourier_plans(368).forward;
  const FourierPass& pass = plan.pass[0];
  for (std::ptrdiff_t p = 0; p < pass.m; ++p) {
    for (std::ptrdiff_t k = 0; k < pass.radix; ++k) {
      const auto want =
          std::polar(1 / std::sqrt(368.0), -2 * std::numbers::pi * static_cast<double>(p * k) / 368);
      const float* at = pass.twiddles + 2 * (p * pass.radix + k);
      EXPECT_NEAR(static_cast<double>(at[0]), want.real(), 0x1p-27);
      EXPECT_NEAR(static_cast<double>(at[1]), want.imag(), 0x1p-27);
    }
  }
}

TEST(FourierPlan, APlanIsMadeOnce) { EXPECT_EQ(&fourier_plans(96), &fourier_plans(96)); }

TEST(FourierPlan, NoPointsAreAnError) { EXPECT_THROW(static_cast<void>(fourier_plans(0)), Error); }

}  // namespace
}  // namespace selfsame
