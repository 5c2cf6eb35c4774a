// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <span>

#include "engine/verify/pair_maker.hpp"
#include "engine/verify/verification_record.hpp"

namespace selfsame {

/// How many draws the laws are measured with.
struct LawOptions {
  std::int64_t draws = 2048;         ///< for the excess of each point
  std::int64_t jacobian_draws = 64;  ///< for the predicted constant
};

/// Noise2Noise with target noise s:  G_ss = G_sup - 2/n J' e',  e' ~ N(0, s^2 I), so that
///
///   tr Cov G_ss - tr Cov G_sup = 4 s^2 / n^2 E |J|_F^2,   J = df(y)/d theta
///
/// The excess is measured as the mean of |G_ss - G_sup|^2. The constant E |J|_F^2 = E sum_i |J' e_i|^2 is
/// computed by itself, one backward pass for every pixel i, on other draws. CPU only.
/// @param sigmas  s on the [0, 1] scale, rising
[[nodiscard]] VarianceLaw noise_variance_law(const TrainConfig& config, std::int64_t crop,
                                             std::span<const double> sigmas, const TrainedPoint& point,
                                             const LawOptions& options, Stream& stream);

/// The paper's split of columns that are sampled independently, target probability q outside the centre:
///
///   tr Cov G_ss - tr Cov G_sup = (1/q - 1) sum_j |g_j|^2,   g_j the supervised gradient of column j alone
///
/// measured and computed in the same way, one backward pass for every column.
/// @param config         of k-space without noise; its mask and objective are replaced
/// @param probabilities  of a column outside the centre to be sampled at all, rising
/// @param input          that of being in the input
[[nodiscard]] VarianceLaw mask_variance_law(const TrainConfig& config, std::span<const double> probabilities,
                                            double input, const TrainedPoint& point,
                                            const LawOptions& options, Stream& stream);

}  // namespace selfsame
