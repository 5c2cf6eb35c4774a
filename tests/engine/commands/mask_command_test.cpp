// SPDX-License-Identifier: Apache-2.0
// selfsame mask and selfsame list masks, as a user runs them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "mri/files/npy_file.hpp"
#include "mri/masks/mask_family.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

std::string printed(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "mask");
  const ProgramResult result = selfsame_program(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  return result.out;
}

std::string refused(std::vector<std::string> arguments, int exit_code = 2) {
  arguments.insert(arguments.begin(), "mask");
  const ProgramResult result = selfsame_program(arguments);
  EXPECT_EQ(result.exit_code, exit_code) << result.out << result.err;
  return result.err;
}

nlohmann::json json_of(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--json", "-"});
  return nlohmann::json::parse(printed(std::move(arguments)));  // throws if anything but JSON was printed
}

void expect_said(const std::string& text, std::initializer_list<const char*> parts) {
  for (const char* part : parts) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(MaskCommand, DrawsFastMrisMaskOfAFile) {
  const std::string text = printed({"--type", "random", "--width", "368", "--center-fractions", "0.08",
                                    "--accelerations", "4", "--file", "file1000000.h5"});
  expect_said(text, {"mask        random, centre 0.08, R = 4\n", "size        368 columns\n",
                     "num_low     29\n", "sampled     88, 1 of 4.182; 1 of 4.000 on average\n",
                     "first       4 9 10 14 23 24 28 29 ", "crc32       fda9b979\n",
                     "the name file1000000.h5", "P(in loss | not in input)", "\n  exact\n"});
  const std::string pairs = printed({"--type", "random", "--width", "368", "--center-fractions", "0.08,0.04",
                                     "--accelerations", "4,8", "--file", "file1000000.h5"});
  expect_said(pairs, {"crc32       ec9d6b24\n", "random, centre 0.04, R = 8", "pair        2 of 2"});
}

TEST(MaskCommand, NamesColumnsThatAreNeverSampled) {
  const std::string text = printed({"--type", "equispaced_fraction", "--width", "368"});
  expect_said(text, {"\n  impossible\n",
                     "24 of 368 columns are never sampled by equispaced_fraction, centre 0.08, R = 4: "});
}

TEST(MaskCommand, TellsWhatWeightsDo) {
  const nlohmann::json plain =
      json_of({"--type", "variable_density", "--width", "128", "--objective", "ssdu"});
  const nlohmann::json weighted = json_of({"--type", "variable_density", "--width", "128"});
  EXPECT_EQ(plain.at("preflight").at("verdict"), "uneven");
  EXPECT_EQ(weighted.at("preflight").at("verdict"), "exact");
  EXPECT_NEAR(weighted.at("preflight").at("effective").at("mean"), 1, 1e-12);
  EXPECT_EQ(
      json_of({"--type", "random", "--width", "128", "--objective", "ssdu"}).at("preflight").at("verdict"),
      "proportional");
  EXPECT_EQ(json_of({"--type", "random_count", "--width", "320", "--accelerations", "3", "--objective",
                     "paper_split"})
                .at("preflight")
                .at("verdict"),
            "exact");
}

TEST(MaskCommand, SaysWhyAnObjectiveCannotBeUsed) {
  const std::string text = printed({"--type", "equispaced", "--width", "368", "--objective", "paper_split"});
  expect_said(text, {"\n  impossible\n", "an overlapping split needs lines drawn independently"});
  expect_said(printed({"--type", "random_count", "--width", "100", "--split", "gaussian"}),
              {"\n  impossible\n", "a gaussian split has no closed-form weights for masks of a fixed size"});
}

TEST(MaskCommand, WritesWhatItDraws) {
  const TemporaryFolder folder;
  const std::string out = (folder / "new" / "mask.npy").string(), json = (folder / "mask.json").string();
  const std::string text =
      printed({"--type", "poisson_disc", "--height", "24", "--width", "20", "--accelerations", "6", "--seed",
               "5", "--example", "2", "--out", out, "--json", json});
  expect_said(text, {"24 rows x 20 columns", "seed 5, example 2", "\n  dependent\n"});
  const auto written = nlohmann::json::parse(std::ifstream(json));
  const NpyFile file(out);
  EXPECT_EQ(file.header().shape, (std::vector<std::int64_t>{24, 20}));
  std::vector<float> values(480);
  file.read_floats(values, 0, 480, PixelScale::kRaw);
  EXPECT_EQ(std::accumulate(values.begin(), values.end(), 0.0f), written.at("sampled").get<float>());
  for (const auto& j : written.at("indices")) {
    EXPECT_EQ(values.at(j.get<std::size_t>()), 1.0f);
  }
  EXPECT_EQ(written.at("indices").size(), written.at("sampled").get<std::size_t>());
  EXPECT_EQ(written.at("probability").size(), 480u);
  // The mask drawn is that of the library, and comes back as a fixed mask of its own size.
  const auto family = make_mask_family("poisson_disc", {24, 20, ""}, {{"acceleration", {6}}});
  const SamplingMask mask = family->draw(RandomStream(5, RandomPurpose::kMask, 0, 2)).mask;
  const std::string crc = fmt::format("{:08x}", mask_crc32(mask));
  EXPECT_EQ(written.at("crc32"), crc);
  expect_said(printed({"--type", "fixed", "--mask", out}), {crc.c_str(), "never sampled by the fixed mask "});
}

TEST(MaskCommand, TakesOtherOptionsByName) {
  const nlohmann::json mask = json_of(
      {"--type", "variable_density", "--width", "100", "--option", "floor=0.1", "--option", "order=2"});
  const std::vector<double> probability = mask.at("probability");
  EXPECT_EQ(*std::min_element(probability.begin(), probability.end()), 0.1);
  expect_said(refused({"--type", "variable_density", "--width", "100", "--option", "ordre=2"}),
              {"have no option 'ordre'; known: center_fraction, acceleration, order, width, floor"});
  for (const char* wrong : {"order", "=2", "order=", "order=2x", "order=2,"}) {
    expect_said(refused({"--type", "variable_density", "--width", "100", "--option", wrong}),
                {"write NAME=NUMBER"});
  }
}

TEST(MaskCommand, RefusesWithWhatIsKnown) {
  expect_said(
      refused({"--type", "equispaced_fracton", "--width", "368"}),
      {"no mask type 'equispaced_fracton': did you mean \"equispaced_fraction\"?; known: bernoulli, "});
  expect_said(refused({"--type", "random"}), {"--width N"});
  expect_said(refused({"--type", "poisson_disc", "--width", "64"}), {"give their height too"});
  expect_said(refused({"--type", "bernoulli", "--width", "64", "--file", "a.h5"}), {"give a seed"});
  expect_said(refused({"--type", "random", "--width", "64", "--file", "a.h5", "--seed", "1"}), {"give one"});
  expect_said(refused({"--type", "random", "--width", "64", "--loss-share", "1"}), {"--loss-share 1"});
  expect_said(refused({"--type", "random", "--width", "64", "--objective", "sdu"}), {"weighted_ssdu"});
  expect_said(refused({"--type", "fixed", "--mask", "/nowhere/mask.npy"}, 3), {"/nowhere/mask.npy"});
}

TEST(ListMasks, HasEveryFamilyWithItsOptions) {
  const ProgramResult result = selfsame_program({"list", "masks"});
  EXPECT_EQ(result.exit_code, 0);
  ASSERT_EQ(mask_families().size(), 11u);
  for (const MaskFamilyInfo& info : mask_families()) {
    EXPECT_NE(result.out.find(std::string(info.name)), std::string::npos) << info.name;
    EXPECT_NE(result.out.find(info.doc), std::string::npos) << info.name;
    for (const MaskOption& option : info.options) {
      EXPECT_NE(result.out.find(option.doc), std::string::npos) << option.name;
    }
  }
}

}  // namespace
}  // namespace selfsame
