// SPDX-License-Identifier: Apache-2.0
// Field tables of the objectives, of images and of k-space: what their registries say, so that a new
// objective is one new file.
#include <algorithm>

#include "engine/config/config_tables.hpp"
#include "engine/config/entry_field.hpp"
#include "losses/kspace/registry.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

template <typename Config>
Field objective_field(const ObjectiveOption& option) {
  const bool optional = std::holds_alternative<std::monostate>(option.default_value);
  if (!option.choices.empty()) {
    Field field = entry_field(option.name, option.doc, FieldType::kChoice, optional, &Config::words);
    field.choices = option.choices;
    return field;
  }
  Field field = entry_field(option.name, option.doc, FieldType::kNumber, optional, &Config::numbers);
  field.bounds = {option.min, option.max, option.noise_sigma, false};
  if (option.noise_sigma) {
    field.help += "; in noise.unit";
  }
  return field;
}

/// The alternatives of "type", one for each entry of a registry.
template <typename Config, typename Info>
std::vector<Alternative> alternatives_of(const std::vector<Info>& infos) {
  std::vector<Alternative> all;
  for (const Info& info : infos) {
    std::vector<Field> fields;
    for (const ObjectiveOption& option : info.options) {
      fields.push_back(objective_field<Config>(option));
    }
    all.push_back(named_alternative<ObjectiveConfig, Config>(std::string(info.name),
                                                             std::string(info.formula), std::move(fields)));
  }
  return all;
}

/// A configuration with the defaults of this objective.
template <typename Config, typename Info>
Config with_defaults(const std::string& type, const std::vector<Info>& infos) {
  Config config;
  config.type = type;
  for (const Info& info : infos) {
    if (info.name != type) {
      continue;
    }
    for (const ObjectiveOption& option : info.options) {
      if (const auto* number = std::get_if<double>(&option.default_value)) {
        config.numbers[std::string(option.name)] = *number;
      } else if (const auto* word = std::get_if<std::string_view>(&option.default_value)) {
        const auto found = std::find(option.choices.begin(), option.choices.end(), *word);
        config.words[std::string(option.name)] = static_cast<int>(found - option.choices.begin());
      }
    }
  }
  return config;
}

}  // namespace

ImageObjectiveConfig ImageObjectiveConfig::make(const std::string& type) {
  return with_defaults<ImageObjectiveConfig>(type, objectives());
}

KSpaceObjectiveConfig KSpaceObjectiveConfig::make(const std::string& type) {
  return with_defaults<KSpaceObjectiveConfig>(type, kspace_objectives());
}

std::vector<Alternative> image_objective_alternatives() {
  return alternatives_of<ImageObjectiveConfig>(objectives());
}

std::vector<Alternative> kspace_objective_alternatives() {
  return alternatives_of<KSpaceObjectiveConfig>(kspace_objectives());
}

}  // namespace selfsame
