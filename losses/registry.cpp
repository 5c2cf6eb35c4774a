// SPDX-License-Identifier: Apache-2.0
#include "losses/registry.hpp"

#include <algorithm>
#include <cmath>

namespace selfsame {
namespace {

/// A function's static: registration runs before main, in no particular order of files.
std::map<std::string_view, ObjectiveInfo>& table() {
  static std::map<std::string_view, ObjectiveInfo> objectives_by_name;
  return objectives_by_name;
}

template <typename Range, typename Name>
std::string names_of(const Range& range, Name name) {
  std::string names;
  for (const auto& item : range) {
    names += names.empty() ? "" : ", ";
    names += name(item);
  }
  return names.empty() ? "none" : names;
}

void check(const ObjectiveInfo& info, const ObjectiveOptions& options) {
  for (const auto& [name, value] : options) {
    const auto known = std::find_if(info.options.begin(), info.options.end(),
                                    [&name = name](const ObjectiveOption& o) { return o.name == name; });
    if (known == info.options.end()) {
      fail(ErrorKind::kUsage, "objective '{}' has no option '{}'; known: {}", info.name, name,
           names_of(info.options, [](const ObjectiveOption& o) { return o.name; }));
    }
    if (!std::isfinite(value) || value < known->min) {
      fail(ErrorKind::kUsage, "objective '{}': {} {} must be a number of at least {}", info.name, name, value,
           known->min);
    }
  }
}

}  // namespace

bool register_objective(const ObjectiveInfo& info) {
  const bool added = table().emplace(info.name, info).second;
  SELFSAME_CHECK(added, "objective '{}' is registered twice", info.name);
  return added;
}

std::vector<ObjectiveInfo> objectives() {
  std::vector<ObjectiveInfo> list;
  for (const auto& [name, info] : table()) {
    list.push_back(info);
  }
  return list;
}

std::unique_ptr<Objective> make_objective(std::string_view name, const ObjectiveOptions& options) {
  const auto found = table().find(name);
  if (found == table().end()) {
    fail(ErrorKind::kUsage, "no objective '{}'; known: {}", name,
         names_of(table(), [](const auto& entry) { return entry.first; }));
  }
  const ObjectiveInfo& info = found->second;
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
