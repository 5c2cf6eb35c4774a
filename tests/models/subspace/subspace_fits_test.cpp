// SPDX-License-Identifier: Apache-2.0
#include "models/subspace/subspace_fits.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/subspace/gradient_descent.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

constexpr SubspaceProblem kSmall{12, 3, 0.5};
constexpr double kSigmas[] = {0.0, 0.7};

std::span<const double> lane_of(const std::vector<double>& all, std::int64_t lane) {
  return std::span(all).subspan(static_cast<std::size_t>(lane * 144), 144);
}

// The whole point: what the closed form says of an iterate is what training reaches step by step.
TEST(SubspaceFits, EarlyStoppedRiskIsThatOfRealGradientDescentOnEveryDevice) {
  Stream stream(contract::test_device(), 2);
  const std::vector<double> basis = subspace_basis(kSmall, 1);
  const std::int64_t lanes = 2;
  SubspaceMoments moments(kSmall, lanes, stream);
  for (const std::int64_t examples : {1, 5, 12, 40}) {
    moments.draw(basis, examples, 0, 3, stream);
    const bool cpu = contract::test_device() == DeviceKind::kCpu;
    const std::int64_t most = cpu ? 3000 : 40;
    const std::vector<SubspaceFit> fits = fit_subspace(moments, basis, examples, kSigmas, most, stream);
    const double step = kSmall.step_size(examples);
    for (std::size_t level = 0; level < 2; ++level) {
      for (std::int64_t lane = 0; lane < lanes; ++lane) {
        const SubspaceFit& fit = fits[level * 2 + static_cast<std::size_t>(lane)];
        SCOPED_TRACE(
            fmt::format("N {} sigma' {} lane {} at {}", examples, kSigmas[level], lane, fit.iterations));
        const auto risk_after = [&](std::int64_t iterations) {
          const std::vector<double> weights =
              descend_by_steps(moments, basis, kSigmas[level], step, iterations, stream);
          return risk_of(kSmall, basis, lane_of(weights, lane));
        };
        EXPECT_NEAR(risk_after(fit.iterations), fit.early_stopped, 1e-11);
        if (fit.iterations > 0) {
          EXPECT_GE(risk_after(fit.iterations - 1), fit.early_stopped * (1 - 1e-8));
        }
        if (fit.iterations < most) {
          EXPECT_GE(risk_after(fit.iterations + 1), fit.early_stopped * (1 - 1e-8));
        }
      }
    }
  }
}

// Least squares by its definition: the residual of W Y Y^T = Y' Y^T vanishes, which determines W for N > n.
TEST(SubspaceFits, LeastSquaresIsWhereGradientDescentEnds) {
  Stream stream(DeviceKind::kCpu, 1);
  const std::vector<double> basis = subspace_basis(kSmall, 1);
  SubspaceMoments moments(kSmall, 1, stream);
  for (const std::int64_t examples : {4, 30}) {
    moments.draw(basis, examples, 7, 3, stream);
    const SubspaceFit fit = fit_subspace(moments, basis, examples, kSigmas, 10, stream)[1];
    // 1/|(1 + eps)(1 + sigma^2)| of the smallest eigenvalue, some percent of the largest, is 1e-4 or more.
    const std::vector<double> weights =
        descend_by_steps(moments, basis, kSigmas[1], kSmall.step_size(examples), 300'000, stream);
    EXPECT_NEAR(fit.least_squares, risk_of(kSmall, basis, weights), 1e-9) << examples;
  }
}

struct Mean {
  double value = 0, error = 0;
};
template <typename F>
Mean mean_of(const std::vector<SubspaceFit>& fits, std::size_t first, std::size_t count, F&& f) {
  double sum = 0, square = 0;
  for (std::size_t i = first; i < first + count; ++i) {
    sum += f(fits[i]);
    square += f(fits[i]) * f(fits[i]);
  }
  const auto m = static_cast<double>(count);
  return {sum / m, std::sqrt((square / m - sum / m * sum / m) / (m - 1))};
}

// Means over draws against the closed forms: 4 standard errors, met by chance once in 16,000.
TEST(SubspaceFits, MeansAreTheClosedForms) {
  Stream stream(DeviceKind::kCpu, 2);
  const std::vector<double> basis = subspace_basis(kSmall, 1);
  constexpr std::int64_t kLanes = 2000;
  SubspaceMoments moments(kSmall, kLanes, stream);
  for (const std::int64_t examples : {16, 24, 100}) {
    moments.draw(basis, examples, 0, 12, stream);
    const std::vector<SubspaceFit> fits = fit_subspace(moments, basis, examples, kSigmas, 1000, stream);
    for (std::size_t level = 0; level < 2; ++level) {
      SCOPED_TRACE(fmt::format("N {} sigma' {}", examples, kSigmas[level]));
      const Mean all =
          mean_of(fits, level * kLanes, kLanes, [](const SubspaceFit& f) { return f.least_squares; });
      const Mean some =
          mean_of(fits, level * kLanes, kLanes, [](const SubspaceFit& f) { return f.subspace; });
      EXPECT_NEAR(all.value, kSmall.least_squares_risk(examples, kSigmas[level]), 4 * all.error);
      EXPECT_NEAR(some.value, kSmall.subspace_risk(examples, kSigmas[level]), 4 * some.error);
      EXPECT_LT(some.error, 0.05 * some.value);
    }
  }
}

TEST(SubspaceFits, FewExamplesHaveNoUniqueSubspaceSolution) {
  Stream stream(DeviceKind::kCpu, 1);
  const std::vector<double> basis = subspace_basis(kSmall, 1);
  SubspaceMoments moments(kSmall, 1, stream);
  moments.draw(basis, 2, 0, 3, stream);
  const std::vector<SubspaceFit> fits = fit_subspace(moments, basis, 2, kSigmas, 100, stream);
  EXPECT_TRUE(std::isnan(fits[0].subspace));
  EXPECT_TRUE(std::isfinite(fits[0].least_squares));
}

}  // namespace
}  // namespace selfsame
