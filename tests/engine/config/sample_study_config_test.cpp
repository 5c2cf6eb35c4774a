// SPDX-License-Identifier: Apache-2.0
#include "engine/config/sample_study_config.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "engine/config/study_config.hpp"
#include "tests/engine/config/config_cases.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_kspace_run.hpp"
#include "tests/support/tiny_sample_study.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;
using testing::Marked;
using testing::unmark;

const SampleStudyConfig& samples(const StudyConfig& config) {
  return std::get<SampleStudyConfig>(config.study);
}

/// The mistakes of a study, as "LINE:COL: /pointer: message".
std::vector<std::string> study_mistakes(const std::string& text) {
  std::vector<std::string> lines;
  try {
    static_cast<void>(parse_study_config(text, "study.json"));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    const std::string what = error.what();
    for (std::size_t at = 0; at < what.size();) {
      const std::size_t end = std::min(what.find('\n', at), what.size());
      if (what.compare(at, 11, "study.json:") == 0) {
        lines.push_back(what.substr(at + 11, end - at - 11));
      }
      at = end + 1;
    }
  }
  return lines;
}

TEST(SampleStudyConfig, EveryMethodIsARunOfItsOwn) {
  const StudyConfig config = parse_study_config(kTinySampleStudy, "tiny");
  const SampleStudyConfig& study = samples(config);
  EXPECT_EQ(study.sizes, (std::vector<std::int64_t>{3, 8}));
  EXPECT_EQ(study.seeds, (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(study.subsets, SampleStudyConfig::Subsets::kPerSeed);
  ASSERT_EQ(study.resolved.size(), 3u);
  EXPECT_EQ(study.resolved[0].name, "supervised");
  EXPECT_EQ(study.resolved[2].name, "noise2noise, σ′ = 50");
  for (const SampleStudyConfig::Method& method : study.resolved) {
    EXPECT_EQ(method.config.training.steps, 8);
    EXPECT_EQ(method.config.noise.sigma, 25);
    EXPECT_EQ(method.config.data.train_size, 0);
  }
  // Ground truth is looked at by those only that train with it.
  EXPECT_EQ(study.resolved[0].config.validation.target, ValidationConfig::Target::kClean);
  EXPECT_EQ(study.resolved[1].config.validation.target, ValidationConfig::Target::kNoisy);
  EXPECT_EQ(std::get<ImageObjectiveConfig>(study.resolved[2].config.objective).numbers.at("sigma"), 50);
  const SampleStudyConfig defaults;
  EXPECT_EQ(defaults.seeds.size(), 3u);
}

TEST(SampleStudyConfig, AMethodIsMergedIntoTheRunKeyByKey) {
  const StudyConfig config = parse_study_config(
      R"({"study": {"type": "samples", "sizes": [2],
          "run": {"data": {"train": {"type": "dead_leaves", "count": 20}, "crop": {"size": 32}},
                  "noise": {"type": "gaussian", "sigma": 10}, "objective": {"type": "supervised"}},
          "methods": {"a": {}, "b": {"noise": {"sigma": 20}, "data": {"augment": "flips"}}}}})",
      "study.json");
  const TrainConfig& a = samples(config).resolved[0].config;
  const TrainConfig& b = samples(config).resolved[1].config;
  EXPECT_EQ(a.noise.sigma, 10);
  EXPECT_EQ(b.noise.sigma, 20);
  EXPECT_EQ(b.noise.type, NoiseConfig::Type::kGaussian);
  EXPECT_EQ(a.data.augment, DataConfig::Augment::kNone);
  EXPECT_EQ(b.data.augment, DataConfig::Augment::kFlips);
  EXPECT_EQ(b.data.crop.size, 32);
}

