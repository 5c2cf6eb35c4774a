// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "kernels/noise/noise.hpp"
#include "losses/options.hpp"

// What an objective must know of the measurement's noise.

namespace selfsame {

/// The option "sigma", or the standard deviation of Gaussian noise.
/// Errors: Error(kUsage) that names the objective, for other noise and for none that is known.
[[nodiscard]] double gaussian_sigma(std::string_view objective, const ObjectiveOptions& options,
                                    const NoiseModel& noise);
/// Photons at white, of Poisson noise (with or without a Gaussian part). Errors: Error(kUsage).
[[nodiscard]] double poisson_peak(std::string_view objective, const NoiseModel& noise);

inline constexpr ObjectiveOption kNoiseSigma = {
    "sigma", "standard deviation of the measurement's Gaussian noise; absent: noise.sigma", {}, 0.0, 1e6, {},
    true};

}  // namespace selfsame
