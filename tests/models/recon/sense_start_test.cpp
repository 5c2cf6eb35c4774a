// SPDX-License-Identifier: Apache-2.0
// The image from which a reconstruction network starts, seen through a network that changes nothing: a
// residual U-Net whose weights are zero.
#include "models/recon/sense_start.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <random>

#include "mri/sense/sense.hpp"
#include "tests/models/recon/recon_case.hpp"

namespace selfsame {
namespace {

using Complex = std::complex<double>;
using test::relative_error;

/// Undersampled k-space of random images with random maps whose sum of squares is 1.
struct Problem {
  Shape4 shape{2, 3, 12, 10};
  std::int64_t mask_h = 1;
  std::vector<Complex> kspace, maps;
  std::vector<double> mask;
  Stream stream{DeviceKind::kCpu, 2};

  explicit Problem(bool columns) : mask_h(columns ? 1 : shape.h) {
    stream.request("*", "reference");
    std::mt19937_64 random(columns ? 1 : 2);
    std::normal_distribution<double> normal;
    const auto plane = static_cast<std::size_t>(shape.h * shape.w);
    maps.resize(static_cast<std::size_t>(shape.count()));
    for (Complex& z : maps) {
      z = {normal(random), normal(random)};
    }
    for (std::size_t n = 0; n < static_cast<std::size_t>(shape.n); ++n) {
      for (std::size_t i = 0; i < plane; ++i) {
        double sum = 0;
        for (std::size_t c = 0; c < 3; ++c) {
          sum += std::norm(maps[(3 * n + c) * plane + i]);
        }
        for (std::size_t c = 0; c < 3; ++c) {
          maps[(3 * n + c) * plane + i] /= std::sqrt(sum);
        }
      }
    }
    for (std::int64_t i = 0; i < shape.n * mask_h * shape.w; ++i) {
      mask.push_back(random() % 5 < 2 || i % shape.w == shape.w / 2 ? 1.0 : 0.0);
    }
    std::vector<Complex> image(plane * static_cast<std::size_t>(shape.n));
    for (Complex& z : image) {
      z = {normal(random), normal(random)};
    }
    kspace.resize(maps.size());
    const Shape4 one{shape.n, 1, shape.h, shape.w};
    stream.reserve_workspace(prepare_sense(shape, DType::kF64, FourierAxes::kBoth, stream));
    sense_forward(ComplexView(kspace.data(), DType::kF64, shape),
                  ConstComplexView(image.data(), DType::kF64, one), maps_view(), mask_view(),
                  FourierAxes::kBoth, stream);
  }

  [[nodiscard]] ConstComplexView maps_view() const { return {maps.data(), DType::kF64, shape}; }
  [[nodiscard]] ConstTensorView mask_view() const {
    return {mask.data(), DType::kF64, {shape.n, 1, mask_h, shape.w}, 1};
  }

  std::vector<double> start(SenseStartOptions options) {
    const ReconUNetOptions unet{2, 1, true, options};
    const auto model = make_reconstruction_model(unet);
    Parameters parameters(model->parameters(), 1, DType::kF64, false);  // all zero
    MemoryPlan plan;
    const NetworkSite site{plan, parameters, shape.n,    shape.h, shape.w, PassMode::kInference,
                           1,    2,          DType::kF64};
    const auto network = model->build({site, shape.c, mask_h, ReconstructionDomain::kImage, stream});
    plan.allocate();
    stream.reserve_workspace(plan.bytes(MemoryPlan::Arena::kWorkspace));
    ReconstructionInput input;
    input.kspace = ConstComplexView(kspace.data(), DType::kF64, shape);
    input.mask = mask_view();
    input.maps = maps_view();
    const ConstTensorView y = network->forward(input, stream);
    return {y.as<double>(), y.as<double>() + y.shape.count()};
  }

  /// (A^H A + lambda) x
  std::vector<double> normal_equation(const std::vector<double>& x, double lambda) {
    std::vector<double> y(x.size());
    const Shape4 one{shape.n, 1, shape.h, shape.w};
    sense_normal(ComplexView(y.data(), DType::kF64, one), ConstComplexView(x.data(), DType::kF64, one),
                 maps_view(), mask_view(), FourierAxes::kBoth, stream);
    for (std::size_t i = 0; i < x.size(); ++i) {
      y[i] += lambda * x[i];
    }
    return y;
  }
};

/// Standardising divides by the standard deviation and 1e-11, which the way back does not undo; the parts of
/// these images have at least a quarter.
constexpr double kRoundTrip = 4e-11;

class SenseStartTest : public testing::TestWithParam<bool> {};

TEST_P(SenseStartTest, WithoutIterationsIsTheZeroFilledImage) {
  Problem p(GetParam());
  std::vector<double> adjoint(static_cast<std::size_t>(2 * p.shape.n * p.shape.h * p.shape.w));
  sense_adjoint(ComplexView(adjoint.data(), DType::kF64, {p.shape.n, 1, p.shape.h, p.shape.w}),
                ConstComplexView(p.kspace.data(), DType::kF64, p.shape), p.maps_view(), {},
                FourierAxes::kBoth, p.stream);
  EXPECT_LE(relative_error(p.start({}), adjoint), kRoundTrip);
}

TEST_P(SenseStartTest, SolvesTheNormalEquationAsFastAsItSays) {
  Problem p(GetParam());
  const std::vector<double> zero_filled = p.start({});
  for (const double lambda : {0.5, 0.01}) {
    SCOPED_TRACE(lambda);
    const double root = std::sqrt(1 + 1 / lambda), q = (root - 1) / (root + 1);
    const int enough = static_cast<int>(std::ceil(std::log(1e-13) / std::log(q)));
    const std::vector<double> solution = p.start({enough, lambda});
    EXPECT_LE(relative_error(p.normal_equation(solution, lambda), zero_filled),
              kRoundTrip * (1 + 1 / lambda));
    for (const int n : {1, 2, 5, 20}) {
      const double error = relative_error(p.start({n, lambda}), solution);
      EXPECT_LE(error, 2 * std::pow(q, n) + kRoundTrip) << n;
      // Eigenvalues fill the interval to its lower end: a solution of few iterations is not the exact one.
      EXPECT_GE(error, n == 20 && lambda > 0.1 ? 0 : 1e-3 * std::pow(q, n)) << n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Masks, SenseStartTest, testing::Bool(), [](const auto& columns) {
  return std::string(columns.param ? "OfColumns" : "OfPoints");
});

TEST(SenseStart, NeedsAPositiveWeight) {
  EXPECT_THROW(Problem(true).start({3, 0}), Error);
  EXPECT_THROW(Problem(true).start({-1, 0.1}), Error);
}

}  // namespace
}  // namespace selfsame
