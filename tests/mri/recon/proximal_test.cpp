// SPDX-License-Identifier: Apache-2.0
// The systems and their solvers, against dense matrices.
#include "mri/recon/proximal.hpp"

#include <gtest/gtest.h>

#include "tests/mri/recon/small_sense.hpp"

namespace selfsame {
namespace {

using namespace small_sense;

const std::vector<Problem>& problems() {
  static const std::vector<Problem> list{problem(1, 3, 5, 6, 1), problem(1, 3, 6, 5, 6),
                                         problem(2, 4, 4, 5, 4)};
  return list;
}

Vector times_matrix(const Vector& a, const Vector& x, bool adjoint) {
  const std::size_t n = adjoint ? a.size() / x.size() : x.size(), rows = a.size() / n;
  Vector y(adjoint ? n : rows);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t i = 0; i < n; ++i) {
      adjoint ? y[i] += std::conj(a[r * n + i]) * x[r] : y[r] += a[r * n + i] * x[i];
    }
  }
  return y;
}

/// value = weight ||x||_1: a proximal map in closed form.
class Lasso final : public Regulariser<double> {
 public:
  explicit Lasso(double weight) : weight_(weight) {}
  void prox(Vector& x, const Vector& v, double step) override {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double size = std::abs(v[i]), cut = weight_ * step;
      x[i] = size > cut ? v[i] * (1 - cut / size) : 0;
    }
  }
  double value(const Vector& x) override {
    double sum = 0;
    for (const Complex z : x) {
      sum += std::abs(z);
    }
    return weight_ * sum;
  }
  void begin(int /*iteration*/) override {}
  [[nodiscard]] bool moving() const override { return false; }

 private:
  double weight_;
};

}  // namespace

TEST(SenseSystem, IsTheDenseMatrix) {
  Stream stream(DeviceKind::kCpu, 2);
  for (const Problem& p : problems()) {
    const double scale = 3;
    SenseSystem<double> system(p.measurement(), scale, stream);
    const Vector a = p.matrix(), x = random_vector(p.sets * p.plane(), 9);
    Vector y(x.size());
    system.normal(y, x);
    const Vector forward = times_matrix(a, x, false), dense = times_matrix(a, forward, true);
    // Sums of at most C H W products with exact weights: a rounding each.
    const double bound = 1e-13 * norm_of(x);
    EXPECT_LE(distance(y, dense), bound);
    Vector right = times_matrix(a, p.kspace, true), rest = forward;
    for (Complex& z : right) {
      z /= scale;
    }
    EXPECT_LE(distance(system.right_side(), right), 1e-13 * norm_of(p.kspace));
    for (std::size_t i = 0; i < rest.size(); ++i) {
      const std::size_t k = p.mask_h == 1 ? i % at(p.w) : i % at(p.plane());
      rest[i] -= p.mask[k] * p.kspace[i] / scale;
    }
    EXPECT_NEAR(system.data_term(x, y), std::pow(norm_of(rest), 2) / 2, 1e-12 * std::pow(norm_of(x), 2));
    EXPECT_NEAR(system.norm_bound(), 1, 1e-12);  // the sets of maps are orthonormal
    EXPECT_LE(norm_of(dense), norm_of(x) * (1 + 1e-12));
  }
}

TEST(ConjugateGradients, SolveASmallSystem) {
  Stream stream(DeviceKind::kCpu, 2);
  for (const Problem& p : problems()) {
    for (const double lambda : {0.05, 0.5}) {
      SenseSystem<double> system(p.measurement(), 1, stream);
      std::vector<double> objectives;
      const double tolerance = 1e-12;
      const Vector x = solve_conjugate_gradients<double>(system, {lambda, 200, tolerance},
                                                         [&](const ReconstructionProgress& progress) {
                                                           objectives.push_back(progress.objective);
                                                           return true;
                                                         });
      const Vector exact = solve_dense(p, lambda);
      // ||x - exact|| <= ||residual|| / smallest eigenvalue, which is at least lambda; the recurrence's
      // residual differs from the true one by its roundings.
      EXPECT_LE(distance(x, exact), (tolerance + 1e-13) * norm_of(system.right_side()) / lambda);
      for (std::size_t i = 1; i < objectives.size(); ++i) {
        EXPECT_LE(objectives[i], objectives[i - 1] * (1 + 1e-12));
      }
      // The callback's objective is that of its definition.
      Vector normal(x.size());
      system.normal(normal, x);
      EXPECT_NEAR(objectives.back(), system.data_term(x, normal) + lambda / 2 * std::pow(norm_of(x), 2),
                  1e-11 * objectives.front());
    }
  }
}

TEST(ConjugateGradients, StopWhenAsked) {
  Stream stream(DeviceKind::kCpu, 1);
  SenseSystem<double> system(problems()[0].measurement(), 1, stream);
  int calls = 0;
  const auto stop_at = [&](int last) {
    return [&calls, last](const ReconstructionProgress& p) {
      ++calls;
      EXPECT_EQ(p.iteration, calls);
      return p.iteration < last;
    };
  };
  const Vector stopped = solve_conjugate_gradients<double>(system, {0.01, 30, 0}, stop_at(3));
  EXPECT_EQ(calls, 3);
  const Vector three = solve_conjugate_gradients<double>(system, {0.01, 3, 0}, {});
  EXPECT_EQ(distance(stopped, three), 0);
}

TEST(Proximal, FindsTheMinimumAndNeverClimbs) {
  Stream stream(DeviceKind::kCpu, 2);
  for (const Problem& p : problems()) {
    const double weight = 0.2;
    SenseSystem<double> system(p.measurement(), 1, stream);
    Lasso lasso(weight);
    std::vector<double> objectives;
    const Vector x =
        minimise_proximal<double>(system, lasso, {5000, 0}, [&](const ReconstructionProgress& s) {
          objectives.push_back(s.objective);
          return true;
        });
    for (std::size_t i = 1; i < objectives.size(); ++i) {
      EXPECT_LE(objectives[i], objectives[i - 1]);
    }
    // Optimality: the gradient of the data term is -weight x / |x|, or of size at most weight where x = 0.
    Vector gradient(x.size());
    system.normal(gradient, x);
    std::size_t zeros = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Complex g = gradient[i] - system.right_side()[i];
      if (x[i] == 0.0) {
        ++zeros;
        EXPECT_LE(std::abs(g), weight * (1 + 1e-6));
      } else {
        EXPECT_LE(std::abs(g + weight * x[i] / std::abs(x[i])), 1e-5 * weight);
      }
    }
    EXPECT_GT(zeros, 0u);
    EXPECT_LT(zeros, x.size());
  }
}

TEST(SenseSystem, RefusesBadInput) {
  Stream stream(DeviceKind::kCpu, 1);
  Problem p = problem(1, 2, 4, 4, 4);
  const auto message_of = [&] {
    try {
      SenseSystem<double> system(p.measurement(), 1, stream);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  p.mask[6] = 0.5;
  EXPECT_NE(message_of().find("holds 0.5 at (1, 2)"), std::string::npos) << message_of();
  p.mask[6] = 1;
  p.kspace[at(16 + 6)] = {0, std::nan("")};
  EXPECT_NE(message_of().find("coil 1 at (1, 2)"), std::string::npos) << message_of();
  p.mask[6] = 0;  // what was not sampled is not read
  EXPECT_EQ(message_of(), "accepted");
  p.coils = 1;
  p.sets = 2;
  EXPECT_THROW(SenseSystem<double>(p.measurement(), 0, stream), Error);
}

}  // namespace selfsame
