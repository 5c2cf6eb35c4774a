// SPDX-License-Identifier: Apache-2.0
#include "mri/recon/classical.hpp"

#include <gtest/gtest.h>

#include "tests/mri/recon/small_sense.hpp"

namespace selfsame {
namespace {

using namespace small_sense;

Vector solve(const ClassicalOptions& options, const Problem& p, Stream& stream,
             const ReconstructionCallback& callback = {}) {
  Vector x = p.image();
  make_classical(options)->reconstruct(p.view(x), p.measurement(), stream, callback);
  return x;
}

double total_variation(const Vector& x, std::int64_t h, std::int64_t w) {
  double sum = 0;
  for (std::int64_t i = 0; i < h * w; ++i) {
    const Complex above = x[at((i / w + h - 1) % h * w + i % w)];
    const Complex left = x[at(i / w * w + (i % w + w - 1) % w)];
    sum += std::sqrt(std::norm(x[at(i)] - above) + std::norm(x[at(i)] - left));
  }
  return sum;
}

/// 1/2 ||A x - y||^2 + lambda TV(x), by dense matrices.
double objective(const Problem& p, const Vector& a, const Vector& x, double lambda) {
  double sum = 0;
  for (std::int64_t r = 0; r < p.coils * p.plane(); ++r) {
    Complex rest = -p.mask[at(p.mask_h == 1 ? r % p.w : r % p.plane())] * p.kspace[at(r)];
    for (std::size_t i = 0; i < x.size(); ++i) {
      rest += a[at(r) * x.size() + i] * x[i];
    }
    sum += std::norm(rest);
  }
  return sum / 2 + lambda * total_variation(x, p.h, p.w);
}

/// The BART fixture as doubles.
struct BartProblem {
  test::Fixture fixture = test::Fixture::load("bart");
  Problem problem{1, 4, 24, 20, 24, {}, {}, fixture.tensor("mask").values};
  BartProblem() {
    for (const auto z : numbers(fixture.tensor("maps"))) {
      problem.maps.emplace_back(z);
    }
    for (const auto z : numbers(fixture.tensor("kspace"))) {
      problem.kspace.emplace_back(z);
    }
  }
  [[nodiscard]] Vector image(const std::string& name) const {
    Vector x;
    for (const auto z : numbers(fixture.tensor(name))) {
      x.emplace_back(z);
    }
    return x;
  }
};

}  // namespace

TEST(Classical, ZeroFilledIsTheAdjoint) {
  Stream stream(DeviceKind::kCpu, 2);
  const Problem p = problem(1, 3, 5, 4, 5);
  const Vector a = p.matrix(), x = solve(ZeroFilledOptions{}, p, stream);
  Vector exact = p.image();
  for (std::size_t r = 0; r < p.kspace.size(); ++r) {
    for (std::size_t i = 0; i < exact.size(); ++i) {
      exact[i] += std::conj(a[r * exact.size() + i]) * p.kspace[r];
    }
  }
  EXPECT_LE(distance(x, exact), 1e-13 * norm_of(exact));
}

/// float follows double to its roundings, times the condition number 1 / lambda.
TEST(Classical, FloatFollowsDouble) {
  Stream stream(DeviceKind::kCpu, 2);
  const Problem p = problem(1, 3, 8, 6, 1);
  const std::vector<std::complex<float>> k(p.kspace.begin(), p.kspace.end()), m(p.maps.begin(), p.maps.end());
  const std::vector<float> mask(p.mask.begin(), p.mask.end());
  std::vector<std::complex<float>> x(48);
  const CgSenseOptions options{0.1, 100, 1e-6};
  make_classical(options)->reconstruct(ComplexView(x.data(), DType::kF32, {1, 1, 8, 6}),
                                       {ConstComplexView(k.data(), DType::kF32, {1, 3, 8, 6}),
                                        ConstComplexView(m.data(), DType::kF32, {1, 3, 8, 6}),
                                        ConstTensorView(mask.data(), DType::kF32, {1, 1, 1, 6}, 1)},
                                       stream);
  const Vector exact = solve(options, p, stream);
  EXPECT_LE(distance(Vector(x.begin(), x.end()), exact), 3e-5 * norm_of(exact));
}

TEST(Classical, ConjugateGradientsAgreeWithBart) {
  Stream stream(DeviceKind::kCpu, 2);
  const BartProblem bart;
  const double lambda = std::stod(bart.fixture.text("l2"));
  const Vector theirs = bart.image("l2"),
               ours = solve(CgSenseOptions{lambda, 300, 1e-12}, bart.problem, stream);
  EXPECT_LE(distance(ours, theirs), 1e-4 * norm_of(theirs));  // BART's floats over the condition 1 / 0.02
}

TEST(Classical, TotalVariationAgreesWithBart) {
  Stream stream(DeviceKind::kCpu, 2);
  const BartProblem bart;
  TvOptions options;
  options.lambda = std::stod(bart.fixture.text("tv"));
  options.iterations = 300;
  options.inner_iterations = 30;
  options.tolerance = 0;
  options.scale = 1;
  const Vector theirs = bart.image("tv"), ours = solve(options, bart.problem, stream),
               a = bart.problem.matrix();
  const double mine = objective(bart.problem, a, ours, options.lambda);
  const double other = objective(bart.problem, a, theirs, options.lambda);
  // Of the same function: with forward or one-sided differences BART's image is a per cent above the minimum.
  EXPECT_LE(mine, other * (1 + 1e-5));
  EXPECT_GE(mine, other * (1 - 1e-4));
  // The data term is quadratic: F(x) >= F(minimum) + 1/2 ||A (x - minimum)||^2.
  double squares = 0;
  for (std::size_t r = 0; r < bart.problem.kspace.size(); ++r) {
    Complex sum = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      sum += a[r * ours.size() + i] * (theirs[i] - ours[i]);
    }
    squares += std::norm(sum);
  }
  EXPECT_LE(squares / 2, std::max(other - mine, 0.0) + 1e-5 * other);
  EXPECT_LE(distance(ours, theirs), 5e-3 * norm_of(theirs));
}

