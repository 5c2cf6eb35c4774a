// SPDX-License-Identifier: Apache-2.0
#include "engine/config/study_config.hpp"

#include <fmt/format.h>

#include "engine/config/config_document.hpp"
#include "engine/config/config_help.hpp"
#include "engine/config/config_reader.hpp"
#include "engine/config/config_tables.hpp"
#include "engine/config/field_text.hpp"

namespace selfsame {
namespace {

constexpr double kMaxSeed = 9007199254740991;  // 2^53 - 1: survives every JSON tool
constexpr double kMaxExamples = 1e7, kMaxRepeats = 1e6, kMaxIterations = 1e9;

void check(const SubspaceStudyConfig& study, ConfigReader& reader) {
  if (reader.sound({"/study/n", "/study/d"}) && study.d > study.n) {
    reader.error("/study/d", fmt::format("expected at most n = {}, got {}", study.n, study.d));
  }
  if (reader.sound({"/study/target_sigmas"})) {
    for (std::size_t i = 1; i < study.target_sigmas.size(); ++i) {
      if (study.target_sigmas[i] <= study.target_sigmas[i - 1]) {
        reader.error("/study/target_sigmas", fmt::format("expected rising levels, got {:g} after {:g}",
                                                         study.target_sigmas[i], study.target_sigmas[i - 1]));
      }
    }
  }
}

void check(SampleStudyConfig& study, ConfigReader& reader, Diagnostics& diagnostics) {
  if (reader.sound({"/study/sizes", "/study/seeds"})) {
    for (const auto& [pointer, list] :
         {std::pair{"/study/sizes", &study.sizes}, {"/study/seeds", &study.seeds}}) {
      if (list->empty()) {
        reader.error(pointer, "expected at least one number");
      }
    }
  }
  if (reader.sound({"/study/run", "/study/methods", "/study/test"})) {
    resolve_methods(study, reader, diagnostics);
  }
}

StudyConfig read(Diagnostics& diagnostics, const JsonValue& document) {
  StudyConfig config;
  if (document.kind == JsonKind::kObject) {
    ConfigReader reader(diagnostics, document);
    reader.read(table_of(&config), &config);
    if (auto* samples = std::get_if<SampleStudyConfig>(&config.study)) {
      check(*samples, reader, diagnostics);
    } else {
      check(std::get<SubspaceStudyConfig>(config.study), reader);
    }
  }
  diagnostics.throw_if_any();
  return config;
}

Alternative sample_study_alternative() {
  using S = SampleStudyConfig;
  return alternative<StudyKind, S>(
      "samples", "risk against the number of training examples, with and without ground truth",
      {field(
           "run", &S::run,
           "a training configuration (selfsame list config) without what the study sets: name, seed, device, "
           "threads, data.train_size, data.train_seed")
           .must_be_given(),
       field("methods", &S::methods,
             "{\"NAME\": what is merged into run, such as {\"objective\": {...}}, ...}; the first is the one "
             "that "
             "others are compared with")
           .must_be_given(),
       field("sizes", &S::sizes, "numbers of training examples")
           .at_least(1)
           .at_most(kMaxExamples)
           .must_be_given(),
       field("seeds", &S::seeds, "one training of every method and size for each; added to the study's seed")
           .at_least(0)
           .at_most(1e6),
       field("subsets", &S::subsets,
             "per_seed: every seed draws training images of its own; shared: all seeds train on the same. "
             "Smaller "
             "subsets lie in larger ones"),
       field("test", &S::test, "images that the risk is measured on; null: the validation images"),
       field("lanes", &S::lanes,
             "trainings side by side; 0: as many as suit the device; results do not depend on it")
           .at_least(0)
           .at_most(1024),
       field("variance_draws", &S::variance_draws,
             "gradients whose variance predicts the factor of extra examples; 0: none")
           .at_least(0)
           .at_most(1e6)});
}

}  // namespace

const TaggedTable& table_of(const StudyKind*) {
  using S = SubspaceStudyConfig;
  static const TaggedTable kTable{
      "what is studied",
      {alternative<StudyKind, S>(
           "subspace", "a linear denoiser on a subspace, trained on clean and on noisy targets",
           {field("n", &S::n, "numbers of a signal").at_least(1).at_most(4096),
            field("d", &S::d, "dimensions of the subspace that signals lie in").at_least(1).at_most(4096),
            field("sigma", &S::sigma,
                  "root of the mean square norm of the input's noise; that of a signal is 1")
                .above(0)
                .at_most(100),
            field("target_sigmas", &S::target_sigmas,
                  "the same of the targets' noise: rising levels, beside 0 (supervised)")
                .above(0)
                .at_most(100),
            field("examples", &S::examples, "numbers of training examples").at_least(1).at_most(kMaxExamples),
            field("repeats", &S::repeats, "training sets of every size").at_least(2).at_most(kMaxRepeats),
            field("iterations", &S::iterations, "of gradient descent, among which the best is taken")
                .at_least(1)
                .at_most(kMaxIterations)}),
       sample_study_alternative()}};
  return kTable;
}

const ObjectTable& table_of(const StudyConfig*) {
  using S = StudyConfig;
  static const ObjectTable kTable{
      "configuration of a study",
      {field("name", &S::name, "of the study, in its report"),
       field("seed", &S::seed, "of everything that is drawn").at_least(0).at_most(kMaxSeed),
       field("device", &S::device, "where to compute; auto: a GPU if one answers, else the CPU"),
       field("threads", &S::threads, "CPU threads; 0: all cores; results do not depend on it")
           .at_least(0)
           .at_most(4096),
       field("study", &S::study, "what is studied").must_be_given()}};
  return kTable;
}

StudyConfig load_study_config(std::span<const std::filesystem::path> files,
                              std::span<const std::string> overrides) {
  Diagnostics diagnostics;
  const JsonValue document = join_config(diagnostics, files, overrides);
  return read(diagnostics, document);
}

StudyConfig parse_study_config(std::string_view text, std::string name,
                               std::span<const std::string> overrides) {
  Diagnostics diagnostics;
  const JsonValue document = join_config_text(diagnostics, std::move(name), std::string(text), {}, overrides);
  return read(diagnostics, document);
}

std::string to_json(const StudyConfig& config) {
  return json_text(to_json(table_of(&config), &config)) + "\n";
}

std::string study_config_help(std::string_view pointer) {
  const StudyConfig defaults;
  return help_at(table_of(&defaults), &defaults, pointer);
}

}  // namespace selfsame
