// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_plan.hpp"

#include <xxhash.h>

#include "engine/training/trainer.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kLongestSlug = 40;

/// A name as part of a file name: letters, digits, '.', '_' and '-'.
std::string slug(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_';
    if (plain) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (!out.empty() && out.back() == '-') {
    out.pop_back();
  }
  return out.substr(0, kLongestSlug);
}

}  // namespace

std::vector<PlannedRun> plan_runs(const SampleStudyConfig& study, const StudyConfig& config) {
  std::vector<PlannedRun> runs;
  for (const std::int64_t seed : study.seeds) {
    for (std::size_t size = 0; size < study.sizes.size(); ++size) {
      for (std::size_t method = 0; method < study.resolved.size(); ++method) {
        PlannedRun run;
        run.method = method;
        run.size = size;
        run.seed = seed;
        run.config = run_config(study, config.seed, method, study.sizes[size], seed);
        run.config.threads = config.threads;
        run.config.device = config.device;
        run.id =
            fmt::format("{}-{}-n{}-s{}", method, slug(study.resolved[method].name), study.sizes[size], seed);
        run.config.name = run.id;
        run.key = lane_key(run.config);
        TrainConfig tested = test_config(study, method);
        tested.training.max_time = {};
        tested.checkpoint = {};
        tested.logging = {};
        const std::string key = resume_key(run.config) + to_json(tested) +
                                fmt::format("{} {}", run.config.training.steps, run.config.training.epochs);
        run.configuration = fmt::format("{:016x}", XXH3_64bits(key.data(), key.size()));
        runs.push_back(std::move(run));
      }
    }
  }
  return runs;
}

}  // namespace selfsame