TEST(SampleStudyConfig, RunsOfOneSizeAndSeedShareImagesAndSeed) {
  const StudyConfig config = parse_study_config(kTinySampleStudy, "tiny");
  const SampleStudyConfig& study = samples(config);
  for (const std::size_t method : {0u, 1u, 2u}) {
    const TrainConfig run = run_config(study, 3, method, 8, 1);
    EXPECT_EQ(run.seed, 4);
    EXPECT_EQ(run.data.train_size, 8);
    EXPECT_EQ(run.data.train_seed, 4);
    const TrainConfig scored = test_config(study, method);
    EXPECT_EQ(scored.validation.target, ValidationConfig::Target::kClean);
    EXPECT_EQ(std::get<DeadLeavesSourceConfig>(*scored.data.validation).seed, 1);
  }
  SampleStudyConfig shared = study;
  shared.subsets = SampleStudyConfig::Subsets::kShared;
  EXPECT_EQ(run_config(shared, 3, 0, 8, 1).data.train_seed, -1);
  EXPECT_EQ(run_config(shared, 3, 0, 8, 1).seed, 4);
  SampleStudyConfig untested = study;
  untested.test.reset();
  EXPECT_FALSE(test_config(untested, 0).data.validation) << "the images that are held out";
}

void expect_same_methods(const StudyConfig& a, const StudyConfig& b) {
  ASSERT_EQ(samples(a).resolved.size(), samples(b).resolved.size());
  for (std::size_t m = 0; m < samples(a).resolved.size(); ++m) {
    EXPECT_EQ(samples(a).resolved[m].name, samples(b).resolved[m].name);
    EXPECT_EQ(to_json(samples(a).resolved[m].config), to_json(samples(b).resolved[m].config));
  }
}

TEST(SampleStudyConfig, TheResolvedFormIsReadBack) {
  const StudyConfig config = parse_study_config(kTinySampleStudy, "tiny");
  const std::string text = to_json(config);
  const StudyConfig again = parse_study_config(text, "again.json");
  EXPECT_EQ(to_json(again), text);
  expect_same_methods(again, config);
  // What methods share is written once.
  EXPECT_NE(samples(again).run.find("model"), nullptr);
  for (const JsonMember& method : samples(again).methods.members) {
    EXPECT_NE(method.value.find("objective"), nullptr);
    EXPECT_EQ(method.value.find("model"), nullptr);
  }
}

TEST(SampleStudyConfig, TheResolvedFormMeansTheSameInAnotherFolder) {
  const TemporaryFolder folder;
  for (const char* name : {"here", "there"}) {
    fs::create_directories(folder / name);
  }
  std::ofstream(folder / "here/study.json") << R"({"study": {"type": "samples", "sizes": [2], "test":
    {"type": "npy", "path": "test.npy"}, "run": {"data": {"train": {"type": "folder", "path": "../images"},
    "crop": {"size": 32}}, "noise": {"type": "gaussian"}}, "methods": {"a": {"objective": {"type": "supervised"}},
    "b": {"objective": {"type": "noise2noise"}, "data": {"validation": {"type": "list", "path": "v.txt"}}}}}})";
  const fs::path written = folder / "here/study.json", moved = folder / "there/study.json";
  const StudyConfig config = load_study_config({&written, 1});
  const std::string text = to_json(config);
  std::ofstream(moved) << text;
  const StudyConfig again = load_study_config({&moved, 1});
  EXPECT_EQ(to_json(again), text);
  expect_same_methods(again, config);
  const DataConfig& data = samples(again).resolved[1].config.data;
  EXPECT_EQ(fs::weakly_canonical(std::get<FolderSourceConfig>(data.train).path),
            fs::weakly_canonical(folder / "images"));
  EXPECT_EQ(std::get<ListSourceConfig>(*data.validation).path, folder / "here/v.txt");
  EXPECT_EQ(std::get<NpySourceConfig>(*samples(again).test).path, folder / "here/test.npy");
}

