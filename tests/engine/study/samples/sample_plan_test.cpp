// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_plan.hpp"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "engine/config/json_value.hpp"
#include "engine/study/samples/run_claims.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/text_pattern.hpp"
#include "tests/support/tiny_sample_study.hpp"

namespace selfsame {
namespace {

std::vector<std::string> configurations(const std::vector<PlannedRun>& runs) {
  std::vector<std::string> all;
  for (const PlannedRun& run : runs) {
    all.push_back(run.configuration);
  }
  return all;
}

TEST(SamplePlan, BeginsWithAllMethodsAndSizesOfTheFirstSeed) {
  const TinySampleStudy tiny;
  ASSERT_EQ(tiny.runs.size(), 12u);
  std::size_t i = 0;
  for (const std::int64_t seed : {0, 1}) {
    for (std::size_t size = 0; size < 2; ++size) {
      for (std::size_t method = 0; method < 3; ++method) {
        const PlannedRun& run = tiny.runs[i++];
        EXPECT_EQ(std::tie(run.seed, run.size, run.method), std::tie(seed, size, method)) << run.id;
        EXPECT_EQ(run.config.seed, 3 + seed);
        EXPECT_EQ(run.config.data.train_size, tiny.study().sizes[size]);
        EXPECT_EQ(run.config.name, run.id);
        EXPECT_TRUE(has_form(run.configuration, "%%%%%%%%%%%%%%%%")) << run.configuration;
      }
    }
  }
  EXPECT_EQ(tiny.runs[0].id, "0-supervised-n3-s0");
  EXPECT_EQ(tiny.runs[11].id.substr(0, 13), "2-noise2noise") << tiny.runs[11].id;
  const std::vector<std::string> all = configurations(tiny.runs);
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), 12u) << "every run is a configuration of its own";
}

TEST(SamplePlan, LanesHaveEqualKeys) {
  const TinySampleStudy tiny;
  for (const PlannedRun& a : tiny.runs) {
    for (const PlannedRun& b : tiny.runs) {
      EXPECT_EQ(a.key == b.key, (a.method == 0) == (b.method == 0)) << a.id << " and " << b.id;
    }
  }
}

TEST(SamplePlan, IdsAreDistinctNamesOfFiles) {
  const std::string longest(80, 'w');
  const std::vector<std::string> names{
      "a/b",   "a b",  "a\\b", "a-b",  "../..", "..",         ".hidden",
      "-",     "Ω≠σ′", "σ",    "CON",  "%00",   "n2n, σ = 5", longest,
      "a\"b'", "a\nb", "~",    "a\tb", "A b",   "a/B",        "\xF0\x9F\x8E\xB2",
      "0-a-n2"};
  std::string methods;
  for (const std::string& name : names) {
    methods +=
        (methods.empty() ? "" : ", ") + json_quoted(name) + R"(: {"objective": {"type": "supervised"}})";
  }
  const TinySampleStudy tiny({"study.methods={" + methods + "}"});
  ASSERT_EQ(tiny.runs.size(), names.size() * 4);
  const TemporaryFolder folder;
  const RunClaims claims(folder.path());
  std::set<std::string> ids;
  for (const PlannedRun& run : tiny.runs) {
    EXPECT_TRUE(ids.insert(run.id).second) << run.id;
    EXPECT_TRUE(claims.try_claim(run.id).has_value()) << run.id;  // refuses what is no name of a run
  }
}

TEST(SamplePlan, TheConfigurationDoesNotDependOnWhoWorks) {
  const std::vector<std::string> plain = configurations(TinySampleStudy().runs);
  for (const char* change :
       {"name=other", "threads=2", "device=auto", "study.lanes=7", "study.variance_draws=3",
        "study.run.checkpoint={\"every_steps\": 2, \"every_seconds\": 9}", "study.run.logging.every_steps=3",
        "study.run.training.max_time=3h"}) {
    EXPECT_EQ(configurations(TinySampleStudy({change}).runs), plain) << change;
  }
}

TEST(SamplePlan, TheConfigurationDependsOnWhatMatters) {
  const std::vector<std::string> plain = configurations(TinySampleStudy().runs);
  for (const char* change :
       {"seed=4", "study.run.noise.sigma=26", "study.run.training.steps=9", "study.run.training.batch=3",
        "study.run.model.channels=8", R"(study.run.optimizer={"type": "adam", "lr": 0.25})",
        "study.run.validation.every_steps=3", "study.run.data.validation_count=3",
        "study.run.data.train.seed=1", "study.test.count=4", "study.test=null", "study.subsets=shared"}) {
    const std::vector<std::string> changed = configurations(TinySampleStudy({change}).runs);
    for (std::size_t i = 0; i < plain.size(); ++i) {
      EXPECT_NE(changed[i], plain[i]) << change << ", run " << i;
    }
  }
  const std::vector<std::string> level =
      configurations(TinySampleStudy({"study.methods.noise2noise.objective.sigma=30"}).runs);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(level[i] != plain[i], i % 3 == 1) << "run " << i;
  }
}

TEST(SamplePlan, AStudyThatGrowsKeepsItsRuns) {
  const TinySampleStudy small;
  const TinySampleStudy large({"study.sizes=[3, 6, 8, 10]", "study.seeds=[0, 1, 2]",
                               R"(study.methods.l1={"objective": {"type": "noise2noise_l1"}})"});
  ASSERT_EQ(large.runs.size(), 48u);
  std::size_t kept = 0;
  for (const PlannedRun& run : large.runs) {
    for (const PlannedRun& before : small.runs) {
      if (before.id == run.id) {
        EXPECT_EQ(before.configuration, run.configuration) << run.id;
        EXPECT_EQ(to_json(before.config), to_json(run.config));
        ++kept;
      }
    }
  }
  EXPECT_EQ(kept, small.runs.size());
}

}  // namespace
}  // namespace selfsame
