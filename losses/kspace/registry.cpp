// SPDX-License-Identifier: Apache-2.0
#include "losses/kspace/registry.hpp"

#include <algorithm>
#include <cmath>

namespace selfsame {
namespace {

/// A function's static: registration runs before main, in no particular order of files.
std::map<std::string_view, KSpaceObjectiveInfo>& table() {
  static std::map<std::string_view, KSpaceObjectiveInfo> objectives_by_name;
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

void check_value(const KSpaceObjectiveInfo& info, const KSpaceOption& option,
                 const KSpaceOptionValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (!option.choices.empty()) {
    if (text == nullptr ||
        std::find(option.choices.begin(), option.choices.end(), *text) == option.choices.end()) {
      fail(ErrorKind::kUsage, "objective '{}': {} {} is none of {}", info.name, option.name,
           text != nullptr ? "'" + *text + "'" : fmt::format("{}", std::get<double>(value)),
           names_of(option.choices, [](std::string_view c) { return c; }));
    }
    return;
  }
  const double* v = std::get_if<double>(&value);
  if (v == nullptr || !std::isfinite(*v) || *v < option.min || *v > option.max) {
    fail(ErrorKind::kUsage, "objective '{}': {} {} must be a number from {} to {}", info.name, option.name,
         v != nullptr ? fmt::format("{}", *v) : "'" + *text + "'", option.min, option.max);
  }
}

void check(const KSpaceObjectiveInfo& info, const KSpaceOptions& options) {
  for (const auto& [name, value] : options) {
    const auto known = std::find_if(info.options.begin(), info.options.end(),
                                    [&name = name](const KSpaceOption& o) { return o.name == name; });
    if (known == info.options.end()) {
      fail(ErrorKind::kUsage, "objective '{}' has no option '{}'; known: {}", info.name, name,
           names_of(info.options, [](const KSpaceOption& o) { return o.name; }));
    }
    check_value(info, *known, value);
  }
}

const KSpaceOptionValue& value_of(const KSpaceOptions& options, const std::string& name) {
  const auto found = options.find(name);
  SELFSAME_CHECK(found != options.end(), "option '{}' has no value", name);
  return found->second;
}

}  // namespace

bool register_kspace_objective(const KSpaceObjectiveInfo& info) {
  const bool added = table().emplace(info.name, info).second;
  SELFSAME_CHECK(added, "k-space objective '{}' is registered twice", info.name);
  return added;
}

std::vector<KSpaceObjectiveInfo> kspace_objectives() {
  std::vector<KSpaceObjectiveInfo> list;
  for (const auto& [name, info] : table()) {
    list.push_back(info);
  }
  return list;
}

std::unique_ptr<KSpaceObjective> make_kspace_objective(std::string_view name, const KSpaceOptions& options) {
  const auto found = table().find(name);
  if (found == table().end()) {
    fail(ErrorKind::kUsage, "no k-space objective '{}'; known: {}", name,
         names_of(table(), [](const auto& entry) { return entry.first; }));
  }
  const KSpaceObjectiveInfo& info = found->second;
  check(info, options);
  KSpaceOptions complete = options;
  for (const KSpaceOption& o : info.options) {
    if (const double* v = std::get_if<double>(&o.default_value)) {
      complete.try_emplace(std::string(o.name), *v);
    } else if (const auto* text = std::get_if<std::string_view>(&o.default_value)) {
      complete.try_emplace(std::string(o.name), std::string(*text));
    }
  }
  return info.make(complete);
}

double number(const KSpaceOptions& options, const std::string& name) {
  const double* v = std::get_if<double>(&value_of(options, name));
  SELFSAME_CHECK(v != nullptr, "option '{}' is not a number", name);
  return *v;
}

std::optional<double> optional_number(const KSpaceOptions& options, const std::string& name) {
  return options.contains(name) ? std::optional(number(options, name)) : std::nullopt;
}

bool flag(const KSpaceOptions& options, const std::string& name) { return number(options, name) != 0; }

const std::string& word(const KSpaceOptions& options, const std::string& name) {
  const auto* text = std::get_if<std::string>(&value_of(options, name));
  SELFSAME_CHECK(text != nullptr, "option '{}' is not a word", name);
  return *text;
}

}  // namespace selfsame
