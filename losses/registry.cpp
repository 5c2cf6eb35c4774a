// SPDX-License-Identifier: Apache-2.0
#include "losses/registry.hpp"

#include <cmath>

#include "kernels/base/registry.hpp"

namespace selfsame {
namespace {

/// A function's static: registration runs before main.
Registry<ObjectiveInfo>& registry() {
  static Registry<ObjectiveInfo> objectives_by_name("objective");
  return objectives_by_name;
}

void check(const ObjectiveInfo& info, const ObjectiveOptions& options) {
  for (const auto& [name, value] : options) {
    const ObjectiveOption& known = registry().option(info, name);
    if (!std::isfinite(value) || value < known.min) {
      fail(ErrorKind::kUsage, "objective '{}': {} {} must be a number of at least {}", info.name, name, value,
           known.min);
    }
  }
}

}  // namespace

bool register_objective(const ObjectiveInfo& info) { return registry().add(info); }

std::vector<ObjectiveInfo> objectives() { return registry().all(); }

std::unique_ptr<Objective> make_objective(std::string_view name, const ObjectiveOptions& options) {
  const ObjectiveInfo& info = registry().find(name);
  check(info, options);
  ObjectiveOptions complete = options;
  for (const ObjectiveOption& o : info.options) {
    if (o.default_value) {
      complete.try_emplace(std::string(o.name), *o.default_value);
    }
  }
  return info.make(complete);
}

std::optional<double> option(const ObjectiveOptions& options, const std::string& name) {
  const auto found = options.find(name);
  return found == options.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace selfsame
