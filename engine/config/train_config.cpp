// SPDX-License-Identifier: Apache-2.0
#include "engine/config/train_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/config/config_document.hpp"
#include "engine/config/config_reader.hpp"
#include "engine/config/config_tables.hpp"
#include "engine/config/field_text.hpp"
#include "engine/config/json_parse.hpp"
#include "engine/config/suggest.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

template <typename Config>
Config read_document(Diagnostics& diagnostics, const JsonValue& document) {
  Config config;
  if (document.kind == JsonKind::kObject) {
    ConfigReader reader(diagnostics, document);
    reader.read(table_of(&config), &config);
    check_and_resolve(config, reader);
  }
  diagnostics.throw_if_any();
  return config;
}

// One table of the tree and the default value that belongs to it.
struct HelpNode {
  const ObjectTable* object = nullptr;
  const TaggedTable* tagged = nullptr;
  const void* value = nullptr;
};

[[noreturn]] void no_such_help(std::string_view pointer, const std::string& name,
                               const std::vector<std::string>& known) {
  const std::string hint = did_you_mean(name, known);
  fail(ErrorKind::kUsage, "the configuration has no key {}: expected one of {}{}", pointer,
       choices_text(known), hint.empty() ? "" : "; " + hint);
}

// Help of one step of the pointer; a tagged object is searched through its alternatives.
std::string help_below(HelpNode node, std::string_view rest, std::string_view pointer) {
  while (rest.starts_with('/') || rest.starts_with('.')) {
    rest.remove_prefix(1);
  }
  if (rest.empty()) {
    return node.object != nullptr ? help_text(*node.object, node.value) : help_text(*node.tagged);
  }
  const std::size_t end = std::min(rest.find_first_of("/."), rest.size());
  const std::string name(rest.substr(0, end));
  if (node.tagged != nullptr) {
    std::string out;
    std::vector<std::string> known = node.tagged->names();
    for (const Alternative& alternative : node.tagged->alternatives) {
      const std::shared_ptr<void> value = alternative.make();
      if (const Field* field = alternative.table.find(name); field != nullptr) {
        const ObjectTable one{alternative.table.help, {*field}};
        out += fmt::format("with \"type\": {}\n", json_quoted(alternative.name)) +
               help_text(one, alternative.peek(value.get()), 1);
      } else if (alternative.name == name) {
        out += help_text(alternative.table, alternative.peek(value.get()));
      }
      const std::vector<std::string> names = alternative.table.names();
      std::copy(names.begin(), names.end(), std::back_inserter(known));
    }
    return out.empty() ? (no_such_help(pointer, name, known), out) : out;
  }
  const Field* field = node.object->find(name);
  if (field == nullptr) {
    no_such_help(pointer, name, node.object->names());
  }
  if (field->object == nullptr && field->tagged == nullptr) {
    return help_text({node.object->help, {*field}}, node.value);
  }
  return help_below({field->object, field->tagged, field->shown(node.value)}, rest.substr(end), pointer);
}

}  // namespace

std::int64_t held_out_count(const DataConfig& data, std::int64_t images) {
  return data.validation_count > 0 ? data.validation_count : std::clamp<std::int64_t>(images / 10, 1, 64);
}

double NoiseConfig::sigma_on_unit_scale() const {
  return type == Type::kGaussian || type == Type::kPoissonGaussian ? sigma / unit : 0;
}

TrainConfig load_train_config(std::span<const std::filesystem::path> files,
                              std::span<const std::string> overrides) {
  Diagnostics diagnostics;
  const JsonValue document = join_config(diagnostics, files, overrides);
  return read_document<TrainConfig>(diagnostics, document);
}

TrainConfig parse_train_config(std::string_view text, std::string name, const std::filesystem::path& folder,
                               std::span<const std::string> overrides) {
  Diagnostics diagnostics;
  const JsonValue document =
      join_config_text(diagnostics, std::move(name), std::string(text), folder, overrides);
  return read_document<TrainConfig>(diagnostics, document);
}

ModelConfig parse_model_config(std::string_view text, std::string name) {
  Diagnostics diagnostics;
  const JsonValue document = join_config_text(diagnostics, std::move(name), std::string(text), {}, {});
  return read_document<ModelConfig>(diagnostics, document);
}

MaskConfig parse_mask_config(std::string_view text, std::string name) {
  Diagnostics diagnostics;
  const JsonValue document = join_config_text(diagnostics, std::move(name), std::string(text), {}, {});
  return read_document<MaskConfig>(diagnostics, document);
}

CoilMapsConfig parse_coil_maps_config(std::string_view text, std::string name) {
  Diagnostics diagnostics;
  const JsonValue document = join_config_text(diagnostics, std::move(name), std::string(text), {}, {});
  return read_document<CoilMapsConfig>(diagnostics, document);
}

std::string to_json(const TrainConfig& config) {
  return json_text(to_json(table_of(&config), &config)) + "\n";
}
std::string to_json(const ModelConfig& model) { return json_text(to_json(table_of(&model), &model)) + "\n"; }

std::string config_help(std::string_view pointer) {
  const TrainConfig defaults;
  return help_below({&table_of(&defaults), nullptr, &defaults}, pointer, pointer);
}

std::string config_schema() {
  const TrainConfig defaults;
  JsonValue schema = JsonValue::object();
  schema.add("$schema", JsonValue::of("http://json-schema.org/draft-07/schema#"));
  schema.add("title", JsonValue::of("Selfsame training configuration"));
  for (JsonMember& member : to_schema(table_of(&defaults), &defaults).members) {
    schema.members.push_back(std::move(member));
  }
  JsonValue& properties = schema.find("properties")->value;
  for (const auto& [name, help] :
       {std::pair{"$schema", "for editors; ignored"},
        std::pair{"base", "a file that is merged before this one, relative to it"}}) {
    JsonValue& property = properties.add(name, JsonValue::object());
    property.add("type", JsonValue::of("string"));
    property.add("description", JsonValue::of(help));
  }
  return json_text(schema) + "\n";
}

}  // namespace selfsame
