// SPDX-License-Identifier: Apache-2.0
#include "losses/registry.hpp"

#include "kernels/base/registry.hpp"

namespace selfsame {
namespace {

/// A function's static: registration runs before main.
Registry<ObjectiveInfo>& registry() {
  static Registry<ObjectiveInfo> objectives_by_name("objective");
  return objectives_by_name;
}

}  // namespace

bool register_objective(const ObjectiveInfo& info) { return registry().add(info); }

std::vector<ObjectiveInfo> objectives() { return registry().all(); }

std::unique_ptr<Objective> make_objective(std::string_view name, const ObjectiveOptions& options,
                                          const NoiseModel& noise) {
  const ObjectiveInfo& info = registry().find(name);
  return info.make(complete_options(info.name, info.options, options), noise);
}

ExampleObjective example_objective(std::string_view name, const ObjectiveOptions& options) {
  NoiseModel noise;
  noise.sigma = 0.1f;
  noise.peak = 30.0f;
  noise.looks = 10.0f;
  std::string reason;
  for (const NoiseType type : {NoiseType::kGaussian, NoiseType::kPoisson, NoiseType::kPoissonGaussian}) {
    noise.type = type;
    try {
      return {noise, make_objective(name, options, noise)};
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kUsage) {
        throw;
      }
      reason = error.what();
    }
  }
  fail(ErrorKind::kUsage, "{}", reason);
}

}  // namespace selfsame
