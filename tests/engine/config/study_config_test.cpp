// SPDX-License-Identifier: Apache-2.0
#include "engine/config/study_config.hpp"

#include <gtest/gtest.h>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr const char* kSmall = R"({"study": {"type": "subspace", "n": 12, "d": 3, "examples": [4, 20]}})";

std::string mistakes(const std::string& text, std::vector<std::string> overrides = {}) {
  std::string found;
  try {
    static_cast<void>(parse_study_config(text, "study.json", overrides));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    found = error.what();
  }
  return found;
}

TEST(StudyConfig, DefaultsAreThoseOfFigure1AndAllIsReadBack) {
  const StudyConfig config = parse_study_config(kSmall, "study.json");
  const auto& study = std::get<SubspaceStudyConfig>(config.study);
  EXPECT_EQ(study.n, 12);
  EXPECT_EQ(study.d, 3);
  EXPECT_EQ(study.sigma, 0.1);
  EXPECT_EQ(study.target_sigmas, (std::vector<double>{0.05, 0.1, 0.2}));
  EXPECT_EQ(study.examples, (std::vector<std::int64_t>{4, 20}));
  EXPECT_EQ(study.iterations, 30000);
  EXPECT_GE(study.repeats, 200);
  EXPECT_EQ(SubspaceStudyConfig{}.examples.size(), 24u);
  const std::string text = to_json(config);
  EXPECT_EQ(to_json(parse_study_config(text, "again.json")), text);
}

TEST(StudyConfig, OverridesReachEveryPart) {
  const std::string overrides[] = {"study.repeats=7", "study.target_sigmas=0.3", "seed=9", "device=cpu"};
  const StudyConfig config = parse_study_config(kSmall, "study.json", overrides);
  EXPECT_EQ(std::get<SubspaceStudyConfig>(config.study).repeats, 7);
  EXPECT_EQ(std::get<SubspaceStudyConfig>(config.study).target_sigmas, std::vector<double>{0.3});
  EXPECT_EQ(config.seed, 9);
  EXPECT_EQ(config.device, TrainConfig::Device::kCpu);
}

TEST(StudyConfig, MistakesAreNamedWithTheirPlace) {
  EXPECT_NE(mistakes("{}").find("study"), std::string::npos);
  const std::string unknown = mistakes(R"({"study": {"type": "subspace", "repeat": 5}})");
  EXPECT_NE(unknown.find("study.json:1:"), std::string::npos) << unknown;
  EXPECT_NE(unknown.find("repeats"), std::string::npos) << unknown;
  EXPECT_NE(mistakes(R"({"study": {"type": "subspac"}})").find("subspace"), std::string::npos);
  EXPECT_NE(mistakes(kSmall, {"study.d=13"}).find("expected at most n = 12, got 13"), std::string::npos);
  EXPECT_NE(mistakes(kSmall, {"study.repeats=1"}).find("/study/repeats"), std::string::npos);
  EXPECT_NE(mistakes(kSmall, {"study.sigma=0"}).find("/study/sigma"), std::string::npos);
  EXPECT_NE(
      mistakes(kSmall, {"study.target_sigmas=[0.2,0.1]"}).find("expected rising levels, got 0.1 after 0.2"),
      std::string::npos);
  EXPECT_NE(mistakes(kSmall, {"study.examples=[20,4]"}).find("/study/examples"), std::string::npos);
}

TEST(StudyConfig, HelpNamesEveryKey) {
  const std::string all = study_config_help();
  for (const char* key : {"seed", "threads", "device", "study"}) {
    EXPECT_NE(all.find(key), std::string::npos) << key;
  }
  const std::string part = study_config_help("/study");
  for (const char* key : {"n", "d", "sigma", "target_sigmas", "examples", "repeats", "iterations"}) {
    EXPECT_NE(part.find(key), std::string::npos) << key;
  }
  EXPECT_NE(study_config_help("study.repeats").find("training sets of every size"), std::string::npos);
  EXPECT_THROW(static_cast<void>(study_config_help("/study/repeat")), Error);
}

}  // namespace
}  // namespace selfsame
