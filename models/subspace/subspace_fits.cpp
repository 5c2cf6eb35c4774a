// SPDX-License-Identifier: Apache-2.0
#include "models/subspace/subspace_fits.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "kernels/base/error.hpp"
#include "kernels/gemm/gemm.hpp"
#include "models/subspace/spectral_descent.hpp"
#include "models/subspace/symmetric_eigen.hpp"

namespace selfsame {
namespace {

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

/// A matrix of every lane, on the device and on the host.
struct Matrices {
  std::int64_t lanes, rows, columns;
  MirroredBuffer buffer;
  Matrices(std::int64_t lanes_, std::int64_t rows_, std::int64_t columns_, DeviceKind device)
      : lanes(lanes_),
        rows(rows_),
        columns(columns_),
        buffer(index(lanes_ * rows_ * columns_) * sizeof(double), device) {}
  [[nodiscard]] ParameterView view() const { return matrices(buffer.device<double>(), lanes, rows, columns); }
  [[nodiscard]] double* lane(std::int64_t l) const { return buffer.host<double>() + l * rows * columns; }
};

/// In the eigenvectors of gram, rows of q; k = signal q^T, g = U^T noise q^T, h = noise q^T, p = q U:
///   b_i = U k_i + sigma' h_i
///   <b_i, b_j> = <k_i, k_j> + sigma' (<k_i, g_j> + <g_i, k_j>) + sigma'^2 <h_i, h_j>,   <b_i, U p_i> = <k_i
///   + sigma' g_i, p_i>
class Fitter {
 public:
  Fitter(const SubspaceMoments& moments, std::span<const double> basis, std::int64_t examples, Stream& stream)
      : moments_(moments),
        basis_values_(basis),
        n_(moments.problem().n),
        d_(moments.problem().d),
        lanes_(moments.lanes()),
        examples_(examples),
        stream_(stream),
        basis_(1, n_, d_, stream.device()),
        q_(lanes_, n_, n_, stream.device()),
        p_(lanes_, n_, d_, stream.device()),
        k_(lanes_, d_, n_, stream.device()),
        g_(lanes_, d_, n_, stream.device()),
        h_(lanes_, n_, n_, stream.device()),
        kk_(lanes_, n_, n_, stream.device()),
        kg_(lanes_, n_, n_, stream.device()),
        hh_(lanes_, n_, n_, stream.device()),
        pp_(lanes_, n_, n_, stream.device()),
        values_(index(lanes_ * n_)) {}

  std::vector<SubspaceFit> run(std::span<const double> target_sigmas, std::int64_t most) {
    decompose();
    turn();
    std::vector<SubspaceFit> fits(target_sigmas.size() * index(lanes_));
    stream_.pool().run(lanes_, [&](std::int64_t lane, int) {
      for (std::size_t level = 0; level < target_sigmas.size(); ++level) {
        SubspaceFit& fit = fits[level * index(lanes_) + index(lane)];
        descend(lane, target_sigmas[level], most, fit);
        fit.subspace = restricted(lane, target_sigmas[level]);
      }
    });
    return fits;
  }

 private:
  void decompose() {
    const auto threads = index(stream_.pool().threads());
    std::vector<std::unique_ptr<SymmetricEigen>> eigen(threads);
    stream_.pool().run(lanes_, [&](std::int64_t lane, int thread) {
      std::unique_ptr<SymmetricEigen>& mine = eigen[index(thread)];
      if (mine == nullptr) {
        mine = std::make_unique<SymmetricEigen>(n_);
      }
      mine->solve({moments_.gram().host<double>() + lane * n_ * n_, index(n_ * n_)});
      std::copy_n(mine->values().begin(), n_, values_.begin() + lane * n_);
      for (std::int64_t i = 0; i < n_; ++i) {
        std::copy_n(mine->vector(i).begin(), n_, q_.lane(lane) + i * n_);
      }
    });
    std::copy(basis_values_.begin(), basis_values_.end(), basis_.lane(0));
    q_.buffer.to_device(stream_);
    basis_.buffer.to_device(stream_);
  }

