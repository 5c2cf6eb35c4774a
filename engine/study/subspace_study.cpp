// SPDX-License-Identifier: Apache-2.0
#include "engine/study/subspace_study.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/study/subspace_samples.hpp"
#include "kernels/base/error.hpp"
#include "models/subspace/gradient_descent.hpp"
#include "models/subspace/subspace_fits.hpp"
#include "models/subspace/subspace_moments.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kLanes = 32;  // repeats at a time
// What a repeat costs beside its examples (eigenvectors, best iterates), in examples: measured, for the ETA.
constexpr double kRepeatCost = 2500;
constexpr std::int64_t kCheckSteps = 400;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double deviation(const Estimate& estimate, double closed) {
  return std::isfinite(closed) ? (estimate.mean - closed) / estimate.error : kNaN;
}

/// Fits of one number of examples, (levels, repeats).
using Fits = std::vector<SubspaceFit>;
using Value = double SubspaceFit::*;

std::vector<double> values_of(const Fits& fits, std::size_t level, std::size_t repeats, Value value) {
  std::vector<double> values(repeats);
  for (std::size_t i = 0; i < repeats; ++i) {
    values[i] = fits[level * repeats + i].*value;
  }
  return values;
}

class Runner {
 public:
  Runner(const SubspaceStudyConfig& config, std::uint64_t seed, Stream& stream,
         const std::function<bool(double, double)>& proceed)
      : config_(config),
        seed_(seed),
        stream_(stream),
        proceed_(proceed),
        basis_(subspace_basis({config.n, config.d, config.sigma}, seed)) {
    study_.problem = {config.n, config.d, config.sigma};
    study_.target_sigmas = {0.0};
    study_.target_sigmas.insert(study_.target_sigmas.end(), config.target_sigmas.begin(),
                                config.target_sigmas.end());
    study_.examples = config.examples;
    study_.repeats = config.repeats;
    for (const std::int64_t examples : config.examples) {
      total_ += cost(examples) * static_cast<double>(config.repeats);
    }
  }

  std::optional<SubspaceStudy> run() {
    std::vector<Fits> all;
    SubspaceMoments many(study_.problem, std::min(kLanes, config_.repeats), stream_);
    for (const std::int64_t examples : config_.examples) {
      std::optional<Fits> fits = fit(many, examples);
      if (!fits) {
        return std::nullopt;
      }
      summarise(*fits, examples);
      all.push_back(std::move(*fits));
    }
    compare_sizes(all);
    study_.fits = std::move(all);
    study_.fitted = fit_extra_samples(study_);
    return std::move(study_);
  }

 private:
  static double cost(std::int64_t examples) { return static_cast<double>(examples) + kRepeatCost; }

  std::optional<Fits> fit(SubspaceMoments& many, std::int64_t examples) {
    const auto repeats = static_cast<std::size_t>(config_.repeats);
    const std::size_t levels = study_.target_sigmas.size();
    Fits fits(levels * repeats);
    for (std::int64_t first = 0; first < config_.repeats;) {
      // The last batch may hold fewer: a lane's numbers do not depend on the others.
      const std::int64_t lanes = std::min(many.lanes(), config_.repeats - first);
      std::optional<SubspaceMoments> few;
      SubspaceMoments& moments = lanes == many.lanes() ? many : few.emplace(study_.problem, lanes, stream_);
      moments.draw(basis_, examples, first, seed_, stream_);
      const Fits batch =
          fit_subspace(moments, basis_, examples, study_.target_sigmas, config_.iterations, stream_);
      for (std::size_t level = 0; level < levels; ++level) {
        for (std::int64_t lane = 0; lane < lanes; ++lane) {
          fits[level * repeats + static_cast<std::size_t>(first + lane)] =
              batch[level * static_cast<std::size_t>(lanes) + static_cast<std::size_t>(lane)];
        }
      }
      if (first == 0) {
        check_steps(examples);
      }
      first += lanes;
      done_ += cost(examples) * static_cast<double>(lanes);
      if (!proceed_(done_, total_)) {
        return std::nullopt;
      }
    }
    return fits;
  }

  /// The best of the first iterates, by steps, with the noisiest targets.
  void check_steps(std::int64_t examples) {
    SubspaceMoments one(study_.problem, 1, stream_);
    one.draw(basis_, examples, 0, seed_, stream_);
    const std::span<const double> level(&study_.target_sigmas.back(), 1);
    const SubspaceFit fit =
        fit_subspace(one, basis_, examples, level, std::min(kCheckSteps, config_.iterations), stream_)[0];
    const std::vector<double> weights =
        descend_by_steps(one, basis_, level[0], study_.problem.step_size(examples), fit.iterations, stream_);
    study_.checks.push_back(
        {examples, fit.iterations, risk_of(study_.problem, basis_, weights), fit.early_stopped});
  }

