// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/checkpoint/safetensors.hpp"
#include "losses/kspace/registry.hpp"
#include "losses/registry.hpp"
#include "mri/files/atomic_file.hpp"
#include "mri/files/png_file.hpp"
#include "tests/support/program.hpp"
#include "tests/support/source_tree.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_run.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

/// One trained run for all tests of the process.
class TrainedRun : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    std::ofstream(*folder_ / "tiny.json") << kTinyRun;
    const ProgramResult result =
        selfsame_program({"train", "--config", (*folder_ / "tiny.json").string(), "--out", run(), "--set",
                          "optimizer.type=adam", "--set", "optimizer.ema=0.9", "--set", "training.steps=20"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static std::string run() { return (*folder_ / "run").string(); }
  static std::string path(const std::string& name) { return (*folder_ / name).string(); }
  static std::string checkpoint() { return run() + "/checkpoints/last.safetensors"; }

  static nlohmann::json evaluate(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"evaluate", "--run", run(), "--json", "-"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult result = selfsame_program(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out);  // throws if anything but JSON was printed
  }
  static TemporaryFolder* folder_;
};
TemporaryFolder* TrainedRun::folder_ = nullptr;

TEST_F(TrainedRun, IsEvaluatedBesideItsNoisyInput) {
  const nlohmann::json result = evaluate();
  ASSERT_EQ(result.at("images").size(), 2U);
  double mean = 0;
  for (const nlohmann::json& image : result.at("images")) {
    const double noisy = image.at("noisy").at("psnr");
    mean += noisy / 2;
    // The mean of n squares of unit normals: 1 +- 6 sqrt(2/n), n = 576.
    const double deviation = 6 * std::sqrt(2.0 / 576);
    const double expected = 20 * std::log10(255.0 / 25.0);
    EXPECT_GT(noisy, expected - 10 * std::log10(1 + deviation));
    EXPECT_LT(noisy, expected - 10 * std::log10(1 - deviation));
    EXPECT_GT(image.at("output").at("ssim"), -1.0);
    EXPECT_LE(image.at("output").at("ssim"), 1.0);
  }
  EXPECT_NEAR(result.at("mean").at("noisy").at("psnr"), mean, 1e-12);
  const double a = result.at("images")[0].at("noisy").at("psnr"),
               b = result.at("images")[1].at("noisy").at("psnr");
  EXPECT_NEAR(result.at("mean").at("noisy").at("psnr_standard_error"), std::abs(a - b) / 2, 1e-12);
  EXPECT_EQ(result.at("noise"), "gaussian, sigma 25 of 255, seed 0");
  EXPECT_EQ(result.at("weights"), "moving average");
  EXPECT_EQ(result.at("definitions").at("noisy"), "not clipped");
  EXPECT_EQ(evaluate(), result);
}

TEST_F(TrainedRun, IsEvaluatedWithTheSeedLevelAndCheckpointAskedFor) {
  const nlohmann::json usual = evaluate(), other = evaluate({"--noise-seed", "1"});
  EXPECT_NE(usual.at("images")[0].at("noisy"), other.at("images")[0].at("noisy"));
  const nlohmann::json none = evaluate({"--sigma", "0"});
  EXPECT_TRUE(none.at("images")[0].at("noisy").at("psnr").is_null()) << "infinite";
  EXPECT_EQ(none.at("images")[0].at("noisy").at("ssim"), 1.0);
  EXPECT_EQ(evaluate({"--checkpoint", "last"}).at("step"), 20);
  EXPECT_EQ(evaluate({"--checkpoint", checkpoint(), "--threads", "2"}).at("images"),
            evaluate({"--checkpoint", "last", "--threads", "1"}).at("images"));
}

TEST_F(TrainedRun, PrintsTheTableThatItWrites) {
  const ProgramResult result =
      selfsame_program({"evaluate", "--run", run(), "--json", path("e.json"), "--save", path("saved")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::ifstream in(path("e.json"));
  const nlohmann::json json = nlohmann::json::parse(in);
  EXPECT_EQ(json, evaluate());
  const double psnr = json.at("mean").at("output").at("psnr");
  EXPECT_NE(result.out.find(fmt::format("{:.3f}", psnr)), std::string::npos) << result.out;
  for (const char* said : {"peak 1", "clipped to [0, 1]", "7x7", "not clipped", "sigma 25 of 255", "seed 0",
                           "step ", "standard error", ".safetensors"}) {
    EXPECT_NE(result.out.find(said), std::string::npos) << said;
  }
  EXPECT_TRUE(fs::exists(path("saved") + "/0001-output.png"));
}

TEST_F(TrainedRun, NamesTestImagesThatAreTooSmall) {
  Image image;
  image.channels = 1;
  image.height = image.width = 5;
  image.pixels.resize(25);
  fs::create_directories(path("small"));
  write_png(path("small") + "/five.png", image, 8);
  const ProgramResult result = selfsame_program({"evaluate", "--run", run(), "--data", path("small")});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find("five.png"), std::string::npos) << result.err;
}

TEST_F(TrainedRun, IsConvertedToPyTorchNames) {
  ASSERT_EQ(selfsame_program({"convert", checkpoint(), path("ema.safetensors")}).exit_code, 0);
  ASSERT_EQ(selfsame_program({"convert", checkpoint(), path("raw.safetensors"), "--raw"}).exit_code, 0);
  const SafetensorsFile source = SafetensorsFile::open(checkpoint());
  for (const auto& [name, prefix] : std::map<std::string, std::string>{{"ema", "ema."}, {"raw", "model."}}) {
    const SafetensorsFile plain = SafetensorsFile::open(path(name + ".safetensors"));
    for (const StoredTensor& tensor : plain.tensors()) {
      const StoredTensor& original = source.at(prefix + tensor.name);
      EXPECT_EQ(tensor.shape, original.shape);
      EXPECT_TRUE(std::equal(tensor.bytes.begin(), tensor.bytes.end(), original.bytes.begin()))
          << tensor.name;
    }
    EXPECT_NE(plain.find("down_sample_layers.0.layers.0.weight"), nullptr);
  }
  EXPECT_EQ(selfsame_program({"convert", path("ema.safetensors"), path("again.safetensors")}).exit_code, 0);
  EXPECT_EQ(read_file(path("again.safetensors"), 1 << 24), read_file(path("ema.safetensors"), 1 << 24));
  EXPECT_EQ(selfsame_program({"convert", checkpoint(), path("ema.safetensors")}).exit_code, 2) << "exists";
  const ProgramResult wrong = selfsame_program({"convert", path("ema.safetensors"), path("w.safetensors"),
                                                "--model", R"({"type": "unet", "channels": 5, "pools": 1})"});
  EXPECT_EQ(wrong.exit_code, 3);
  EXPECT_NE(wrong.err.find("mismatched"), std::string::npos) << wrong.err;
}

TEST_F(TrainedRun, IsAppliedAndReported) {
  Image image;
  image.channels = 1;
  image.height = 15;
  image.width = 22;
  image.pixels.assign(15 * 22, 0.5f);
  write_png(path("one.png"), image, 8);
  EXPECT_EQ(selfsame_program({"apply", "--run", run(), "--in", path("one.png"), "--out", path("done.png")})
                .exit_code,
            0);
  EXPECT_EQ(selfsame_program(
                {"apply", "--weights", checkpoint(), "--in", path("one.png"), "--out", path("two.png")})
                .exit_code,
            0);
  const ProgramResult report = selfsame_program({"report", run()});
  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_TRUE(fs::exists(run() + "/report.html"));
  EXPECT_EQ(selfsame_program({"report", run(), run()}).exit_code, 2);
  EXPECT_EQ(selfsame_program({"report", run(), run(), "--out", path("both.html")}).exit_code, 0);
  EXPECT_TRUE(fs::exists(path("both.html")));
}

TEST(Evaluate, RefusesAFolderThatIsNoRun) {
  const TemporaryFolder folder;
  const ProgramResult result = selfsame_program({"evaluate", "--run", folder.path().string()});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("not a run folder"), std::string::npos) << result.err;
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Convert, GivesBatchNormThePyTorchCountersAndIgnoresThem) {
  const TemporaryFolder folder;
  std::ofstream(folder / "tiny.json") << kTinyRun;
  const std::string run = (folder / "run").string();
  ASSERT_EQ(selfsame_program({"train", "--config", (folder / "tiny.json").string(), "--out", run, "--set",
                              R"(model={"type": "dncnn", "layers": 4, "channels": 4})", "--set",
                              "training.steps=3"})
                .exit_code,
            0);
  const std::string plain = (folder / "plain.safetensors").string(),
                    again = (folder / "again.safetensors").string();
  ASSERT_EQ(selfsame_program({"convert", run + "/checkpoints/last.safetensors", plain}).exit_code, 0);
  const SafetensorsFile file = SafetensorsFile::open(plain);
  const StoredTensor& counter = file.at("model.3.num_batches_tracked");
  EXPECT_EQ(counter.dtype, FileDType::kI64);
  EXPECT_TRUE(counter.shape.empty());
  EXPECT_NE(file.find("model.0.bias"), nullptr);
  EXPECT_EQ(selfsame_program({"convert", plain, again}).exit_code, 0);
  EXPECT_EQ(read_file(again, 1 << 24), read_file(plain, 1 << 24));
}

TEST(Convert, TakesWeightsOfTorchSave) {
  const TemporaryFolder folder;
  const std::string out = (folder / "varnet.safetensors").string();
  const std::string in = (source_root() / "tests/fixtures/pytorch_varnet.ckpt").string();
  const ProgramResult result = selfsame_program({"convert", in, out});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("prefix 'varnet.'"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("left out: loss.w"), std::string::npos) << result.out;
  const SafetensorsFile file = SafetensorsFile::open(out);
  EXPECT_EQ(file.at("cascades.1.dc_weight").shape, std::vector<std::int64_t>{1});
  EXPECT_EQ(file.find("loss.w"), nullptr);
  const ProgramResult wrong = selfsame_program({"convert", in, (folder / "unet.safetensors").string(),
                                                "--model", R"({"type": "unet", "channels": 5, "pools": 1})"});
  EXPECT_EQ(wrong.exit_code, 3);
  EXPECT_NE(wrong.err.find("missing"), std::string::npos) << wrong.err;
}

TEST(Convert, TakesImagesToAnArrayAndBack) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "in");
  for (const int k : {0, 1, 2}) {
    Image image;
    image.channels = 3;
    image.height = 4;
    image.width = 6;
    for (int i = 0; i < 72; ++i) {
      image.pixels.push_back(static_cast<float>((i * 31 + k * 7) % 256) / 255.0f);
    }
    write_png((folder / ("in/" + std::to_string(k) + ".png")).string(), image, 8);
  }
  const std::string array = (folder / "a.npy").string(), out = (folder / "out").string();
  ASSERT_EQ(selfsame_program({"convert", (folder / "in").string(), array}).exit_code, 0);
  ASSERT_EQ(selfsame_program({"convert", array, out}).exit_code, 0);
  for (const int k : {0, 1, 2}) {
    EXPECT_EQ(read_file(out + fmt::format("/{:06}.png", k), 1 << 20),
              read_file(folder / ("in/" + std::to_string(k) + ".png"), 1 << 20));
  }
  EXPECT_EQ(selfsame_program({"convert", array, out}).exit_code, 2) << "exists";
}

