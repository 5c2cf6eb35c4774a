// SPDX-License-Identifier: Apache-2.0
#include "engine/study/subspace_samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/study/samples/sample_answer.hpp"

namespace selfsame {

SampleResults sample_results_of(const SubspaceStudy& study, SubspaceEstimator estimator,
                                std::int64_t smallest) {
  const auto risk =
      estimator == SubspaceEstimator::kEarlyStopped ? &SubspaceFit::early_stopped : &SubspaceFit::subspace;
  const auto repeats = static_cast<std::size_t>(study.repeats);
  SampleResults results;
  results.name = "subspace";
  results.images = {"risk"};
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size < study.examples.size(); ++size) {
    if (study.examples[size] >= smallest) {
      sizes.push_back(size);
      results.sizes.push_back(study.examples[size]);
    }
  }
  for (std::size_t i = 0; i < repeats; ++i) {
    results.seeds.push_back(static_cast<std::int64_t>(i));
  }
  for (std::size_t level = 0; level < study.target_sigmas.size(); ++level) {
    const double sigma = study.target_sigmas[level];
    results.methods.push_back(sigma == 0 ? "supervised training" : fmt::format("σ′ = {:g}", sigma));
    for (std::size_t k = 0; k < sizes.size(); ++k) {
      for (std::size_t i = 0; i < repeats; ++i) {
        SampleRun run;
        run.method = level;
        run.size = k;
        run.seed = results.seeds[i];
        run.scores.resize(1);
        run.scores[0].mse = study.fits[sizes[k]][level * repeats + i].*risk;
        results.runs.push_back(std::move(run));
      }
    }
  }
  results.planned = static_cast<std::int64_t>(results.runs.size());
  return results;
}

std::vector<FittedExtraSamples> fit_extra_samples(const SubspaceStudy& study) {
  const std::int64_t smallest = std::max(2 * study.problem.d, study.problem.d + 4);
  std::vector<FittedExtraSamples> all;
  for (const SubspaceEstimator estimator : {SubspaceEstimator::kEarlyStopped, SubspaceEstimator::kSubspace}) {
    const SampleResults results = sample_results_of(study, estimator, smallest);
    AnswerOptions options;
    options.offset = std::nan("");
    const SampleAnswer answer = answer_of(results, options);
    for (std::size_t level = 1; level < study.target_sigmas.size(); ++level) {
      FittedExtraSamples fitted;
      fitted.estimator = estimator == SubspaceEstimator::kEarlyStopped ? "early_stopped" : "subspace";
      fitted.target_sigma = study.target_sigmas[level];
      fitted.expected = study.problem.extra_samples(fitted.target_sigma);
      fitted.sizes = static_cast<std::int64_t>(results.sizes.size());
      if (answer.joint.missing.empty()) {
        fitted.factor = answer.joint.factors[level];
        fitted.exponent = answer.joint.exponent;
        fitted.offset = answer.joint.offset;
        fitted.floor = answer.joint.floor;
      }
      all.push_back(std::move(fitted));
    }
  }
  return all;
}

}  // namespace selfsame
