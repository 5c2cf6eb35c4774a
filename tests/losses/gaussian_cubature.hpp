// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <cstddef>
#include <vector>

namespace selfsame {

// Means over Gaussian noise without sampling error: a polynomial of degree 2 in independent standard normal
// numbers u has the mean sum_k q_k p(u_k) for any nodes u_k, if the weights q_k give the right means of all
// monomials of degree 2. So noise that an objective draws itself needs no hook: its draws are the nodes.

/// 1, u_i, u_i u_j and, but for signs, (u_i^2 - 1) / sqrt(2): orthonormal, all of mean 0 but the first.
/// @param first_sign  u_i of this index and behind are -1 or 1 in place of normals
inline std::vector<double> quadratic_features(const std::vector<double>& u, std::size_t first_sign) {
  std::vector<double> f{1.0};
  for (std::size_t i = 0; i < u.size(); ++i) {
    f.push_back(u[i]);
    if (i < first_sign) {
      f.push_back((u[i] * u[i] - 1) / std::sqrt(2.0));
    }
    for (std::size_t j = 0; j < i; ++j) {
      f.push_back(u[i] * u[j]);
    }
  }
  return f;
}

/// The smallest weights that are exact to degree 2, q = A^T (A A^T)^-1 e_1 for the features A of the nodes.
inline std::vector<double> quadratic_weights(const std::vector<std::vector<double>>& nodes,
                                             std::size_t first_sign) {
  std::vector<std::vector<double>> features;
  for (const std::vector<double>& u : nodes) {
    features.push_back(quadratic_features(u, first_sign));
  }
  const std::size_t n = features.front().size(), k = nodes.size();
  std::vector<double> l(n * n);  // the Cholesky factor of A A^T
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (std::size_t s = 0; s < k; ++s) {
        sum += features[s][i] * features[s][j];
      }
      for (std::size_t s = 0; s < j; ++s) {
        sum -= l[i * n + s] * l[j * n + s];
      }
      l[i * n + j] = i == j ? std::sqrt(sum) : sum / l[j * n + j];
    }
  }
  std::vector<double> weights(k);
  for (int pass = 0; pass < 2; ++pass) {  // the second takes the rounding errors of the first away
    std::vector<double> x(n);
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = i == 0 ? 1.0 : 0.0;
      for (std::size_t s = 0; s < k; ++s) {
        x[i] -= features[s][i] * weights[s];
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        x[i] -= l[i * n + j] * x[j];
      }
      x[i] /= l[i * n + i];
    }
    for (std::size_t i = n; i-- > 0;) {
      for (std::size_t j = i + 1; j < n; ++j) {
        x[i] -= l[j * n + i] * x[j];
      }
      x[i] /= l[i * n + i];
    }
    for (std::size_t s = 0; s < k; ++s) {
      for (std::size_t i = 0; i < n; ++i) {
        weights[s] += features[s][i] * x[i];
      }
    }
  }
  return weights;
}

}  // namespace selfsame
