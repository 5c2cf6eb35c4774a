// SPDX-License-Identifier: Apache-2.0
// selfsame verify, run as a user runs it.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "mri/files/atomic_file.hpp"
#include "tests/support/markup.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_kspace_run.hpp"
#include "tests/support/tiny_run.hpp"

namespace selfsame {
namespace {

class Verify : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(folder_ / "tiny.json") << kTinyRun;
    std::ofstream(folder_ / "kspace.json") << kTinyKSpaceRun;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  /// At most 128 draws, and a tolerance that they can show, unless other values are asked for.
  [[nodiscard]] ProgramResult verify(const std::string& config, const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"verify", "--config", path(config)};
    for (const auto& [name, value] : {std::pair<const char*, const char*>{"--steps", "4"},
                                      {"--draws", "128"},
                                      {"--seconds", "0"},
                                      {"--tolerance", "0.5"}}) {
      if (std::find(more.begin(), more.end(), name) == more.end()) {
        arguments.insert(arguments.end(), {name, value});
      }
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    return selfsame_program(arguments);
  }
  const TemporaryFolder folder_;
};

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_F(Verify, FindsTheUnbiasedUnbiasedAtThreePointsOfTheTraining) {
  const ProgramResult result =
      verify("tiny.json", {"--objectives", "noise2noise", "--no-controls", "--json", "-"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json j = nlohmann::json::parse(result.out);  // throws if anything but JSON was printed
  EXPECT_EQ(j.at("all_as_claimed"), true);
  EXPECT_EQ(j.at("tolerance"), 0.5);
  EXPECT_DOUBLE_EQ(j.at("alpha"), 0.05 / 3) << "shared by the three points";
  ASSERT_EQ(j.at("comparisons").size(), 3u);
  const char* points[] = {"initial", "step 2", "step 4"};
  for (std::size_t i = 0; i < 3; ++i) {
    const nlohmann::json& c = j.at("comparisons")[i];
    EXPECT_EQ(c.at("objective"), "noise2noise");
    EXPECT_EQ(c.at("point"), points[i]);
    EXPECT_EQ(c.at("verdict"), "unbiased");
    EXPECT_LE(c.at("draws"), 128);
    EXPECT_LE(c.at("relative_bias").at("upper95"), 0.5);
  }
  EXPECT_TRUE(says(j.at("command"), "verify --config"));
  EXPECT_TRUE(says(j.at("network"), "parameters") || says(j.at("network"), "U-Net")) << j.at("network");
  EXPECT_TRUE(says(result.err, "noise2noise")) << "the table is on standard error";
}

TEST_F(Verify, InPlaceOfTheYardstickTakesNoise2Noise) {
  const ProgramResult result = verify("tiny.json", {"--no-controls"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(says(result.out, "noise2noise ")) << result.out;
  EXPECT_TRUE(says(result.out, "3 comparisons unbiased as claimed")) << result.out;
}

TEST_F(Verify, WritesTheSameTwiceAndAPage) {
  const auto run = [&](const std::string& json) {
    const ProgramResult result =
        verify("tiny.json", {"--objectives", "noise2noise_l1", "--no-controls", "--steps", "0", "--json",
                             path(json), "--report", path("page.html")});
    EXPECT_TRUE(says(result.out, "noise2noise_l1")) << result.out << result.err;
    return nlohmann::json::parse(read_file(path(json), 1 << 20));
  };
  nlohmann::json a = run("a.json"), b = run("b.json");
  for (nlohmann::json* j : {&a, &b}) {
    for (nlohmann::json& c : j->at("comparisons")) {
      c.erase("seconds");
    }
  }
  EXPECT_EQ(a.at("comparisons"), b.at("comparisons"));
  const std::string page = read_file(path("page.html"), 1 << 22);
  EXPECT_EQ(markup_fault(page), "");
  EXPECT_TRUE(says(page, "noise2noise_l1"));
}

TEST_F(Verify, FindsABiasThatIsClaimedHoweverLargeTheTolerance) {
  const ProgramResult result = verify(
      "tiny.json", {"--objectives", "r2r", "--no-controls", "--steps", "0", "--draws", "512", "--json", "-"});
  const nlohmann::json j = nlohmann::json::parse(result.out);
  ASSERT_EQ(j.at("comparisons").size(), 2u);
  EXPECT_EQ(j.at("comparisons")[0].at("verdict"), "unbiased");
  EXPECT_EQ(j.at("comparisons")[1].at("verdict"), "biased") << "at y, by less than the tolerance";
  EXPECT_LT(j.at("comparisons")[1].at("relative_bias").at("upper95"), 0.5);
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(Verify, EndsWithItsOwnCodeIfSomethingIsNotAsClaimed) {
  // Two or three draws' worth of evidence cannot show a bias below 1e-6: inconclusive, and not as claimed.
  const ProgramResult result = verify(
      "tiny.json", {"--objectives", "noise2noise", "--no-controls", "--steps", "0", "--tolerance", "1e-6"});
  EXPECT_EQ(result.exit_code, 7) << result.out << result.err;
  EXPECT_TRUE(says(result.out, "<--")) << result.out;
  EXPECT_TRUE(says(result.out, "Not as claimed: noise2noise")) << result.out;
}

TEST_F(Verify, RunsTheNegativeControlsBesideTheObjective) {
  const ProgramResult result = verify("tiny.json", {"--objectives", "noise2noise", "--steps", "0", "--draws",
                                                    "64", "--batch", "1", "--json", "-"});
  const nlohmann::json j = nlohmann::json::parse(result.out);
  std::vector<std::string> controls;
  for (const nlohmann::json& c : j.at("comparisons")) {
    EXPECT_EQ(c.at("control"), c.at("objective") != "noise2noise");
    controls.push_back(c.at("objective"));
  }
  for (const char* name : {"noise2noise_l1", "noise2noise_normalized", "neighbor2neighbor", "noise2self",
                           "noisier2noise", "sure, sigma 20 % too low"}) {
    EXPECT_NE(std::find(controls.begin(), controls.end(), name), controls.end()) << name;
  }
  EXPECT_TRUE(says(result.err, "negative controls")) << result.err;
}

TEST_F(Verify, OfKSpaceSaysAtWhichColumns) {
  const ProgramResult result = verify("kspace.json", {"--no-controls", "--steps", "0", "--draws", "64",
                                                      "--batch", "1", "--tolerance", "5", "--json", "-"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json j = nlohmann::json::parse(result.out);
  ASSERT_EQ(j.at("comparisons").size(), 1u);
  EXPECT_EQ(j.at("comparisons")[0].at("objective"), "weighted_ssdu") << "the configured one";
  EXPECT_EQ(j.at("comparisons")[0].at("columns").size(), 20u);
}

TEST_F(Verify, ComparesAtTheWeightsOfARun) {
  const ProgramResult trained =
      selfsame_program({"train", "--config", path("tiny.json"), "--out", path("run"), "--set",
                        "training.steps=4", "--set", "objective={\"type\": \"unsure\"}"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const ProgramResult result =
      selfsame_program({"verify", "--run", path("run"), "--objectives", "noise2noise", "--no-controls",
                        "--draws", "64", "--tolerance", "5", "--json", "-"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json j = nlohmann::json::parse(result.out);
  ASSERT_EQ(j.at("comparisons").size(), 1u);
  EXPECT_EQ(j.at("comparisons")[0].at("point"), "step 4");
}

TEST_F(Verify, NamesWhatItDoesNotKnow) {
  const ProgramResult objective = verify("tiny.json", {"--objectives", "noise2nose"});
  EXPECT_EQ(objective.exit_code, 2);
  EXPECT_TRUE(says(objective.err, "'noise2nose'") && says(objective.err, "noise2noise, ")) << objective.err;
  EXPECT_FALSE(says(objective.err, "sure_poisson")) << "made for other noise: " << objective.err;
  const ProgramResult other_noise = verify("tiny.json", {"--objectives", "sure_poisson"});
  EXPECT_EQ(other_noise.exit_code, 2) << "the noise is Gaussian";
  EXPECT_EQ(selfsame_program({"verify"}).exit_code, 2);
  EXPECT_TRUE(says(selfsame_program({"verify"}).err, "--config FILE or --run DIR"));
  EXPECT_EQ(verify("none.json", {}).exit_code, 2);
  EXPECT_NE(verify("tiny.json", {"--draws", "3"}).exit_code, 0);
  EXPECT_NE(verify("tiny.json", {"--tolerance", "-1"}).exit_code, 0);
}

}  // namespace
}  // namespace selfsame