TEST(SampleStudyConfig, OfKSpaceIsReadBack) {
  const std::string run = kTinyKSpaceRun;
  std::string inner = run.substr(0, run.find("\"objective\""));
  inner.erase(inner.find("\"name\""), inner.find("\"data\"") - inner.find("\"name\""));
  const StudyConfig config =
      parse_study_config(fmt::format(R"({{"study": {{"type": "samples", "sizes": [2, 3], "run": {}
            "model": {{"type": "recon_unet", "channels": 4, "pools": 1}}, "training": {{"batch": 1, "steps": 2}}}},
            "methods": {{"a": {{"objective": {{"type": "supervised_kspace"}}}},
                        "b": {{"objective": {{"type": "weighted_ssdu"}}}}}}}}}})",
                                     inner),
                         "study.json");
  const std::string text = to_json(config);
  const StudyConfig again = parse_study_config(text, "again.json");
  EXPECT_EQ(to_json(again), text);
  expect_same_methods(again, config);
  EXPECT_EQ(samples(config).resolved[1].config.validation.target, ValidationConfig::Target::kMeasured);
}

// Methods that measure with other masks are tested with that of the first; if that one only takes a part of
// what it measures, each is tested as it predicts.
TEST(SampleStudyConfig, MethodsOfKSpaceAreTestedOnTheSameMeasurements) {
  const std::string run = kTinyKSpaceRun;
  std::string inner = run.substr(0, run.find("\"objective\""));
  inner.erase(inner.find("\"name\""), inner.find("\"data\"") - inner.find("\"name\""));
  const std::string given = R"("type": "random", "center_fractions": 0.3, "accelerations": 2)";
  ASSERT_NE(inner.find(given), std::string::npos);
  inner.replace(inner.find(given), given.size(),
                R"("type": "random_count", "center_fraction": 0.2, "acceleration": 3)");
  const auto study = [&](const std::string& first, const std::string& second) {
    return parse_study_config(fmt::format(R"({{"study": {{"type": "samples", "sizes": [2, 3], "run": {}
            "model": {{"type": "recon_unet", "channels": 4, "pools": 1}}, "training": {{"batch": 1, "steps": 2}}}},
            "methods": {{"a": {}, "b": {}}}}}}})",
                                          inner, first, second),
                              "study.json");
  };
  const std::string whole = R"({"objective": {"type": "supervised_kspace"}})";
  const std::string split = R"({"objective": {"type": "paper_split", "acceleration": 3, "rounding": "random"},
      "kspace": {"mask": {"acceleration": 2}}})";
  const StudyConfig whole_first = study(whole, split), split_first = study(split, whole);
  for (const std::size_t method : {0u, 1u}) {
    const TrainConfig tested = test_config(samples(whole_first), method);
    ASSERT_TRUE(tested.kspace->test_mask) << method;
    EXPECT_EQ(tested.kspace->test_mask->options,
              samples(whole_first).resolved[0].config.kspace->mask.options);
    EXPECT_NE(tested.kspace->test_mask->options,
              samples(whole_first).resolved[1].config.kspace->mask.options);
    EXPECT_FALSE(run_config(samples(whole_first), 0, method, 2, 0).kspace->test_mask)
        << "training knows nothing of it";
    EXPECT_FALSE(test_config(samples(split_first), method).kspace->test_mask) << method;
  }
}

constexpr const char* kDoc = R"({
  "study": {
    "type": "samples",
    "run": {"data": {"train": {"type": "dead_leaves"} %DATA%}, "noise": {"type": "gaussian"} %RUN%},
    "methods": %METHODS%,
    "sizes": %SIZES% %STUDY%
  }
})";

std::string document(const std::string& data, const std::string& run, const std::string& methods,
                     const std::string& sizes, const std::string& study) {
  std::string text = kDoc;
  const std::pair<const char*, const std::string&> marks[] = {
      {"%DATA%", data}, {"%RUN%", run}, {"%METHODS%", methods}, {"%SIZES%", sizes}, {"%STUDY%", study}};
  for (const auto& [mark, with] : marks) {
    text.replace(text.find(mark), std::string(mark).size(), with);
  }
  return text;
}

const std::string kTwo =
    R"({"a": {"objective": {"type": "supervised"}}, "b": {"objective": {"type": "noise2noise"}}})";