  void multiply(const Matrices& to, const ConstParameterView& a, GemmOp op_a, const ConstParameterView& b,
                GemmOp op_b) {
    const GemmShape shape{lanes_, to.rows, to.columns, a.dims[op_a == GemmOp::kNone ? 1 : 0],
                          op_a,   op_b,    DType::kF64};
    stream_.reserve_workspace(gemm_workspace(shape, stream_.pool().threads(), stream_.device()));
    gemm(to.view(), 1, a, op_a, b, op_b, 0, stream_);
    to.buffer.to_host(stream_);
  }

  void turn() {
    constexpr GemmOp kNone = GemmOp::kNone, kTransposed = GemmOp::kTransposed;
    ConstParameterView shared = matrices(basis_.buffer.device<double>(), lanes_, n_, d_);
    shared.lane_stride = 0;
    multiply(p_, q_.view(), kNone, shared, kNone);
    multiply(k_, matrices(moments_.signal().device<double>(), lanes_, d_, n_), kNone, q_.view(), kTransposed);
    multiply(h_, matrices(moments_.noise().device<double>(), lanes_, n_, n_), kNone, q_.view(), kTransposed);
    multiply(g_, shared, kTransposed, h_.view(), kNone);
    multiply(kk_, k_.view(), kTransposed, k_.view(), kNone);
    multiply(kg_, k_.view(), kTransposed, g_.view(), kNone);
    multiply(hh_, h_.view(), kTransposed, h_.view(), kNone);
    multiply(pp_, p_.view(), kNone, p_.view(), kTransposed);
    stream_.synchronize();
  }

  void descend(std::int64_t lane, double sigma, std::int64_t most, SubspaceFit& fit) const {
    const std::int64_t r = std::min(n_, examples_);  // the rank of Y, with probability 1
    const SubspaceProblem& problem = moments_.problem();
    const double per_signal = 1 / static_cast<double>(d_);
    const double per_weight = problem.sigma * problem.sigma / static_cast<double>(n_);
    std::vector<double> quadratic(index(r * r)), linear(index(r));
    for (std::int64_t i = 0; i < r; ++i) {
      for (std::int64_t j = 0; j < r; ++j) {
        const std::int64_t at = i * n_ + j;
        const double inner = kk_.lane(lane)[at] + sigma * (kg_.lane(lane)[at] + kg_.lane(lane)[j * n_ + i]) +
                             sigma * sigma * hh_.lane(lane)[at];
        quadratic[index(i * r + j)] = inner * (pp_.lane(lane)[at] * per_signal + (i == j ? per_weight : 0));
      }
      double sum = 0;
      for (std::int64_t j = 0; j < d_; ++j) {
        sum += (k_.lane(lane)[j * n_ + i] + sigma * g_.lane(lane)[j * n_ + i]) * p_.lane(lane)[i * d_ + j];
      }
      linear[index(i)] = sum * per_signal;
    }
    const std::span<const double> values(values_.data() + lane * n_, index(r));
    const double step = problem.step_size(examples_);
    if (!(values.back() > 0) || step * values.front() >= 1) {
      fail(ErrorKind::kData,
           "subspace of {} in {} dimensions, {} examples, lane {}: gradient descent with step {:.3g} on "
           "eigenvalues from {:.3g} to {:.3g}",
           d_, n_, examples_, lane, step, values.back(), values.front());
    }
    const SpectralDescent descent(values, quadratic, linear, step);
    const SpectralDescent::Best best = descent.best(most);
    fit.early_stopped = best.risk;
    fit.iterations = best.iterations;
    fit.evaluations = best.evaluations;
    fit.least_squares = descent.converged_risk();
  }

