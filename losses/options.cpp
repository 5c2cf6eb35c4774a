// SPDX-License-Identifier: Apache-2.0
#include "losses/options.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/base/registry.hpp"

namespace selfsame {
namespace {

const ObjectiveOption& find_option(std::string_view objective, std::span<const ObjectiveOption> known,
                                   const std::string& name) {
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const ObjectiveOption& o) { return o.name == name; });
  if (found == known.end()) {
    fail(ErrorKind::kUsage, "objective '{}' has no option '{}'; known: {}", objective, name,
         names_of(known, [](const ObjectiveOption& o) { return o.name; }));
  }
  return *found;
}

void check_value(std::string_view objective, const ObjectiveOption& option,
                 const ObjectiveOptionValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (!option.choices.empty()) {
    if (text == nullptr ||
        std::find(option.choices.begin(), option.choices.end(), *text) == option.choices.end()) {
      fail(ErrorKind::kUsage, "objective '{}': {} {} is none of {}", objective, option.name,
           text != nullptr ? "'" + *text + "'" : fmt::format("{}", std::get<double>(value)),
           names_of(option.choices, [](std::string_view c) { return c; }));
    }
    return;
  }
  const double* v = std::get_if<double>(&value);
  if (v == nullptr || !std::isfinite(*v) || *v < option.min || *v > option.max) {
    fail(ErrorKind::kUsage, "objective '{}': {} {} must be a number from {} to {}", objective, option.name,
         v != nullptr ? fmt::format("{}", *v) : "'" + *text + "'", option.min, option.max);
  }
}

const ObjectiveOptionValue& value_of(const ObjectiveOptions& options, const std::string& name) {
  const auto found = options.find(name);
  SELFSAME_CHECK(found != options.end(), "option '{}' has no value", name);
  return found->second;
}

}  // namespace

ObjectiveOptions complete_options(std::string_view objective, std::span<const ObjectiveOption> known,
                                  const ObjectiveOptions& given) {
  for (const auto& [name, value] : given) {
    check_value(objective, find_option(objective, known, name), value);
  }
  ObjectiveOptions complete = given;
  for (const ObjectiveOption& o : known) {
    if (const double* v = std::get_if<double>(&o.default_value)) {
      complete.try_emplace(std::string(o.name), *v);
    } else if (const auto* text = std::get_if<std::string_view>(&o.default_value)) {
      complete.try_emplace(std::string(o.name), std::string(*text));
    }
  }
  return complete;
}

double number(const ObjectiveOptions& options, const std::string& name) {
  const double* v = std::get_if<double>(&value_of(options, name));
  SELFSAME_CHECK(v != nullptr, "option '{}' is not a number", name);
  return *v;
}

std::optional<double> optional_number(const ObjectiveOptions& options, const std::string& name) {
  return options.contains(name) ? std::optional(number(options, name)) : std::nullopt;
}

bool flag(const ObjectiveOptions& options, const std::string& name) { return number(options, name) != 0; }

const std::string& word(const ObjectiveOptions& options, const std::string& name) {
  const auto* text = std::get_if<std::string>(&value_of(options, name));
  SELFSAME_CHECK(text != nullptr, "option '{}' is not a word", name);
  return *text;
}

}  // namespace selfsame
