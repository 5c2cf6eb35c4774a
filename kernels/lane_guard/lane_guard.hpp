// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/stream.hpp"
#include "kernels/optimizer/optimizer.hpp"

namespace selfsame {

/// What a step says of one lane.
struct LaneVerdict {
  double loss;           ///< mean of its samples'
  double gradient_norm;  ///< before clipping
  double finite;         ///< 1, or 0: the optimiser leaves the lane as it is
};

/// Decides between backward and optimiser what happens to each lane, where the numbers are: on a GPU the host
/// is not asked.
///
///   loss   = (sum of sample_losses[l*B ... (l+1)*B - 1], in order) / B
///   norm   = sqrt(squares[l])
///   finite = loss and norm are finite;    factors[l].active = 0 unless finite (and never set to 1)
///   factors[l].gradient_scale = clip_factor(squares[l], clip_norm), or 1 with clip_norm = 0
///
/// @param verdicts       L entries, overwritten
/// @param factors        L entries, updated: those of the step to come
/// @param sample_losses  L*B entries
/// @param squares        L entries, sum_of_squares of the gradients
/// All are memory of the stream's device. Exact: in double, the same bits on every device.
void judge_lanes(LaneVerdict* verdicts, OptimizerFactors* factors, const double* sample_losses,
                 const double* squares, std::int64_t samples_per_lane, std::int64_t lanes, double clip_norm,
                 Stream& stream);

}  // namespace selfsame
