// SPDX-License-Identifier: Apache-2.0
// The loops of coil_versions.hpp, vectorised by the compiler. Outputs that may be an input are written
// element on element: no iteration depends on another (ivdep).
#include "mri/coils/coil_versions.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

// ---- maps ----------------------------------------------------------------------------------------------

void expand(float* coils, const float* image, const float* maps, CoilPiece p) {
  for (std::int64_t c = 0; c < p.coils; ++c) {
    float* y = coils + c * p.stride;
    const float* m = maps + c * p.stride;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < p.count; ++i) {
      const float mr = m[2 * i], mi = m[2 * i + 1], xr = image[2 * i], xi = image[2 * i + 1];
      y[2 * i] = mr * xr - mi * xi;
      y[2 * i + 1] = mr * xi + mi * xr;
    }
  }
}

void combine(float* __restrict__ image, const float* __restrict__ coils, const float* __restrict__ maps,
             CoilPiece p) {
  float sums[2 * kCoilPiece];
  for (std::int64_t i = 0; i < 2 * p.count; ++i) {
    sums[i] = 0;
  }
  for (std::int64_t c = 0; c < p.coils; ++c) {
    const float *k = coils + c * p.stride, *m = maps + c * p.stride;
    for (std::int64_t i = 0; i < p.count; ++i) {
      const float mr = m[2 * i], mi = m[2 * i + 1], kr = k[2 * i], ki = k[2 * i + 1];
      sums[2 * i] += mr * kr + mi * ki;
      sums[2 * i + 1] += mr * ki - mi * kr;
    }
  }
  for (std::int64_t i = 0; i < 2 * p.count; ++i) {
    image[i] = sums[i];
  }
}

void maps_gradient(float* __restrict__ dmaps, const float* __restrict__ image,
                   const float* __restrict__ coils, CoilPiece p) {
  for (std::int64_t c = 0; c < p.coils; ++c) {
    float* d = dmaps + c * p.stride;
    const float* k = coils + c * p.stride;
    for (std::int64_t i = 0; i < p.count; ++i) {
      const float xr = image[2 * i], xi = image[2 * i + 1], kr = k[2 * i], ki = k[2 * i + 1];
      d[2 * i] += xr * kr + xi * ki;
      d[2 * i + 1] += xr * ki - xi * kr;
    }
  }
}

// ---- magnitudes ----------------------------------------------------------------------------------------

void root_sum_of_squares(float* __restrict__ magnitude, const float* __restrict__ coils, CoilPiece p) {
  double sums[kCoilPiece];
  for (std::int64_t i = 0; i < p.count; ++i) {
    sums[i] = 0;
  }
  for (std::int64_t c = 0; c < p.coils; ++c) {
    const float* k = coils + c * p.stride;
    for (std::int64_t i = 0; i < p.count; ++i) {
      const double kr = k[2 * i], ki = k[2 * i + 1];
      sums[i] += kr * kr + ki * ki;
    }
  }
  for (std::int64_t i = 0; i < p.count; ++i) {
    magnitude[i] = static_cast<float>(__builtin_sqrt(sums[i]));
  }
}

/// Two copies of every value, for loops over real and imaginary parts alike.
void repeat(float* both, const float* values, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    both[2 * i] = both[2 * i + 1] = values[i];
  }
}

// Dividing first keeps the factor at most 1: it overflows for no magnitude. Where the magnitude is 0 the
// coils are 0 too, so that any other divisor gives the 0 that is asked for.
void root_sum_of_squares_backward(float* dcoils, const float* dmagnitude, const float* magnitude,
                                  const float* coils, CoilPiece p) {
  float divisor[2 * kCoilPiece], factor[2 * kCoilPiece];
  repeat(divisor, magnitude, p.count);
  repeat(factor, dmagnitude, p.count);
  for (std::int64_t i = 0; i < 2 * p.count; ++i) {
    const bool zero = divisor[i] == 0;
    divisor[i] = zero ? 1.0f : divisor[i];
    factor[i] = zero ? 0.0f : factor[i];
  }
  for (std::int64_t c = 0; c < p.coils; ++c) {
    float* d = dcoils + c * p.stride;
    const float* k = coils + c * p.stride;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < 2 * p.count; ++i) {
      d[i] = factor[i] * (k[i] / divisor[i]);
    }
  }
}

