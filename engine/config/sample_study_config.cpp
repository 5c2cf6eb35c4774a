// SPDX-License-Identifier: Apache-2.0
#include "engine/config/sample_study_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/config/config_document.hpp"
#include "engine/config/config_tables.hpp"
#include "engine/config/field_text.hpp"
#include "engine/config/utf8.hpp"
#include "engine/setup/kspace_setup.hpp"
#include "engine/setup/setup.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kLongestName = 80;
constexpr const char* kOfTheStudy[] = {"name", "seed", "device", "threads"};
constexpr const char* kOfTheSize[] = {"train_size", "train_seed"};

/// What the study decides must not be written where it would be overridden.
void refuse_reserved(const JsonValue& written, const std::string& pointer, Diagnostics& diagnostics) {
  for (const char* key : kOfTheStudy) {
    if (const JsonMember* member = written.find(key)) {
      diagnostics.error(member->where, fmt::format("{}/{}", pointer, key),
                        "the study sets this for every run");
    }
  }
  const JsonMember* data = written.find("data");
  for (const char* key : kOfTheSize) {
    const JsonMember* member = data == nullptr ? nullptr : data->value.find(key);
    if (member != nullptr && !(member->value.kind == JsonKind::kNumber && member->value.number <= 0)) {
      diagnostics.error(member->where, fmt::format("{}/data/{}", pointer, key),
                        "the study sets this for every run");
    }
  }
}

/// The sections that are the same in all documents go to `run`, the others to each of `methods`.
void divide(const std::vector<SampleStudyConfig::Method>& resolved, SampleStudyConfig& study) {
  std::vector<JsonValue> documents;
  for (const SampleStudyConfig::Method& method : resolved) {
    documents.push_back(to_json(table_of(&method.config), &method.config));
  }
  study.run = JsonValue::object();
  study.methods = JsonValue::object();
  for (const SampleStudyConfig::Method& method : resolved) {
    study.methods.add(method.name, JsonValue::object());
  }
  for (const JsonMember& section : documents[0].members) {
    if (std::find(std::begin(kOfTheStudy), std::end(kOfTheStudy), section.name) != std::end(kOfTheStudy)) {
      continue;
    }
    const std::string text = json_text(section.value);
    const bool shared = section.name != "objective" &&
                        std::all_of(documents.begin(), documents.end(), [&](const JsonValue& document) {
                          return json_text(document.find(section.name)->value) == text;
                        });
    if (shared) {
      study.run.add(section.name, section.value);
      continue;
    }
    for (std::size_t m = 0; m < documents.size(); ++m) {
      study.methods.members[m].value.add(section.name, documents[m].find(section.name)->value);
    }
  }
}

bool is_pairs(const SourceConfig& source) { return std::holds_alternative<PairsSourceConfig>(source); }

/// The test compares with the truth, which noise is added to unless it comes in pairs.
void check_test(const SampleStudyConfig& study, std::span<const SampleStudyConfig::Method> methods,
                ConfigReader& reader) {
  const bool kspace = is_kspace(methods[0].config.data.train);
  const bool pairs = is_pairs(methods[0].config.data.train);
  if (study.test && is_kspace(*study.test) != kspace) {
    reader.error("/study/test", "expected data of the kind that the methods train on");
  } else if (study.test && is_pairs(*study.test) != pairs) {
    reader.error("/study/test", pairs ? "expected \"pairs\", as the methods train on, with clean targets"
                                      : "expected no \"pairs\": noise is added to what the methods train on");
  }
  for (const SampleStudyConfig::Method& method : methods) {
    const TrainConfig& config = method.config;
    if (!study.test && config.validation.target != ValidationConfig::Target::kClean && lacks_truth(config)) {
      reader.error("/study/test",
                   fmt::format("missing; expected \"pairs\" with clean targets: those of \"{}\" "
                               "are noisy",
                               method.name));
    }
  }
}

}  // namespace

std::span<const std::string_view> choice_names(SampleStudyConfig::Subsets) {
  static constexpr std::array<std::string_view, 2> kNames{"per_seed", "shared"};
  return kNames;
}

void resolve_methods(SampleStudyConfig& study, ConfigReader& reader, Diagnostics& diagnostics) {
  refuse_reserved(study.run, "/study/run", diagnostics);
  if (study.methods.members.empty()) {
    reader.error("/study/methods", "expected at least one method");
  }
  std::vector<SampleStudyConfig::Method> resolved;
  for (const JsonMember& member : study.methods.members) {
    const std::string pointer = "/study/methods/" + pointer_step(member.name);
    if (member.name.empty() || member.name.size() > kLongestName) {
      diagnostics.error(member.where, pointer, fmt::format("expected a name of 1 to {} bytes", kLongestName));
    }
    if (member.value.kind != JsonKind::kObject) {
      diagnostics.error(member.value.where, pointer, "expected an object that is merged into /study/run");
      continue;
    }
    refuse_reserved(member.value, pointer, diagnostics);
    JsonValue document = study.run;
    merge(document, member.value);
    SampleStudyConfig::Method method{member.name, {}};
    ConfigReader nested(diagnostics, document);
    nested.read(table_of(&method.config), &method.config);
    check_and_resolve(method.config, nested);
    resolved.push_back(std::move(method));
  }
  if (diagnostics.empty() && !resolved.empty()) {
    const SourceConfig& first = resolved[0].config.data.train;
    for (const SampleStudyConfig::Method& method : resolved) {
      const SourceConfig& train = method.config.data.train;
      if (is_kspace(train) != is_kspace(first) || is_pairs(train) != is_pairs(first)) {
        reader.error("/study/methods", fmt::format("\"{}\" trains on another kind of data than \"{}\"",
                                                   method.name, resolved[0].name));
      }
    }
    check_test(study, resolved, reader);
    divide(resolved, study);
  }
  study.resolved = std::move(resolved);
}

TrainConfig run_config(const SampleStudyConfig& study, std::int64_t study_seed, std::size_t method,
                       std::int64_t size, std::int64_t seed) {
  TrainConfig config = study.resolved.at(method).config;
  config.seed = study_seed + seed;
  config.data.train_size = size;
  config.data.train_seed = study.subsets == SampleStudyConfig::Subsets::kPerSeed ? config.seed : -1;
  return config;
}

TrainConfig test_config(const SampleStudyConfig& study, std::size_t method) {
  TrainConfig config = study.resolved.at(method).config;
  if (study.test) {
    config.data.validation = study.test;
  }
  config.validation.target = ValidationConfig::Target::kClean;
  // Methods that measure or split differently are compared on the same measurements: those that the first one
  // reconstructs from, unless it takes only a part of what it measures.
  const TrainConfig& first = study.resolved.at(0).config;
  if (config.kspace && !config.kspace->test_mask && !make_kspace_objective(first)->predicts_from_split()) {
    config.kspace->test_mask = first.kspace->mask;
  }
  return config;
}

}  // namespace selfsame