/// One method, its name marked as a mistake.
std::string named(const std::string& name) {
  return fmt::format(R"({{@"{}": {{"objective": {{"type": "supervised"}}}}}})", name);
}

TEST(SampleStudyConfig, MistakesAreNamedOnceWithTheirPlace) {
  struct Case {
    std::string text;  ///< '@' before each mistake
    const char* message;
  };
  const std::vector<Case> cases{
      // Mistakes in `run` belong to every method, and are told once.
      {document("", R"(, @"modle": {})", kTwo, "[2]", ""), "model"},
      {document(R"(, "crop": {@"sise": 3})", "", kTwo, "[2]", ""), "size"},
      {document("", R"(, "optimizer": {"type": "adam", "lr": @-1})", kTwo, "[2]", ""), "/optimizer/lr"},
      {document("", "", R"({"a": {"objective": {"type": @"supervized"}}})", "[2]", ""), "supervised"},
      {document("", "", R"({"a": {"objective": {"type": "supervised"}, @"sead": 1}})", "[2]", ""), "seed"},
      // What the study sets.
      {document("", R"(, @"seed": 1)", kTwo, "[2]", ""), "/study/run/seed: the study sets this"},
      {document("", R"(, @"name": "x")", kTwo, "[2]", ""), "/study/run/name: the study sets this"},
      {document("", R"(, @"threads": 1)", kTwo, "[2]", ""), "/study/run/threads: the study sets this"},
      {document("", R"(, @"device": "cpu")", kTwo, "[2]", ""), "/study/run/device: the study sets this"},
      {document(R"(, @"train_size": 4)", "", kTwo, "[2]", ""), "/study/run/data/train_size: the study sets"},
      {document(R"(, @"train_seed": 4)", "", kTwo, "[2]", ""), "/study/run/data/train_seed: the study sets"},
      {document("", "", R"({"a/b": {"objective": {"type": "supervised"}, @"seed": 1}})", "[2]", ""),
       "/study/methods/a~1b/seed: the study sets this"},
      // The parts of the study.
      {document("", "", R"(@{})", "[2]", ""), "/study/methods: expected at least one method"},
      {document("", "", R"({"a": @3})", "[2]", ""), "/study/methods/a: expected an object"},
      {document("", "", named(""), "[2]", ""), "expected a name"},
      {document("", "", named(std::string(81, 'x')), "[2]", ""), "expected a name of 1 to 80 bytes"},
      {document("", "", kTwo, "@[]", ""), "/study/sizes: expected at least one number"},
      {document("", "", kTwo, "[2]", R"(, "seeds": @[])"), "/study/seeds: expected at least one number"},
      {document("", "", kTwo, "[@0, 2]", ""), "/study/sizes"},
      {document("", "", kTwo, "[4, @2]", ""), "/study/sizes"},
      {document("", "", kTwo, "[2]", R"(, "seeds": [0, @0])"), "/study/seeds"},
      {document("", "", kTwo, "[2]", R"(, @"sise": 3)"), "sizes"},
      {document("", "", kTwo, "[2]", R"(, "subsets": @"none")"), "per_seed"},
      {document("", "", kTwo, "[2]", R"(, "test": @{"type": "phantoms"})"),
       "/study/test: expected data of the kind"},
  };
  for (const Case& c : cases) {
    const Marked marked = unmark(c.text);
    const std::vector<std::string> found = study_mistakes(marked.text);
    ASSERT_EQ(found.size(), marked.places.size()) << c.text << "\n" << (found.empty() ? "" : found.back());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_TRUE(found[i].starts_with(marked.places[i] + ": ")) << found[i] << "\n" << c.text;
    }
    EXPECT_NE(found[0].find(c.message), std::string::npos) << found[0];
  }
}