void divide(float* maps, const float* magnitude, const float* coils, CoilPiece p) {
  float divisor[2 * kCoilPiece];
  repeat(divisor, magnitude, p.count);
  for (std::int64_t c = 0; c < p.coils; ++c) {
    float* m = maps + c * p.stride;
    const float* k = coils + c * p.stride;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < 2 * p.count; ++i) {
      const bool zero = divisor[i] == 0;
      const float quotient = k[i] / (zero ? 1.0f : divisor[i]);
      m[i] = zero ? 0.0f : quotient;
    }
  }
}

void normalize_backward(float* dcoils, const float* dmaps, const float* maps, const float* magnitude,
                        CoilPiece p) {
  float divisor[2 * kCoilPiece], along[2 * kCoilPiece];
  double sums[kCoilPiece];
  repeat(divisor, magnitude, p.count);
  for (std::int64_t i = 0; i < p.count; ++i) {
    sums[i] = 0;
  }
  for (std::int64_t c = 0; c < p.coils; ++c) {
    const float *d = dmaps + c * p.stride, *m = maps + c * p.stride;
    for (std::int64_t i = 0; i < p.count; ++i) {
      const double dr = d[2 * i], di = d[2 * i + 1], mr = m[2 * i], mi = m[2 * i + 1];
      sums[i] += mr * dr + mi * di;
    }
  }
  for (std::int64_t i = 0; i < p.count; ++i) {
    along[2 * i] = along[2 * i + 1] = static_cast<float>(sums[i]);
  }
  for (std::int64_t c = 0; c < p.coils; ++c) {
    float* out = dcoils + c * p.stride;
    const float *d = dmaps + c * p.stride, *m = maps + c * p.stride;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < 2 * p.count; ++i) {
      const bool zero = divisor[i] == 0;
      const float quotient = (d[i] - m[i] * along[i]) / (zero ? 1.0f : divisor[i]);
      out[i] = zero ? 0.0f : quotient;
    }
  }
}

// ---- data consistency ----------------------------------------------------------------------------------

void data_consistency(float* next, const float* current, const float* measured, const float* refinement,
                      const float* weight, CoilPiece p) {
  for (std::int64_t c = 0; c < p.coils; ++c) {
    float* y = next + c * p.stride;
    const float *k = current + c * p.stride, *b = measured + c * p.stride, *r = refinement + c * p.stride;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < 2 * p.count; ++i) {
      y[i] = k[i] - weight[i] * (k[i] - b[i]) - r[i];
    }
  }
}

double data_consistency_backward(float* dcurrent, const float* dnext, const float* current,
                                 const float* measured, const float* mask, const float* weight, CoilPiece p) {
  constexpr int kRunning = 16;
  double total = 0;
  for (std::int64_t c = 0; c < p.coils; ++c) {
    float* dk = dcurrent + c * p.stride;
    const float *dy = dnext + c * p.stride, *k = current + c * p.stride, *b = measured + c * p.stride;
    double running[kRunning] = {};
    const auto term = [&](std::int64_t i) {
      const double difference = static_cast<double>(k[i]) - static_cast<double>(b[i]);
      return static_cast<double>(dy[i]) * (static_cast<double>(mask[i]) * difference);
    };
    std::int64_t i = 0;
    for (; i + kRunning <= 2 * p.count; i += kRunning) {
      for (int j = 0; j < kRunning; ++j) {
        running[j] += term(i + j);
      }
    }
    for (int j = 0; i + j < 2 * p.count; ++j) {
      running[j] += term(i + j);
    }
    for (int j = 0; j < kRunning; ++j) {
      total += running[j];
    }
#pragma GCC ivdep
    for (i = 0; i < 2 * p.count; ++i) {
      dk[i] = dy[i] - weight[i] * dy[i];
    }
  }
  return total;
}

// ---- planes --------------------------------------------------------------------------------------------

void split(float* __restrict__ real, float* __restrict__ imaginary, const float* __restrict__ z,
           std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    real[i] = z[2 * i];
    imaginary[i] = z[2 * i + 1];
  }
}

void join(float* __restrict__ z, const float* __restrict__ real, const float* __restrict__ imaginary,
          std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    z[2 * i] = real[i];
    z[2 * i + 1] = imaginary[i];
  }
}

constexpr CoilLoops kLoops{expand,
                           combine,
                           maps_gradient,
                           root_sum_of_squares,
                           root_sum_of_squares_backward,
                           divide,
                           normalize_backward,
                           data_consistency,
                           data_consistency_backward,
                           split,
                           join};

}  // namespace

const CoilLoops& coil_loops() { return kLoops; }

}  // namespace selfsame::SELFSAME_ISA
