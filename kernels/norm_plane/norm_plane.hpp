// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// Loops over one plane of one channel block (pixels, 16), shared by the normalisations. Included by
// *_simd.cpp.

namespace selfsame {

/// pre = (x - mean) * scale + beta,  y = pre > 0 ? pre : slope * pre,  scale = gamma * r.
/// Channels that only fill the block have mean = scale = beta = 0, so their output is 0.
struct NormCoefficients {
  float mean[16], scale[16], beta[16], slope;
};

/// Sums run in float over pieces of 64 pixels, four running sums of 16 terms each, and in double over pieces:
/// relative to the sum of absolute values, the error is at most (16 + 2) * 2^-24 = 1.1e-6 for a plane of any
/// size. The order depends on the number of pixels only.
struct NormPlaneKernels {
  /// mean[16] and m2[16] = sum (x - mean)^2, biased sum, no division. Every piece is centred by its own mean,
  /// and the pieces are combined in double (Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm
  /// for computing sample variances", 1979), so a mean far from zero costs no digits.
  void (*statistics)(double* mean, double* m2, const float* x, std::int64_t pixels);
  /// y of NormCoefficients; y may be x.
  void (*normalise)(float* y, const float* x, const NormCoefficients& k, std::int64_t pixels);
  /// sum_d[16] = sum d, sum_dc[16] = sum d * (x - mean), with d = pre > 0 ? dy : slope * dy.
  void (*backward_sums)(double* sum_d, double* sum_dc, const float* dy, const float* x,
                        const NormCoefficients& k, std::int64_t pixels);
  /// dx = scale * d - offset - (x - mean) * tilt; dx may be dy.
  void (*backward_apply)(float* dx, const float* dy, const float* x, const NormCoefficients& k,
                         const float* offset, const float* tilt, std::int64_t pixels);
};
SELFSAME_DECLARE_ISA_TABLE(NormPlaneKernels, norm_plane_kernels)

}  // namespace selfsame
