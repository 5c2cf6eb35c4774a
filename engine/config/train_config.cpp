// SPDX-License-Identifier: Apache-2.0
#include "engine/config/train_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/config/config_document.hpp"
#include "engine/config/config_help.hpp"
#include "engine/config/config_reader.hpp"
#include "engine/config/config_tables.hpp"
#include "engine/config/field_text.hpp"
#include "engine/config/json_parse.hpp"
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
  return help_at(table_of(&defaults), &defaults, pointer);
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
