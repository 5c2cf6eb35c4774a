// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "engine/verify/draw_statistics.hpp"
#include "engine/verify/hotelling.hpp"

namespace selfsame {

/// The fewest draws that can be tested.
inline constexpr std::int64_t kFewestDraws = 16;
/// The most projections of the whole gradient beside the pilot direction.
inline constexpr int kMostProjections = 64;

/// The part of the level that the global test gets; the layers get the rest. The union bound makes the
/// combination valid for any dependence; unequal parts cost less of the level than halves, because the layers
/// repeat what the whole says.
inline constexpr double kGlobalShare = 0.8;

/// Is the mean difference zero? p-values between 1e-7 and 0.3 come from sign flips (sign_flip.hpp), the
/// others from the F distribution. Tests at 8 draws per dimension or more.
struct BiasTest {
  HotellingResult global;  ///< fixed random projections of all parameters, and the pilot direction
  std::vector<HotellingResult>
      layers;  ///< random projections of one tensor; dimensions = 0 where equal to rounding
  std::vector<double> layers_holm;  ///< their p-values, adjusted for their number
  double p_value = 1;  ///< of everything together: min(1, global / 0.8, smallest of layers_holm / 0.2)
};

/// Null hypothesis: E d = 0 in every coordinate.
///
/// Tensors are "equal to rounding" when the root mean square of d is below 2^-20 of that of the gradients
/// there (or, if larger, of an average coordinate of the whole gradient): then float arithmetic alone
/// explains the difference. Errors:  Error(kInternal) for fewer than kFewestDraws draws.
[[nodiscard]] BiasTest bias_test(const DrawStatistics& statistics);

/// The vectors of the global test: folded sketches of d and, last, <d, p> / |p|. (draws, projections + 1)
[[nodiscard]] std::vector<double> global_projections(const DrawStatistics& statistics, int projections);
/// min(kMostProjections, draws / 8), rounded down to a power of two.
[[nodiscard]] int projections_for(std::int64_t draws);

}  // namespace selfsame
