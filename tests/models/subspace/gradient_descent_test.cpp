// SPDX-License-Identifier: Apache-2.0
#include "models/subspace/gradient_descent.hpp"

#include <gtest/gtest.h>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

// W <- W - step (W Y Y^T - Y' Y^T), written out.
TEST(GradientDescent, StepsAreThoseOfTheDefinition) {
  const SubspaceProblem problem{5, 2, 0.3};
  Stream stream(DeviceKind::kCpu, 2);
  const std::vector<double> basis = subspace_basis(problem, 2);
  SubspaceMoments moments(problem, 2, stream);
  moments.draw(basis, 9, 0, 4, stream);
  const double step = 0.05, sigma = 0.6;
  const std::vector<double> got = descend_by_steps(moments, basis, sigma, step, 20, stream);
  ASSERT_EQ(got.size(), 50u);
  for (std::int64_t lane = 0; lane < 2; ++lane) {
    std::vector<double> cross(25), w(25);
    moments.cross(lane, basis, sigma, cross);
    const double* gram = moments.gram().host<double>() + lane * 25;
    for (int k = 0; k < 20; ++k) {
      const std::vector<double> before = w;
      for (std::size_t i = 0; i < 5; ++i) {
        for (std::size_t p = 0; p < 5; ++p) {
          double gradient = -cross[i * 5 + p];
          for (std::size_t q = 0; q < 5; ++q) {
            gradient += before[i * 5 + q] * gram[q * 5 + p];
          }
          w[i * 5 + p] -= step * gradient;
        }
      }
    }
    for (std::size_t i = 0; i < 25; ++i) {
      EXPECT_NEAR(got[static_cast<std::size_t>(lane) * 25 + i], w[i], 1e-13);
    }
  }
  for (const double weight : descend_by_steps(moments, basis, sigma, step, 0, stream)) {
    EXPECT_EQ(weight, 0);
  }
  EXPECT_THROW(static_cast<void>(descend_by_steps(moments, basis, sigma, 0, 1, stream)), Error);
}

}  // namespace
}  // namespace selfsame