TEST(List, ShowsWhatThereIs) {
  for (const char* what :
       {"objectives", "models", "schedules", "optimizers", "noise", "devices", "ops", "masks", "config"}) {
    const ProgramResult result = selfsame_program({"list", what});
    EXPECT_EQ(result.exit_code, 0) << what << result.err;
    EXPECT_GT(result.out.size(), 20U) << what;
  }
  const std::string objective_list = selfsame_program({"list", "objectives"}).out;
  for (const ObjectiveInfo& info : objectives()) {
    EXPECT_NE(objective_list.find(std::string(info.name) + "\n"), std::string::npos) << info.name;
    EXPECT_NE(objective_list.find(info.formula), std::string::npos) << info.name;
  }
  for (const KSpaceObjectiveInfo& info : kspace_objectives()) {
    EXPECT_NE(objective_list.find(std::string(info.name) + "\n"), std::string::npos) << info.name;
  }
  EXPECT_NE(selfsame_program({"list", "ops"}).out.find("reference"), std::string::npos);
  EXPECT_NE(selfsame_program({"list", "config", "optimizer"}).out.find("lr"), std::string::npos);
  EXPECT_TRUE(nlohmann::json::parse(selfsame_program({"list", "schema"}).out).contains("properties"));
  EXPECT_EQ(selfsame_program({"list", "masts"}).exit_code, 2);
  EXPECT_EQ(selfsame_program({"list", "config", "/nothing"}).exit_code, 2);
}

