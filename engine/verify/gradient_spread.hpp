// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "engine/verify/draw_statistics.hpp"

namespace selfsame {

/// |g_i - g|^2 / |g|^2 of every draw i, g the mean supervised gradient over all draws, g_i the supervised or
/// the self-supervised gradient: what the paper's histograms show, where a draw is one example. The mean over
/// draws is the relative variance. g is estimated, so that |g|^2 is too large by the share 1 / draws of the
/// variance.
///
/// Of g_i = g_sup + d the term <d, g> is left out: its mean is zero for an unbiased method.
/// Source: Klug, Atik, Heckel 2023, figures 2 and 5.
[[nodiscard]] std::vector<double> gradient_spread(const DrawStatistics& statistics, bool self_supervised);

}  // namespace selfsame