TEST(Classical, ScaleIsThatOfBart) {
  Stream stream(DeviceKind::kCpu, 1);
  const BartProblem bart;
  EXPECT_NEAR(data_scale(bart.problem.measurement(), stream), bart.fixture.scalar("scale"),
              1e-5 * bart.fixture.scalar("scale"));
  // In its units the weights of the regularisation do not depend on the units of the data.
  Problem p = bart.problem;
  for (const ClassicalOptions& options :
       {ClassicalOptions(TvOptions{0.02, 20}), ClassicalOptions(WaveletOptions{0.02, 20})}) {
    const Vector x = solve(options, bart.problem, stream);
    p.kspace = bart.problem.kspace;
    for (Complex& z : p.kspace) {
      z *= 1024;
    }
    Vector y = solve(options, p, stream);
    for (Complex& z : y) {
      z /= 1024;
    }
    EXPECT_LE(distance(x, y), 1e-9 * norm_of(x));
  }
  p.mask[at(12 * 20 + 10)] = 0;
  EXPECT_THROW(static_cast<void>(data_scale(p.measurement(), stream)), Error);
}

TEST(Classical, TvAndFixedWaveletNeverClimb) {
  Stream stream(DeviceKind::kCpu, 2);
  const Problem p = problem(1, 3, 8, 9, 8);
  WaveletOptions fixed{0.3, 60};
  fixed.cycle_spinning = false;
  fixed.levels = 2;
  fixed.scale = 1;
  for (const ClassicalOptions& options :
       {ClassicalOptions(TvOptions{0.3, 60, 10, 0, 1}), ClassicalOptions(fixed)}) {
    std::vector<double> values;
    solve(options, p, stream, [&](const ReconstructionProgress& s) {
      values.push_back(s.objective);
      return true;
    });
    ASSERT_GE(values.size(), 10u);
    for (std::size_t i = 1; i < values.size(); ++i) {
      EXPECT_LE(values[i], values[i - 1]);
    }
    EXPECT_LT(values.back(), values.front());
  }
}

/// A convex function is at its minimum where no direction leads down.
TEST(Classical, TvIsAtItsMinimum) {
  Stream stream(DeviceKind::kCpu, 2);
  const Problem p = problem(1, 3, 5, 4, 5);
  const double lambda = 0.5;
  const Vector x = solve(TvOptions{lambda, 500, 50, 0, 1}, p, stream), a = p.matrix();
  const double least = objective(p, a, x, lambda);
  for (std::uint32_t i = 0; i < 200; ++i) {
    const double step = std::pow(10.0, -static_cast<double>(i % 4)) * 0.3;
    Vector y = x;
    const Vector direction = random_vector(p.plane(), 100 + i);
    for (std::size_t k = 0; k < y.size(); ++k) {
      y[k] += step * direction[k];
    }
    EXPECT_GE(objective(p, a, y, lambda), least * (1 - 1e-7));
  }
  const Vector flat = solve(TvOptions{1e4, 500, 50, 0, 1}, p, stream);  // one value is all that is left
  EXPECT_LE(total_variation(flat, p.h, p.w), 1e-3 * norm_of(flat));
}

TEST(Classical, IsTheSameForAnyNumberOfThreads) {
  Stream one(DeviceKind::kCpu, 1), three(DeviceKind::kCpu, 3);
  const Problem p = problem(2, 4, 7, 6, 1);
  for (const ClassicalOptions& options :
       {ClassicalOptions(ZeroFilledOptions{}), ClassicalOptions(CgSenseOptions{}),
        ClassicalOptions(TvOptions{}), ClassicalOptions(WaveletOptions{0.01, 30, WaveletFamily::kHaar, 2})}) {
    EXPECT_EQ(solve(options, p, one), solve(options, p, three)) << make_classical(options)->name();
  }
}

TEST(Classical, RefusesOptionsOutOfRange) {
  WaveletOptions levels;
  levels.levels = -1;
  for (const ClassicalOptions& options :
       {ClassicalOptions(CgSenseOptions{-1}), ClassicalOptions(CgSenseOptions{0.1, 0}),
        ClassicalOptions(TvOptions{0.1, 10, 0}), ClassicalOptions(TvOptions{std::nan("")}),
        ClassicalOptions(levels)}) {
    try {
      static_cast<void>(make_classical(options));
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage) << error.what();
    }
  }
  Stream stream(DeviceKind::kCpu, 1);
  const Problem p = problem(1, 2, 4, 4, 1);
  Vector x(15);
  EXPECT_THROW(make_classical(ZeroFilledOptions{})
                   ->reconstruct(ComplexView(x.data(), DType::kF64, {1, 1, 3, 5}), p.measurement(), stream),
               Error);
}

}  // namespace selfsame
