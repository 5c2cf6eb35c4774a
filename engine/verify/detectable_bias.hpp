// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "engine/verify/draw_statistics.hpp"

namespace selfsame {

/// The smallest relative bias |b| / |E g_sup| that the global test finds with the given power with as many
/// draws as there are, judged by the variance seen in them.
struct DetectableBias {
  double generic = 0;         ///< b of random direction, power averaged over directions
  double along_gradient = 0;  ///< b along the pilot gradient: a wrong scale of the gradient
};

/// T^2 is noncentral with parameter M q' S^-1 q, q the projections of b, S their covariance; the bias of the
/// inverse sample covariance is removed.
/// @param level  of the global test alone, kGlobalShare of that of the combined one
[[nodiscard]] DetectableBias detectable_bias(const DrawStatistics& statistics, double level = 0.04,
                                             double power = 0.95);

}  // namespace selfsame