TEST(SampleStudyConfig, MethodsTrainOnOneKindOfData) {
  const std::string text = R"({"study": {"type": "samples", "sizes": [2], "run": {}, "methods": {
    "a": {"data": {"train": {"type": "dead_leaves"}}, "noise": {"type": "gaussian"}},
    "b": {"data": {"train": {"type": "phantoms"}}, "objective": {"type": "weighted_ssdu"},
          "kspace": {"mask": {"type": "random", "center_fractions": 0.3, "accelerations": 2}},
          "model": {"type": "recon_unet"}}}}})";
  const std::vector<std::string> found = study_mistakes(text);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].find("\"b\" trains on another kind of data than \"a\""), std::string::npos) << found[0];
}

// Measured pairs: `targets` of method b, `more` behind its objective, `rest` behind the sizes.
std::string pairs_study(const std::string& validation, const std::string& more, const std::string& rest) {
  return fmt::format(R"({{"study": {{"type": "samples", "sizes": [2],
    "run": {{"data": {{"train": {{"type": "pairs", "inputs": "x.npy", "targets": "clean.npy"}} {}}}}},
    "methods": {{"a": {{"objective": {{"type": "supervised"}}}},
                 "b": {{"objective": {{"type": "noise2noise"}} {}, "data": {{"train": {{"targets": "y.npy"}}}}}}}} {}}}}})",
                     validation, more, rest);
}

TEST(SampleStudyConfig, NoisyPairsAreJudgedByCleanPairsOfTheirOwn) {
  const std::string pairs = R"({"type": "pairs", "inputs": "u.npy", "targets": "v.npy"})";
  const std::string validation = R"(, "validation": )" + pairs, test = R"(, "test": )" + pairs;
  const std::string clean = R"(, "validation": {"target": "clean"})";
  const StudyConfig config = parse_study_config(pairs_study(validation, clean, test), "study.json");
  const SampleStudyConfig& study = samples(config);
  for (const SampleStudyConfig::Method& method : study.resolved) {
    EXPECT_EQ(method.config.validation.target, ValidationConfig::Target::kClean);
  }
  EXPECT_EQ(std::get<PairsSourceConfig>(study.resolved[1].config.data.train).targets.filename(), "y.npy");
  EXPECT_EQ(std::get<PairsSourceConfig>(study.resolved[0].config.data.train).targets.filename(), "clean.npy");
  // Without a word, the targets of validation pairs are what those of training pairs are.
  EXPECT_EQ(samples(parse_study_config(pairs_study(validation, "", test), "study.json"))
                .resolved[1]
                .config.validation.target,
            ValidationConfig::Target::kNoisy);
  EXPECT_TRUE(study_mistakes(pairs_study(validation, clean, "")).empty());

  const auto mistake = [](const std::string& text) {
    const std::vector<std::string> found = study_mistakes(text);
    return found.size() == 1 ? found[0] : fmt::format("{} mistakes", found.size());
  };
  const auto expect = [&](const std::string& text, const std::string& part) {
    EXPECT_NE(mistake(text).find(part), std::string::npos) << mistake(text);
  };
  expect(pairs_study("", clean, test), "/validation/target: expected \"auto\" or \"noisy\"");
  expect(pairs_study("", clean, test), "there is no /data/validation, got \"clean\"");
  expect(pairs_study(validation, "", ""),
         "/study/test: missing; expected \"pairs\" with clean targets: those of \"b\"");
  expect(pairs_study("", "", ""), "/study/test: missing");
  expect(pairs_study("", "", R"(, "test": {"type": "npy", "path": "u.npy"})"),
         "/study/test: expected \"pairs\"");
  expect(document("", "", kTwo, "[2]", test), "/study/test: expected no \"pairs\"");
}

TEST(SampleStudyConfig, WhatIsMissingIsNamed) {
  for (const char* key : {"run", "methods", "sizes"}) {
    std::string text = document("", "", kTwo, "[2]", "");
    const std::size_t at = text.find(fmt::format("\"{}\"", key));
    text[at + 1] = '_';
    EXPECT_FALSE(study_mistakes(text).empty()) << key;
  }
  EXPECT_NE(study_mistakes(R"({"study": {"type": "samples"}})").size(), 0u);
}

}  // namespace
}  // namespace selfsame