  /// Least squares over W = A U^T: A S = Y' Z^T with Z = U^T Y and S = Z Z^T (d, d), by Cholesky.
  [[nodiscard]] double restricted(std::int64_t lane, double sigma) const {
    if (examples_ < d_) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    const double* gram = moments_.gram().host<double>() + lane * n_ * n_;
    const double* signal = moments_.signal().host<double>() + lane * d_ * n_;
    const double* noise = moments_.noise().host<double>() + lane * n_ * n_;
    const double* u = basis_values_.data();
    // by_u (m, d) = x (m, n) U
    const auto by_u = [&](const double* x, std::int64_t m) {
      std::vector<double> result(index(m * d_));
      for (std::int64_t i = 0; i < m; ++i) {
        for (std::int64_t p = 0; p < n_; ++p) {
          const double factor = x[i * n_ + p];
          for (std::int64_t j = 0; j < d_; ++j) {
            result[index(i * d_ + j)] += factor * u[p * d_ + j];
          }
        }
      }
      return result;
    };
    const std::vector<double> gram_u = by_u(gram, n_), signal_u = by_u(signal, d_), noise_u = by_u(noise, n_);
    std::vector<double> s(index(d_ * d_));
    for (std::int64_t i = 0; i < d_; ++i) {
      for (std::int64_t j = 0; j <= i; ++j) {
        double sum = 0;
        for (std::int64_t p = 0; p < n_; ++p) {
          sum += u[p * d_ + i] * gram_u[index(p * d_ + j)];
        }
        for (std::int64_t p = 0; p < j; ++p) {
          sum -= s[index(i * d_ + p)] * s[index(j * d_ + p)];
        }
        s[index(i * d_ + j)] = i == j ? std::sqrt(sum) : sum / s[index(j * d_ + j)];
      }
    }
    double bias = 0, square = 0;
    std::vector<double> row(index(d_));
    for (std::int64_t i = 0; i < n_; ++i) {
      for (std::int64_t j = 0; j < d_; ++j) {
        row[index(j)] = sigma * noise_u[index(i * d_ + j)];
        for (std::int64_t p = 0; p < d_; ++p) {
          row[index(j)] += u[i * d_ + p] * signal_u[index(p * d_ + j)];
        }
      }
      for (std::int64_t j = 0; j < d_; ++j) {  // row L^-T, then L^-1
        for (std::int64_t p = 0; p < j; ++p) {
          row[index(j)] -= s[index(j * d_ + p)] * row[index(p)];
        }
        row[index(j)] /= s[index(j * d_ + j)];
      }
      for (std::int64_t j = d_ - 1; j >= 0; --j) {
        for (std::int64_t p = j + 1; p < d_; ++p) {
          row[index(j)] -= s[index(p * d_ + j)] * row[index(p)];
        }
        row[index(j)] /= s[index(j * d_ + j)];
      }
      for (std::int64_t j = 0; j < d_; ++j) {
        const double error = row[index(j)] - u[i * d_ + j];
        bias += error * error;
        square += row[index(j)] * row[index(j)];
      }
    }
    const double sigma_in = moments_.problem().sigma;
    return bias / static_cast<double>(d_) + sigma_in * sigma_in / static_cast<double>(n_) * square;
  }

  const SubspaceMoments& moments_;
  std::span<const double> basis_values_;
  std::int64_t n_, d_, lanes_, examples_;
  Stream& stream_;
  Matrices basis_, q_, p_, k_, g_, h_, kk_, kg_, hh_, pp_;
  std::vector<double> values_;
};

}  // namespace

std::vector<SubspaceFit> fit_subspace(const SubspaceMoments& moments, std::span<const double> basis,
                                      std::int64_t examples, std::span<const double> target_sigmas,
                                      std::int64_t most, Stream& stream) {
  const SubspaceProblem& problem = moments.problem();
  SELFSAME_CHECK(basis.size() == index(problem.n * problem.d) && examples >= 1 && most >= 0,
                 "basis of {} numbers, {} examples, {} iterations", basis.size(), examples, most);
  return Fitter(moments, basis, examples, stream).run(target_sigmas, most);
}

}  // namespace selfsame
