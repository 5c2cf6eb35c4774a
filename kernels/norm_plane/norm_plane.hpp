// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"
#include "kernels/device/stored_types.hpp"

// Loops over one plane of one channel block (pixels, 16 or 32), shared by the normalisations; every channel
// is computed alike in both. Included by *_simd.cpp.

namespace selfsame {

/// pre = (x - mean) * scale + beta,  y = pre > 0 ? pre : slope * pre,  scale = gamma * r.
/// Channels that only fill the block have mean = scale = beta = 0, so their output is 0.
struct NormCoefficients {
  static constexpr int kMostChannels = 32;
  float mean[kMostChannels], scale[kMostChannels], beta[kMostChannels], slope;
};

/// Sums run in float over pieces of 64 pixels, four running sums of 16 terms each, and in double over pieces:
/// relative to the sum of absolute values, the error is at most (16 + 2) * 2^-24 = 1.1e-6 for a plane of any
/// size. The order depends on the number of pixels only.
template <typename T>
struct NormPlaneLoops {
  /// mean[block] and m2[block] = sum (x - mean)^2, biased sum, no division. Every piece is centred by its own
  /// mean, and the pieces are combined in double (Chan, Golub, LeVeque, "Updating formulae and a pairwise
  /// algorithm for computing sample variances", 1979), so a mean far from zero costs no digits.
  void (*statistics)(double* mean, double* m2, const T* x, std::int64_t pixels, int block);
  /// y of NormCoefficients; y may be x.
  void (*normalise)(T* y, const T* x, const NormCoefficients& k, std::int64_t pixels, int block);
  /// sum_d[block] = sum d, sum_dc[block] = sum d * (x - mean), with d = pre > 0 ? dy : slope * dy.
  void (*backward_sums)(double* sum_d, double* sum_dc, const T* dy, const T* x, const NormCoefficients& k,
                        std::int64_t pixels, int block);
  /// dx = scale * d - offset - (x - mean) * tilt; dx may be dy.
  void (*backward_apply)(T* dx, const T* dy, const T* x, const NormCoefficients& k, const float* offset,
                         const float* tilt, std::int64_t pixels, int block);
};
using NormPlaneKernels = StoredTypes<NormPlaneLoops>;
SELFSAME_DECLARE_ISA_TABLE(NormPlaneKernels, norm_plane_kernels)

}  // namespace selfsame
