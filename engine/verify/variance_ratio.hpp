// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "engine/verify/draw_statistics.hpp"

namespace selfsame {

/// How much noisier the self-supervised gradient is: V = tr Cov g of either, and their ratio.
///
/// In the noise-dominated regime of stochastic gradient descent the examples needed for the same excess risk
/// grow by N_ss / N_sup = V_ss / V_sup, so the ratio is also the predicted factor of extra examples.
struct VarianceRatio {
  double supervised = 0;                                         ///< V_sup, in units of gradient^2
  double self_supervised = 0;                                    ///< V_ss
  double relative_supervised = 0, relative_self_supervised = 0;  ///< divided by |E g_sup|^2
  double ratio = 1, lower = 1, upper = 1;                        ///< V_ss / V_sup and its interval
};

/// The interval is that of the jackknife over draws for log(ratio), with Student's t quantile.
/// Source: Efron, Stein 1981 (jackknife); Bottou, Curtis, Nocedal 2018, theorem 4.7 (the factor).
[[nodiscard]] VarianceRatio variance_ratio(const DrawStatistics& statistics, double confidence = 0.95);

}  // namespace selfsame
