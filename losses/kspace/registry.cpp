// SPDX-License-Identifier: Apache-2.0
#include "losses/kspace/registry.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/base/registry.hpp"

namespace selfsame {
namespace {

/// A function's static: registration runs before main.
Registry<KSpaceObjectiveInfo>& registry() {
  static Registry<KSpaceObjectiveInfo> objectives_by_name("k-space objective");
  return objectives_by_name;
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

const KSpaceOptionValue& value_of(const KSpaceOptions& options, const std::string& name) {
  const auto found = options.find(name);
  SELFSAME_CHECK(found != options.end(), "option '{}' has no value", name);
  return found->second;
}

}  // namespace

bool register_kspace_objective(const KSpaceObjectiveInfo& info) { return registry().add(info); }

std::vector<KSpaceObjectiveInfo> kspace_objectives() { return registry().all(); }

std::unique_ptr<KSpaceObjective> make_kspace_objective(std::string_view name, const KSpaceOptions& options) {
  const KSpaceObjectiveInfo& info = registry().find(name);
  for (const auto& [option, value] : options) {
    check_value(info, registry().option(info, option), value);
  }
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
