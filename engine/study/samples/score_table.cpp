// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/score_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

double mean_risk(const SampleRun& run) {
  double sum = 0;
  for (const SampleScore& score : run.scores) {
    sum += score.mse;
  }
  return sum / static_cast<double>(run.scores.size());
}

/// Why a run cannot be compared; empty if it can.
std::string fault_of(const SampleRun& run) {
  if (!run.failure.empty()) {
    return "failed: " + run.failure;
  }
  if (run.scores.empty()) {
    return "has no scores";
  }
  const double risk = mean_risk(run);
  return std::isfinite(risk) && risk > 0 ? std::string() : fmt::format("has the risk {}", risk);
}

}  // namespace

ScoreTable::ScoreTable(const SampleResults& results)
    : results_(results),
      runs_(results.methods.size() * results.sizes.size() * results.seeds.size(), nullptr) {
  SELFSAME_CHECK(!results.methods.empty(), "a study of no methods");
  SELFSAME_CHECK(std::ranges::adjacent_find(results.sizes, std::greater_equal<>()) == results.sizes.end() &&
                     (results.sizes.empty() || results.sizes.front() >= 1),
                 "numbers of examples do not rise from 1");
  for (const SampleRun& run : results.runs) {
    SELFSAME_CHECK(run.method < results.methods.size() && run.size < results.sizes.size(),
                   "a run of method {} of {}, size {} of {}", run.method, results.methods.size(), run.size,
                   results.sizes.size());
    const auto seed = std::ranges::find(results.seeds, run.seed);
    SELFSAME_CHECK(seed != results.seeds.end(), "a run of the seed {}, which the study does not have",
                   run.seed);
    SELFSAME_CHECK(run.scores.empty() || run.scores.size() == results.images.size(),
                   "a run with scores of {} images of {}", run.scores.size(), results.images.size());
    const auto index = static_cast<std::size_t>(seed - results.seeds.begin());
    const SampleRun*& place =
        runs_[(run.method * results.sizes.size() + run.size) * results.seeds.size() + index];
    const std::string name =
        fmt::format("{}, N = {}, seed {}", results.methods[run.method], results.sizes[run.size], run.seed);
    SELFSAME_CHECK(place == nullptr, "two runs of {}", name);
    const std::string fault = fault_of(run);
    if (!fault.empty()) {
      left_out_.push_back(fmt::format("The run of {} {}.", name, fault));
      continue;
    }
    place = &run;
    ++usable_;
  }
}

std::vector<std::size_t> ScoreTable::seeds(std::size_t method, std::size_t size) const {
  return shared(method, method, size);
}

std::vector<std::size_t> ScoreTable::shared(std::size_t first, std::size_t second, std::size_t size) const {
  std::vector<std::size_t> both;
  for (std::size_t seed = 0; seed < results_.seeds.size(); ++seed) {
    if (at(first, size, seed) != nullptr && at(second, size, seed) != nullptr) {
      both.push_back(seed);
    }
  }
  return both;
}

ScoreCell ScoreTable::cell(std::size_t method, std::size_t size, const std::vector<std::size_t>& seeds,
                           double SampleScore::*score) const {
  ScoreCell cell;
  cell.seeds = seeds.size();
  cell.seed_deviations.assign(results_.seeds.size(), 0.0);
  cell.image_deviations.assign(results_.images.size(), 0.0);
  const double share = 1 / (static_cast<double>(std::max<std::size_t>(seeds.size(), 1)) *
                            static_cast<double>(results_.images.size()));
  for (const std::size_t seed : seeds) {
    const SampleRun* run = at(method, size, seed);
    SELFSAME_CHECK(run != nullptr, "no run of method {}, size {}, seed {}", method, size, seed);
    for (std::size_t image = 0; image < run->scores.size(); ++image) {
      const double value = run->scores[image].*score * share;
      cell.mean += value;
      cell.seed_deviations[seed] += value * static_cast<double>(seeds.size());
      cell.image_deviations[image] += value * static_cast<double>(results_.images.size());
    }
  }
  for (const std::size_t seed : seeds) {
    cell.seed_deviations[seed] -= cell.mean;
  }
  for (double& deviation : cell.image_deviations) {
    deviation -= cell.mean;
  }
  return cell;
}

}  // namespace selfsame
