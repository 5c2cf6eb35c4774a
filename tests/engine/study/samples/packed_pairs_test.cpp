// SPDX-License-Identifier: Apache-2.0
// The paper's figure 3, with tiny stacks of packed raw data in place of its data: training pairs whose
// targets are clean or noisy, validation and test against clean ones.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "engine/study/samples/sample_extras.hpp"
#include "engine/study/samples/sample_runner.hpp"
#include "engine/training/trainer.hpp"
#include "kernels/device/philox.hpp"
#include "mri/files/npy_file.hpp"
#include "mri/files/png_file.hpp"
#include "tests/support/image_files.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSide = 8, kPlane = kSide * kSide;
constexpr float kTrainNoise = 0.1f;
using Values = std::vector<float>;

Values smooth_images(std::int64_t images) {
  Values values;
  for (std::int64_t i = 0; i < images * 4 * kPlane; ++i) {
    values.push_back(0.5f + 0.4f * std::sin(0.05f * static_cast<float>(i)));
  }
  return values;
}

Values with_noise(Values values, std::uint32_t number, float sigma) {
  const RandomStream random(11, RandomPurpose::kTest, number, 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] += sigma * static_cast<float>(random.normal(i));
  }
  return values;
}

class PackedPairs : public testing::Test {
 protected:
  PackedPairs() {
    const Values train = smooth_images(5);
    put("train_clean", train);
    put("train_010", with_noise(train, 1, kTrainNoise));
    put("train_011", with_noise(train, 2, kTrainNoise));
    for (const auto& [name, images] : {std::pair{"validation", 2}, {"test", 3}}) {
      const Values clean = smooth_images(images);
      put(std::string(name) + "_clean", clean);
      put(std::string(name) + "_noisy", with_noise(clean, 3, kTrainNoise));
    }
  }
  void put(const std::string& name, const Values& values) {
    const auto images = static_cast<std::int64_t>(values.size()) / (4 * kPlane);
    write_npy<float>(file(name), values, std::array{images, std::int64_t{4}, kSide, kSide});
  }
  std::string file(const std::string& name) const { return folder_ / (name + ".npy"); }
  Values values(const std::string& name) const {
    const NpyFile npy(file(name));
    Values all(static_cast<std::size_t>(npy.header().elements));
    npy.read_floats(all, 0, npy.header().elements, PixelScale::kRaw);
    return all;
  }

  /// Its own keys but for paths, sizes and lengths.
  std::vector<std::string> overrides() const {
    std::vector<std::string> all{"study.sizes=[2, 4]",
                                 "study.seeds=[42]",
                                 "study.run.model.channels=2",
                                 "study.run.training.epochs=2",
                                 "study.run.schedule.milestones=[1]",
                                 "device=cpu",
                                 "threads=1",
                                 "study.methods.noise2noise.data.train.targets=" + file("train_011"),
                                 "study.run.data.train.inputs=" + file("train_010"),
                                 "study.run.data.train.targets=" + file("train_clean")};
    for (const auto& [key, name] :
         {std::pair{"study.run.data.validation", "validation"}, {"study.test", "test"}}) {
      all.push_back(std::string(key) + ".inputs=" + file(std::string(name) + "_noisy"));
      all.push_back(std::string(key) + ".targets=" + file(std::string(name) + "_clean"));
    }
    return all;
  }
  StudyConfig study(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = overrides();
    all.insert(all.end(), more.begin(), more.end());
    const fs::path path = source_root() / "configs/paper/figure3.json";
    return load_study_config({&path, 1}, all);
  }
  TemporaryFolder folder_;
  Stream stream_{DeviceKind::kCpu, 1};
};