  void summarise(const Fits& fits, std::int64_t examples) {
    const auto repeats = static_cast<std::size_t>(config_.repeats);
    for (std::size_t level = 0; level < study_.target_sigmas.size(); ++level) {
      const auto estimate = [&](Value value) { return estimate_of(values_of(fits, level, repeats, value)); };
      SubspacePoint point;
      point.examples = examples;
      point.target_sigma = study_.target_sigmas[level];
      point.early = estimate(&SubspaceFit::early_stopped);
      point.converged = estimate(&SubspaceFit::least_squares);
      point.restricted = estimate(&SubspaceFit::subspace);
      point.closed_converged = study_.problem.least_squares_risk(examples, point.target_sigma);
      point.closed_restricted = study_.problem.subspace_risk(examples, point.target_sigma);
      std::vector<double> iterations(repeats);
      for (std::size_t i = 0; i < repeats; ++i) {
        iterations[i] = static_cast<double>(fits[level * repeats + i].iterations);
        study_.evaluations += fits[level * repeats + i].evaluations;
      }
      point.median_iterations = estimate_of(iterations).median;
      study_.points.push_back(point);
    }
  }

  void compare_sizes(const std::vector<Fits>& all) {
    for (std::size_t level = 1; level < study_.target_sigmas.size(); ++level) {
      add_factor("early_stopped", &SubspaceFit::early_stopped, config_.d, level, all);
      add_factor("subspace", &SubspaceFit::subspace, config_.d, level, all);
      add_factor("least_squares", &SubspaceFit::least_squares, config_.n, level, all);
    }
  }

  void add_factor(const char* name, Value value, std::int64_t m, std::size_t level,
                  const std::vector<Fits>& all) {
    const auto repeats = static_cast<std::size_t>(config_.repeats);
    std::vector<double> noisy(repeats), clean(repeats);
    ExtraSamples extra;
    for (std::size_t size = 0; size < all.size(); ++size) {
      const std::int64_t examples = config_.examples[size];
      if (examples < 2 * m || examples < m + 4) {  // below, the variance is large or infinite
        continue;
      }
      ++extra.sizes;
      const double scale = static_cast<double>(examples - m - 1) / static_cast<double>(m);
      for (std::size_t i = 0; i < repeats; ++i) {
        noisy[i] += scale * (all[size][level * repeats + i].*value - study_.problem.optimal_risk());
        clean[i] += scale * (all[size][i].*value - study_.problem.optimal_risk());
      }
    }
    if (extra.sizes == 0) {
      return;
    }
    extra.estimator = name;
    extra.target_sigma = study_.target_sigmas[level];
    extra.expected = study_.problem.extra_samples(extra.target_sigma);
    const double base = estimate_of(clean).mean;
    extra.factor = estimate_of(noisy).mean / base;
    for (std::size_t i = 0; i < repeats; ++i) {
      noisy[i] -= extra.factor * clean[i];
    }
    extra.error = estimate_of(noisy).error / base;
    study_.factors.push_back(extra);
  }

  const SubspaceStudyConfig& config_;
  std::uint64_t seed_;
  Stream& stream_;
  const std::function<bool(double, double)>& proceed_;
  std::vector<double> basis_;
  SubspaceStudy study_;
  double done_ = 0, total_ = 0;
};

}  // namespace

Estimate estimate_of(std::vector<double> values) {
  SELFSAME_CHECK(values.size() >= 2, "estimate of {} values", values.size());
  const auto count = static_cast<double>(values.size());
  Estimate e;
  for (const double value : values) {
    e.mean += value / count;
  }
  double square = 0;
  for (const double value : values) {
    square += (value - e.mean) * (value - e.mean);
  }
  e.error = std::sqrt(square / (count - 1) / count);
  if (std::isnan(e.mean)) {
    e.median = kNaN;
    return e;
  }
  const std::size_t half = values.size() / 2;
  std::ranges::sort(values);
  e.median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return e;
}

double SubspacePoint::converged_deviation() const { return deviation(converged, closed_converged); }
double SubspacePoint::restricted_deviation() const { return deviation(restricted, closed_restricted); }

std::optional<SubspaceStudy> run_subspace_study(const SubspaceStudyConfig& config, std::uint64_t seed,
                                                Stream& stream,
                                                const std::function<bool(double, double)>& proceed) {
  return Runner(config, seed, stream, proceed).run();
}

}  // namespace selfsame
