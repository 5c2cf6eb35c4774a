// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "engine/study/samples/sample_results.hpp"
#include "engine/study/subspace_study.hpp"

namespace selfsame {

enum class SubspaceEstimator {
  kEarlyStopped,  ///< the best iterate of gradient descent
  kSubspace,      ///< least squares on the true subspace
};

/// The study as one of training sizes: methods are levels of target noise, seeds are repeats, and the risk,
/// which is known and not measured on images, stands as that of one image.
/// @param smallest  numbers of examples below are left out
[[nodiscard]] SampleResults sample_results_of(const SubspaceStudy& study, SubspaceEstimator estimator,
                                              std::int64_t smallest = 1);

/// The factors of extra examples as a study of training sizes finds them, without the theory: one power law
/// with an offset for all levels (SampleJointLaw), from N >= 2d and N >= d + 4. By estimator, then level.
[[nodiscard]] std::vector<FittedExtraSamples> fit_extra_samples(const SubspaceStudy& study);

}  // namespace selfsame
