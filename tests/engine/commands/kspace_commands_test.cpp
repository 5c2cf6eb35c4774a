// SPDX-License-Identifier: Apache-2.0
// Accelerated MRI as a user runs it: simulate, train, evaluate, apply, compare.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "mri/files/npy_file.hpp"
#include "mri/files/volume_file.hpp"
#include "tests/support/kspace_files.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_kspace_run.hpp"

namespace selfsame {
namespace {

using Json = nlohmann::json;

/// A trained tiny run, made once for all tests.
class KSpaceCommands : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder();
    std::ofstream(path("tiny.json")) << kTinyKSpaceRun;
    const ProgramResult trained =
        selfsame_program({"train", "--config", path("tiny.json"), "--out", path("run")});
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    const ProgramResult made = selfsame_program({"simulate", "--phantoms", "2", "--size", "24x20", "--coils",
                                                 "3", "--noise", "0.01", "--out", path("scans")});
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static std::string path(const std::string& name) { return (*folder_ / name).string(); }
  static std::string scan() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(path("scans/kspace"))) {
      files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files.at(0).string();
  }

  static TemporaryFolder* folder_;
};
TemporaryFolder* KSpaceCommands::folder_ = nullptr;

const char* const kMask = R"({"type": "random", "center_fractions": 0.3, "accelerations": 2})";
const char* const kMaps = R"({"type": "low_resolution", "calibration": 6})";

TEST_F(KSpaceCommands, EvaluateShowsWhatTheNetworkBuys) {
  const ProgramResult result = selfsame_program({"evaluate", "--run", path("run"), "--json", "-"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["slices"], 2);
  EXPECT_NE(json["rules"].get<std::string>().find("PSNR"), std::string::npos);
  std::vector<std::string> names;
  for (const Json& method : json["methods"]) {
    names.push_back(method["name"]);
    EXPECT_EQ(method["slices"].size(), 2u);
    const double mean =
        (method["slices"][0]["psnr"].get<double>() + method["slices"][1]["psnr"].get<double>()) / 2;
    EXPECT_NEAR(method["psnr"].get<double>(), mean, 1e-9);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"network", "network_dc", "zero_filled", "cg_sense", "tv"}));
  const ProgramResult table = selfsame_program({"evaluate", "--run", path("run"), "--tune"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_NE(table.out.find("the best of"), std::string::npos) << table.out;
}

TEST_F(KSpaceCommands, ApplyReconstructsWithTheNetworkAndWithoutOne) {
  for (const char* out : {"network.npy", "network.h5", "network.png"}) {
    const ProgramResult result =
        selfsame_program({"apply", "--run", path("run"), "--in", scan(), "--out", path(out)});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_TRUE(std::filesystem::exists(path(out)));
  }
  const Volume network = read_volume(path("network.npy"));
  EXPECT_EQ(network.h, 24);
  EXPECT_EQ(network.w, 20);
  for (const char* method : {"zero_filled", "cg_sense", "tv", "wavelet"}) {
    const std::string out = path(std::string(method) + ".npy");
    const ProgramResult result = selfsame_program(
        {"apply", "--method", method, "--mask", kMask, "--maps", kMaps, "--in", scan(), "--out", out});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const Volume volume = read_volume(out);
    EXPECT_TRUE(
        std::all_of(volume.values.begin(), volume.values.end(), [](float v) { return std::isfinite(v); }));
  }
  // Without a mask all of k-space is used: the zero-filled image is then that of the coils.
  const ProgramResult whole = selfsame_program({"apply", "--method", "zero_filled", "--mask", "none",
                                                "--maps", kMaps, "--in", scan(), "--out", path("whole.npy")});
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  const ProgramResult compared = selfsame_program(
      {"evaluate", "--reference", path("whole.npy"), "--prediction", path("zero_filled.npy"), "--json", "-"});
  EXPECT_EQ(compared.exit_code, 0) << compared.err;
}

TEST_F(KSpaceCommands, WeightsAloneNameTheirNetwork) {
  const std::string weights = path("run/checkpoints/best.safetensors");
  const ProgramResult result = selfsame_program({"apply", "--weights", weights, "--in", scan(), "--out",
                                                 path("weights.npy"), "--mask", kMask, "--maps", kMaps});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("MRI U-Net"), std::string::npos) << result.out;
}

TEST_F(KSpaceCommands, TrainOnTheSimulatedFiles) {
  const ProgramResult more = selfsame_program({"simulate", "--phantoms", "3", "--size", "24x20", "--coils",
                                               "3", "--out", path("train"), "--seed", "7"});
  ASSERT_EQ(more.exit_code, 0) << more.err;
  const std::string data = R"(data={"train": {"type": "kspace", "path": ")" + path("train/kspace") +
                           R"("}, "validation": {"type": "kspace", "path": ")" + path("scans/kspace") +
                           R"("}})";
  const ProgramResult result = selfsame_program({"train", "--config", path("tiny.json"), "--set", data,
                                                 "--out", path("run_files"), "--set", "training.steps=2"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(KSpaceCommands, MistakesAreNamed) {
  const auto refused = [](const std::vector<std::string>& arguments) {
    const ProgramResult result = selfsame_program(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.out;
    return result.err;
  };
  EXPECT_NE(refused({"apply", "--method", "magic", "--in", scan(), "--out", path("x.npy")}).find("cg_sense"),
            std::string::npos);
  EXPECT_NE(refused({"apply", "--in", scan(), "--out", path("x.npy")}).find("--method"), std::string::npos);
  EXPECT_NE(refused({"apply", "--run", path("run"), "--in", scan(), "--out", path("x.tif")}).find(".npy"),
            std::string::npos);
  EXPECT_NE(refused({"apply", "--run", path("run"), "--in", scan(), "--out", path("x.npy"), "--mask",
                     R"({"type": "randm"})"})
                .find("did you mean"),
            std::string::npos);
  const ProgramResult bad =
      selfsame_program({"apply", "--run", path("run"), "--in", path("tiny.json"), "--out", path("x.npy")});
  EXPECT_EQ(bad.exit_code, 3);
  EXPECT_NE(bad.err.find("tiny.json"), std::string::npos) << bad.err;
}

TEST_F(KSpaceCommands, CheckShowsThePreflight) {
  const ProgramResult result = selfsame_program({"check", "--config", path("tiny.json")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("P(in loss | not in input)"), std::string::npos) << result.out;
}

}  // namespace
}  // namespace selfsame
