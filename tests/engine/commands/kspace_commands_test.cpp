// SPDX-License-Identifier: Apache-2.0
// Accelerated MRI as a user runs it: simulate, train, evaluate, apply, compare.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "mri/files/hdf5/h5_file.hpp"
#include "mri/files/ismrmrd/mrd_writer.hpp"
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

TEST_F(KSpaceCommands, ApplyWritesEveryFormatOfVolumes) {
  const auto apply = [](const std::string& out) {
    return selfsame_program({"apply", "--method", "zero_filled", "--mask", "none", "--maps", kMaps, "--in",
                             scan(), "--out", out});
  };
  ASSERT_EQ(apply(path("every.npy")).exit_code, 0);
  ASSERT_EQ(apply(path("every.nii")).exit_code, 0);
  const Volume volume = read_volume(path("every.npy"));
  EXPECT_EQ(std::filesystem::file_size(path("every.nii")), 352 + volume.values.size() * sizeof(float));
  const ProgramResult mrd = apply(path("every.mrd"));
  if (mrd_helper_program().empty()) {
    EXPECT_EQ(mrd.exit_code, 2);
    GTEST_SKIP() << "built without libismrmrd";
  }
  ASSERT_EQ(mrd.exit_code, 0) << mrd.err;
  const H5Array data = read_h5_array(path("every.mrd"), "dataset/image_0/data");
  ASSERT_EQ(data.shape, (std::vector<std::int64_t>{volume.slices, 1, 1, volume.w, volume.h}));
  for (std::int64_t i = 0; i < volume.h * volume.w; ++i) {
    EXPECT_EQ(data.values[static_cast<std::size_t>(i % volume.w * volume.h + i / volume.w)],
              volume.values[static_cast<std::size_t>(i)]);
  }
}

TEST_F(KSpaceCommands, AMissingIsmrmrdIsAnErrorBeforeAnyWork) {
  // A copy of the program has no helpers beside it, and k-space that cannot be read is not looked at.
  const std::string alone = path("alone/bin/selfsame");
  std::filesystem::create_directories(path("alone/bin"));
  std::filesystem::copy_file(selfsame_binary(), alone);
  const ProgramResult result = run_program(
      alone, {"apply", "--method", "cg_sense", "--in", path("tiny.json"), "--out", path("alone/x.mrd")});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_NE(result.err.find("libismrmrd-dev"), std::string::npos) << result.err;
  EXPECT_FALSE(std::filesystem::exists(path("alone/x.mrd")));
}

TEST_F(KSpaceCommands, HelpListsTheFormatsOfVolumes) {
  for (const char* verb : {"apply", "convert"}) {
    std::string help = selfsame_program({verb, "--help"}).out;
    for (const char* ending : {"*.h5", "*.npy", "*.nii", "*.mrd", "*.png"}) {
      EXPECT_NE(help.find(ending), std::string::npos) << verb << ": " << ending;
    }
  }
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
