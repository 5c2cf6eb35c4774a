// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

#include "kernels/device/isa.hpp"
#include "mri/fourier/fourier_plan.hpp"

// Transforms of one radix, for all lanes of a register at once: every point is kWidth real parts, then kWidth
// imaginary parts. Private to mri/fourier and mri/sense.

namespace selfsame {

/// `count` butterflies. Strides go from one of the radix's points to the next, steps from one butterfly to
/// the next, in floats.
struct CodeletCall {
  float* out;
  const float* in;
  const float* twiddles;  ///< (radix) complex of the first butterfly; null: none
  std::ptrdiff_t out_stride, out_step, in_stride, in_step, twiddle_step, count;
  const FourierPass* pass;  ///< of a radix without a codelet
  float* folded;            ///< likewise: work memory of `radix` points
};

/// Forward transforms; in and out may be the same where strides and steps are.
using Codelet = void (*)(const CodeletCall&);

struct FourierCodelets {
  Codelet of_radix[FourierPlan::kLargestCodelet + 1];  ///< null where there is none
  Codelet any_odd;                                     ///< by the sum itself, from pass->circle
};

SELFSAME_DECLARE_ISA_TABLE(FourierCodelets, fourier_composites)
SELFSAME_DECLARE_ISA_TABLE(FourierCodelets, fourier_primes)

}  // namespace selfsame
