// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/hotelling.hpp"

#include <cmath>
#include <limits>

#include "engine/verify/distributions.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

/// Of a standardised component, the part that those before do not explain.
constexpr double kCollinear = 1e-10;
/// A deviation below this part of the mean is rounding: the component does not vary.
constexpr double kConstant = 1e-10;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace

SampleMoments sample_moments(std::span<const double> rows, int dimensions) {
  SELFSAME_CHECK(dimensions > 0 && rows.size() % at(dimensions) == 0, "{} values in rows of {}", rows.size(),
                 dimensions);
  SampleMoments moments{static_cast<std::int64_t>(rows.size()) / dimensions, dimensions, {}, {}};
  SELFSAME_CHECK(moments.draws >= 2, "{} draws", moments.draws);
  const auto p = at(dimensions);
  const auto n = static_cast<double>(moments.draws);
  moments.mean.resize(p);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    moments.mean[i % p] += rows[i];
  }
  for (double& mean : moments.mean) {
    mean /= n;
  }
  moments.covariance.resize(p * p);
  std::vector<double> centred(p);
  for (std::int64_t m = 0; m < moments.draws; ++m) {
    const double* row = rows.data() + m * dimensions;
    for (std::size_t i = 0; i < p; ++i) {
      centred[i] = row[i] - moments.mean[i];
    }
    for (std::size_t i = 0; i < p; ++i) {
      double* out = moments.covariance.data() + i * p;
      for (std::size_t j = 0; j <= i; ++j) {
        out[j] += centred[i] * centred[j];
      }
    }
  }
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      moments.covariance[i * p + j] /= n - 1;
      moments.covariance[j * p + i] = moments.covariance[i * p + j];
    }
  }
  return moments;
}

PivotedCholesky::PivotedCholesky(std::span<const double> covariance, int dimensions)
    : dimensions_(dimensions) {
  const auto p = at(dimensions);
  SELFSAME_CHECK(covariance.size() == p * p, "{} values for {} dimensions", covariance.size(), dimensions);
  std::vector<double> residual(p);  // variance that is not explained yet; below 0: used or left out
  for (std::size_t i = 0; i < p; ++i) {
    deviation_.push_back(std::sqrt(std::max(0.0, covariance[i * p + i])));
    residual[i] = deviation_[i] > 0 ? 1.0 : -1.0;
  }
  std::vector<std::vector<double>> columns;  // of L, over all components
  while (order_.size() < p) {
    std::size_t pivot = 0;
    for (std::size_t i = 1; i < p; ++i) {
      pivot = residual[i] > residual[pivot] ? i : pivot;
    }
    if (!(residual[pivot] > kCollinear)) {
      break;
    }
    std::vector<double> column(p);
    const double root = std::sqrt(residual[pivot]);
    for (std::size_t i = 0; i < p; ++i) {
      if (residual[i] > 0 && i != pivot) {
        double value = covariance[i * p + pivot] / (deviation_[i] * deviation_[pivot]);
        for (const std::vector<double>& before : columns) {
          value -= before[i] * before[pivot];
        }
        column[i] = value / root;
        residual[i] = std::max(0.0, residual[i] - column[i] * column[i]);
      }
    }
    column[pivot] = root;
    residual[pivot] = -1.0;
    columns.push_back(std::move(column));
    order_.push_back(static_cast<int>(pivot));
  }
  const std::size_t r = order_.size();
  factor_.resize(r * r);
  for (std::size_t i = 0; i < r; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      factor_[i * r + j] = columns[j][at(order_[i])];
    }
  }
}

double PivotedCholesky::inverse_form(std::span<const double> v) const {
  SELFSAME_CHECK(v.size() == at(dimensions_), "{} entries for {} dimensions", v.size(), dimensions_);
  const std::size_t r = order_.size();
  std::vector<double> z(r);  // L z = v / deviation
  double form = 0;
  for (std::size_t i = 0; i < r; ++i) {
    const auto component = at(order_[i]);
    double value = v[component] / deviation_[component];
    for (std::size_t j = 0; j < i; ++j) {
      value -= factor_[i * r + j] * z[j];
    }
    z[i] = value / factor_[i * r + i];
    form += z[i] * z[i];
  }
  return form;
}

HotellingResult hotelling(const SampleMoments& moments) {
  SELFSAME_CHECK(moments.draws > moments.dimensions, "{} draws of {} dimensions", moments.draws,
                 moments.dimensions);
  HotellingResult result;
  result.draws = moments.draws;
  std::vector<double> covariance = moments.covariance;
  const auto p = at(moments.dimensions);
  for (std::size_t i = 0; i < p; ++i) {
    const double deviation = std::sqrt(std::max(0.0, covariance[i * p + i]));
    if (deviation > kConstant * std::abs(moments.mean[i])) {
      continue;
    }
    if (moments.mean[i] != 0) {
      result.t_squared = result.f = std::numeric_limits<double>::infinity();
      result.dimensions = 1;
      result.p_value = 0;
      return result;
    }
    covariance[i * p + i] = 0;
  }
  const PivotedCholesky cholesky(covariance, moments.dimensions);
  result.dimensions = cholesky.rank();
  if (result.dimensions == 0) {
    return result;
  }
  const auto n = static_cast<double>(moments.draws), r = static_cast<double>(result.dimensions);
  result.t_squared = n * cholesky.inverse_form(moments.mean);
  result.f = result.t_squared * (n - r) / (r * (n - 1));
  result.p_value = f_upper_tail(result.f, r, n - r);
  return result;
}

}  // namespace selfsame
