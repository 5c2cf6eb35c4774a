// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/config/study_config.hpp"
#include "engine/study/samples/resampling.hpp"
#include "kernels/device/stream.hpp"
#include "models/subspace/subspace.hpp"
#include "models/subspace/subspace_fits.hpp"

namespace selfsame {

/// Over the repeats.
struct Estimate {
  double mean = 0;
  double error = 0;  ///< standard error of the mean
  double median = 0;
};
/// NaN where a value is. At least two values.
[[nodiscard]] Estimate estimate_of(std::vector<double> values);

/// One number of examples with one level of target noise.
struct SubspacePoint {
  std::int64_t examples = 0;
  double target_sigma = 0;
  Estimate early, converged,
      restricted;                ///< risk: best iterate; least squares; least squares on the subspace
  double median_iterations = 0;  ///< of the best iterate
  double closed_converged = 0;   ///< (L1); NaN or infinite where it does not apply
  double closed_restricted = 0;  ///< (L2); likewise
  /// Standard errors between mean and closed form; NaN where that is not finite.
  [[nodiscard]] double converged_deviation() const;
  [[nodiscard]] double restricted_deviation() const;
};

/// How many times more examples noisy targets need, from the excess risks R - R*: their mean over the numbers
/// of examples, each times (N - m - 1)/m, which makes it R* + sigma'^2 for every N, over that of the
/// supervised training, on the same inputs.
struct ExtraSamples {
  std::string estimator;  ///< "early_stopped", "least_squares", "subspace"
  double target_sigma = 0;
  double factor = 0, error = 0;  ///< error: standard error by linearisation, over repeats
  double expected = 0;           ///< 1 + sigma'^2/R*
  std::int64_t sizes = 0;        ///< numbers of examples that took part: N >= 2m and N >= m + 4, m = n or d
};

/// The same factor as a study of trainings finds it, without closed forms: R = floor + scale (N - offset)
/// ^-exponent with a scale for each level, whose ratio gives the factor. 95 % intervals over repeats.
struct FittedExtraSamples {
  std::string estimator;  ///< "early_stopped", "subspace"
  double target_sigma = 0;
  SampleInterval factor;                   ///< unknown where no law fits
  double expected = 0;                     ///< 1 + sigma'^2/R*
  SampleInterval exponent, offset, floor;  ///< expected: 1, d + 1, R*
  std::int64_t sizes = 0;
};

/// Gradient descent by steps of `gemm` on one training set, against the closed form of the same iterate.
struct StepCheck {
  std::int64_t examples = 0, iterations = 0;
  double by_steps = 0, closed = 0;  ///< risk
};

struct SubspaceStudy {
  SubspaceProblem problem;
  std::vector<double> target_sigmas;  ///< 0 first
  std::vector<std::int64_t> examples;
  std::int64_t repeats = 0;
  std::vector<SubspacePoint> points;  ///< by examples, then by level
  std::vector<ExtraSamples> factors;
  std::vector<FittedExtraSamples> fitted;
  std::vector<StepCheck> checks;
  std::vector<std::vector<SubspaceFit>> fits;  ///< by examples: (levels, repeats)
  std::int64_t evaluations = 0;                ///< of risks, to find the best iterates
  [[nodiscard]] const SubspacePoint& point(std::size_t size, std::size_t level) const {
    return points[size * target_sigmas.size() + level];
  }
};

/// Runs it. `proceed(done, total)` is called after every batch of repeats with the work done, in units of
/// about the same time; the study ends without a result when it returns false.
/// Errors: those of fit_subspace.
[[nodiscard]] std::optional<SubspaceStudy> run_subspace_study(
    const SubspaceStudyConfig& config, std::uint64_t seed, Stream& stream,
    const std::function<bool(double done, double total)>& proceed);

}  // namespace selfsame
