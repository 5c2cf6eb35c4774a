// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <span>
#include <vector>

namespace selfsame {

/// Lower factor L of a Hermitian positive definite matrix A = L L^H, both n x n, row-major, in double.
/// Errors: Error(kUsage) "NAME: ..." if A is not n x n, not finite, not Hermitian to 1e-6 of its largest
///         entry, or not positive definite (a pivot below 1e-14 of its diagonal entry).
[[nodiscard]] std::vector<std::complex<double>> cholesky(std::span<const std::complex<double>> matrix,
                                                         std::size_t n, const char* name);

/// Solves L L^H x = b in place.
void cholesky_solve(std::span<const std::complex<double>> lower, std::span<std::complex<double>> b);

}  // namespace selfsame
