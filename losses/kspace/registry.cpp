// SPDX-License-Identifier: Apache-2.0
#include "losses/kspace/registry.hpp"

#include "kernels/base/registry.hpp"

namespace selfsame {
namespace {

/// A function's static: registration runs before main.
Registry<KSpaceObjectiveInfo>& registry() {
  static Registry<KSpaceObjectiveInfo> objectives_by_name("k-space objective");
  return objectives_by_name;
}

}  // namespace

bool register_kspace_objective(const KSpaceObjectiveInfo& info) { return registry().add(info); }

std::vector<KSpaceObjectiveInfo> kspace_objectives() { return registry().all(); }

std::unique_ptr<KSpaceObjective> make_kspace_objective(std::string_view name,
                                                       const ObjectiveOptions& options) {
  const KSpaceObjectiveInfo& info = registry().find(name);
  return info.make(complete_options(info.name, info.options, options));
}

}  // namespace selfsame