TEST_F(PackedPairs, BothMethodsTrainAndAreTestedAgainstCleanImages) {
  const StudyConfig config = study();
  const auto& samples = std::get<SampleStudyConfig>(config.study);
  const std::vector<PlannedRun> runs = plan_runs(samples, config);
  ASSERT_EQ(runs.size(), 4u);
  const SampleStore store(folder_ / "out");
  SampleRunner runner(samples, runs, store, 4, stream_);
  StopRequest stop;
  ASSERT_EQ(runner.run(stop, {}), SampleEnd::kDone);
  const SampleResults results = store.results(samples, "figure3", runs);
  ASSERT_EQ(results.runs.size(), 4u);
  for (const SampleRun& run : results.runs) {
    EXPECT_EQ(run.failure, "");
    EXPECT_EQ(run.steps, run.size == 0 ? 4 : 8) << "two passes over 2 or 4 pairs";
    EXPECT_EQ(run.scores.size(), 3u);
    EXPECT_GT(run.best_validation, 0);
  }
  // The same network, images and weights to begin with, other targets.
  EXPECT_NE(results.runs[0].scores[0].mse, results.runs[2].scores[0].mse);

  // A target that is noisy is no truth to measure the variance of gradients with.
  EXPECT_TRUE(measure_variances(samples, runs, store, 64, stream_, runner.sources()).empty());
  std::vector<std::string> notes;
  EXPECT_TRUE(load_variances(store, &notes).empty());
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_TRUE(contains(notes[0], "noise2noise") && contains(notes[0], "no clean targets")) << notes[0];

  const std::vector<SamplePicture> pictures = make_pictures(samples, runs, store, 1, runner, stream_);
  ASSERT_EQ(pictures.size(), 1u);
  write_bytes(folder_ / "clean.png", Bytes(pictures[0].clean.begin(), pictures[0].clean.end()));
  const Image seen = read_png(InputFile(folder_ / "clean.png"));
  EXPECT_EQ(seen.channels, 3);
  EXPECT_NEAR(seen.pixels[0], values("test_clean")[0], 0.5 / 255 + 1e-6) << "red first";
}

// A network of zeros gives its input back: what validation and test see is the noise of their own pairs.
TEST_F(PackedPairs, ValidationAndTestSeeTheirOwnCleanTargets) {
  const StudyConfig config = study();
  const auto& samples = std::get<SampleStudyConfig>(config.study);
  const std::vector<PlannedRun> runs = plan_runs(samples, config);
  SharedSources sources;
  SampleScorer scorer(samples, stream_, sources);
  const auto mean_square = [&](const std::string& name, std::size_t image) {
    const Values noisy = values(name + "_noisy"), clean = values(name + "_clean");
    double sum = 0;
    for (std::size_t i = 4 * kPlane * image; i < 4 * kPlane * (image + 1); ++i) {
      sum += std::pow(static_cast<double>(noisy[i]) - clean[i], 2);
    }
    return sum / (4 * kPlane);
  };
  for (const std::size_t method : {0u, 1u}) {
    const TrainConfig& run = runs[method].config;
    EXPECT_EQ(run.validation.target, ValidationConfig::Target::kClean);
    const std::unique_ptr<TrainingTask> task = make_task({&run, 1}, stream_, &sources);
    Trainer trainer({&run, 1}, stream_, &sources);
    const Values zero(static_cast<std::size_t>(trainer.step().parameters().lane_size()), 0.0f);
    const std::vector<ValidationResult> seen = task->validate(0, zero.data(), trainer.buffers(0));
    const std::vector<SampleScore> scores = scorer.score(method, zero.data(), trainer.buffers(0));
    ASSERT_EQ(seen.size(), 2u);
    ASSERT_EQ(scores.size(), 3u);
    // Sums of 256 squares in another order at the most.
    EXPECT_NEAR(seen[1].loss, mean_square("validation", 1), 1e-9) << method;
    EXPECT_NEAR(scores[2].mse, mean_square("test", 2), 1e-9) << method;
    EXPECT_TRUE(contains(task->target_text(), "taken as truth"));
  }
}

TEST_F(PackedPairs, TheCommandChecksTheStudy) {
  std::vector<std::string> arguments{"study", "--config",
                                     (source_root() / "configs/paper/figure3.json").string(), "--check"};
  for (const std::string& text : overrides()) {
    arguments.insert(arguments.end(), {"--set", text});
  }
  const ProgramResult result = selfsame_program(arguments);
  EXPECT_TRUE(contains(result.out, "noise2noise")) << result.out;
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(PackedPairs, WrongStacksAreNamed) {
  const auto refusal = [&] {
    const StudyConfig config = study();
    const auto& samples = std::get<SampleStudyConfig>(config.study);
    const TrainConfig run = plan_runs(samples, config)[1].config;
    return message_of(ErrorKind::kData, [&] { (void)make_task({&run, 1}, stream_); });
  };
  EXPECT_EQ(refusal(), "");
  put("train_011", smooth_images(4));
  EXPECT_TRUE(contains(refusal(), file("train_011") + ": 5 of 4x8x8 (channels, height, width) and 4 of"))
      << refusal();
  write_npy<float>(file("train_011"), Values(5 * 3 * kPlane),
                   std::array{std::int64_t{5}, std::int64_t{3}, kSide, kSide});
  EXPECT_TRUE(contains(refusal(), file("train_011") + ": has 3 channels, /data/channels asks for 4"))
      << refusal();
}

}  // namespace
}  // namespace selfsame
