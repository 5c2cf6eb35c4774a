// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/hotelling.hpp"

#include <algorithm>
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

std::vector<double> PivotedCholesky::whiten(std::span<const double> v) const {
  SELFSAME_CHECK(v.size() == at(dimensions_), "{} entries for {} dimensions", v.size(), dimensions_);
  const std::size_t r = order_.size();
  std::vector<double> z(r);  // L z = v / deviation
  for (std::size_t i = 0; i < r; ++i) {
    const auto component = at(order_[i]);
    double value = v[component] / deviation_[component];
    for (std::size_t j = 0; j < i; ++j) {
      value -= factor_[i * r + j] * z[j];
    }
    z[i] = value / factor_[i * r + i];
  }
  return z;
}

double PivotedCholesky::inverse_form(std::span<const double> v) const {
  double form = 0;
  for (const double z : whiten(v)) {
    form += z * z;
  }
  return form;
}

namespace {

/// g1 + g2 from all pairs of the first draws.
double skewness(std::span<const double> rows, const SampleMoments& moments, const PivotedCholesky& cholesky) {
  const std::int64_t draws = std::min(moments.draws, kMostSkewnessRows);
  const auto p = at(moments.dimensions), r = at(cholesky.rank());
  std::vector<double> z, excess;  // standardised draws, |z|^2 - r
  std::vector<double> centred(p);
  for (std::int64_t m = 0; m < draws; ++m) {
    for (std::size_t i = 0; i < p; ++i) {
      centred[i] = rows[at(m) * p + i] - moments.mean[i];
    }
    double squares = 0;
    for (const double value : cholesky.whiten(centred)) {
      z.push_back(value);
      squares += value * value;
    }
    excess.push_back(squares - static_cast<double>(r));
  }
  double sum = 0;
  for (std::size_t a = 0; a < at(draws); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      double product = 0;
      for (std::size_t i = 0; i < r; ++i) {
        product += z[a * r + i] * z[b * r + i];
      }
      // E z = 0, so r may be taken from |z|^2: it would only bring noise.
      sum += product * (product * product + excess[a] * excess[b]);
    }
  }
  return sum / (0.5 * static_cast<double>(draws) * static_cast<double>(draws - 1));
}

}  // namespace

HotellingResult hotelling(std::span<const double> rows, int dimensions) {
  SampleMoments moments = sample_moments(rows, dimensions);
  SELFSAME_CHECK(moments.draws > dimensions, "{} draws of {} dimensions", moments.draws, dimensions);
  HotellingResult result;
  result.draws = moments.draws;
  const auto p = at(dimensions);
  for (std::size_t i = 0; i < p; ++i) {
    const double deviation = std::sqrt(std::max(0.0, moments.covariance[i * p + i]));
    if (deviation > kConstant * std::abs(moments.mean[i])) {
      continue;
    }
    if (moments.mean[i] != 0) {
      result.t_squared = result.f = std::numeric_limits<double>::infinity();
      result.dimensions = 1;
      result.p_value = 0;
      return result;
    }
    moments.covariance[i * p + i] = 0;
  }
  const PivotedCholesky cholesky(moments.covariance, dimensions);
  result.dimensions = cholesky.rank();
  if (result.dimensions == 0) {
    return result;
  }
  const auto n = static_cast<double>(moments.draws), r = static_cast<double>(result.dimensions);
  result.t_squared = n * cholesky.inverse_form(moments.mean);
  result.correction = 1 + std::max(0.0, skewness(rows, moments, cholesky)) / (n * r);
  result.f = result.t_squared / result.correction * (n - r) / (r * (n - 1));
  result.p_value = f_upper_tail(result.f, r, n - r);
  return result;
}

}  // namespace selfsame