TEST(Check, SaysWhatARunNeedsAndWritesNothing) {
  const TemporaryFolder folder;
  const std::string config = (folder / "tiny.json").string();
  std::ofstream(config) << kTinyRun;
  const ProgramResult result = selfsame_program({"check", "--config", config});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* said :
       {"parameters", "unbiased", "MiB", "40 steps", "ground truth is looked at", "ms", "checkpoint"}) {
    EXPECT_NE(result.out.find(said), std::string::npos) << said << "\n" << result.out;
  }
  const ProgramResult table = selfsame_program(
      {"check", "--config", config, "--table", "--set", "objective={\"type\": \"noise2noise\"}"});
  EXPECT_NE(table.out.find("no ground truth is looked at"), std::string::npos) << table.out;
  EXPECT_GT(table.out.size(), result.out.size());
  EXPECT_EQ(std::distance(fs::recursive_directory_iterator(folder.path()), {}), 1)
      << "only the configuration";
}

TEST(Check, ReportsAllMistakesAtOnce) {
  const TemporaryFolder folder;
  std::ofstream(folder / "bad.json") << "{\n  \"sed\": 1,\n  \"training\": {\"batch\": -1}\n}\n";
  const ProgramResult result = selfsame_program({"check", "--config", (folder / "bad.json").string()});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("bad.json:2:3"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("/training/batch"), std::string::npos) << result.err;
}

TEST(CommandLine, StartsFastAndExplainsItself) {
  for (const char* verb : {"train", "evaluate", "apply", "check", "list", "mask", "convert", "report"}) {
    const ProgramResult result = selfsame_program({verb, "--help"});
    EXPECT_EQ(result.exit_code, 0) << verb;
    EXPECT_GT(result.out.size(), 200U) << verb;
    EXPECT_LT(result.cpu_seconds, 0.5) << verb;
  }
  EXPECT_LT(selfsame_program({"list", "config"}).cpu_seconds, 0.5);
  EXPECT_EQ(selfsame_program({}).exit_code, 2);
  EXPECT_EQ(selfsame_program({"trian"}).exit_code, 2);
}

}  // namespace
}  // namespace selfsame
