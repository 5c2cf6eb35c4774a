// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_store.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "engine/run/metrics_writer.hpp"
#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_sample_study.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
const std::vector<std::string> kImages{"x.png[0]", "σ \"quoted\"\n.png"};

class Store : public testing::Test {
 protected:
  /// A result with numbers that only an exact form keeps, and with what is not known.
  SampleRun result_of(const PlannedRun& run) const {
    SampleRun r;
    r.method = run.method;
    r.size = run.size;
    r.seed = run.seed;
    r.end = "schedule";
    r.steps = 8;
    r.best_step = 6;
    r.best_validation = 1.0 / 3;
    r.curve = {{3, 0.1, kNan}, {6, 5e-324, 1.0 / 3}, {8, kNan, 1e300}};
    r.scores = {{0.1 + 0.2, kNan, 0.5}, {1e-17, 20.5, kNan}};
    return r;
  }
  std::string bytes(const PlannedRun& run) const {
    return read_file(store_.run_folder(run) / "result.json", 1 << 20);
  }
  void put(const PlannedRun& run, const std::string& text) const {
    fs::create_directories(store_.run_folder(run));
    std::ofstream(store_.run_folder(run) / "result.json") << text;
  }
  /// The kind and text of the error that loading gives.
  std::pair<ErrorKind, std::string> load_error(const PlannedRun& run) const {
    try {
      std::vector<std::string> images;
      static_cast<void>(store_.load(run, images));
    } catch (const Error& error) {
      return {error.kind(), error.what()};
    }
    return {ErrorKind::kInternal, ""};
  }
  TemporaryFolder folder_;
  TinySampleStudy tiny_;
  SampleStore store_{folder_.path()};
  const PlannedRun& run_ = tiny_.runs[4];
};

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

TEST_F(Store, GivesBackEveryBit) {
  const SampleRun saved = result_of(run_);
  store_.prepare(run_);
  EXPECT_FALSE(store_.done(run_));
  store_.save(run_, saved, kImages);
  EXPECT_TRUE(store_.done(run_));
  std::vector<std::string> images{"what was here before"};
  const std::optional<SampleRun> found = store_.load(run_, images);
  ASSERT_TRUE(found);
  EXPECT_EQ(images, kImages);
  EXPECT_EQ(found->method, run_.method);
  EXPECT_EQ(found->size, run_.size);
  EXPECT_EQ(found->seed, run_.seed);
  EXPECT_EQ(found->failure, "");
  EXPECT_EQ(found->end, "schedule");
  EXPECT_EQ(found->steps, 8);
  EXPECT_EQ(found->best_step, 6);
  EXPECT_EQ(found->best_validation, 1.0 / 3);
  ASSERT_EQ(found->curve.size(), saved.curve.size());
  for (std::size_t i = 0; i < saved.curve.size(); ++i) {
    EXPECT_EQ(found->curve[i].step, saved.curve[i].step);
    EXPECT_TRUE(same(found->curve[i].loss, saved.curve[i].loss)) << i;
    EXPECT_TRUE(same(found->curve[i].validation, saved.curve[i].validation)) << i;
  }
  ASSERT_EQ(found->scores.size(), saved.scores.size());
  for (std::size_t i = 0; i < saved.scores.size(); ++i) {
    EXPECT_EQ(found->scores[i].mse, saved.scores[i].mse);
    EXPECT_TRUE(same(found->scores[i].psnr, saved.scores[i].psnr)) << i;
    EXPECT_TRUE(same(found->scores[i].ssim, saved.scores[i].ssim)) << i;
  }
  const std::string first = bytes(run_);
  store_.save(run_, *found, images);
  EXPECT_EQ(bytes(run_), first);
}

TEST_F(Store, KeepsAFailure) {
  SampleRun failed;
  failed.failure = "step 3: \"conv\" is not finite;\nexamples: σ";
  failed.steps = 2;
  failed.best_validation = kNan;
  store_.prepare(run_);
  store_.save(run_, failed, {});
  std::vector<std::string> images;
  const std::optional<SampleRun> found = store_.load(run_, images);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->failure, failed.failure);
  EXPECT_TRUE(found->scores.empty());
  EXPECT_TRUE(std::isnan(found->best_validation));
}

TEST_F(Store, HasNothingOfARunThatIsNotDone) {
  std::vector<std::string> images;
  EXPECT_FALSE(store_.load(run_, images));
  store_.prepare(run_);
  EXPECT_FALSE(store_.load(run_, images));
  EXPECT_TRUE(store_.curve(run_).empty());
}

TEST_F(Store, ADamagedResultIsNamed) {
  store_.prepare(run_);
  store_.save(run_, result_of(run_), kImages);
  const std::string whole = bytes(run_);
  std::vector<std::string> damaged{"", "[]", "null", "3", "{}", "\xFF", "{\"configuration\": 5}"};
  for (std::size_t cut = 1; cut + 2 < whole.size(); cut += 11) {
    damaged.push_back(whole.substr(0, cut));
  }
  for (const auto& [good, bad] : {std::pair{"\"mse\"", "\"mze\""},
                                  {"\"steps\": 8", "\"steps\": \"8\""},
                                  {"\"curve\": [", "\"curve\": [4, "},
                                  {"\"image\"", "\"imago\""}}) {
    std::string text = whole;
    ASSERT_NE(text.find(good), std::string::npos) << good;
    damaged.push_back(text.replace(text.find(good), std::string(good).size(), bad));
  }
  for (const std::string& text : damaged) {
    put(run_, text);
    const auto [kind, message] = load_error(run_);
    EXPECT_EQ(kind, ErrorKind::kData) << text;
    EXPECT_NE(message.find((store_.run_folder(run_) / "result.json").string()), std::string::npos) << message;
  }
}

TEST_F(Store, RefusesTheResultOfAnotherConfiguration) {
  const TinySampleStudy other({"study.run.noise.sigma=26"});
  store_.prepare(run_);
  store_.save(run_, result_of(run_), kImages);
  ASSERT_EQ(other.runs[4].id, run_.id);
  const auto [kind, message] = load_error(other.runs[4]);
  EXPECT_EQ(kind, ErrorKind::kUsage);
  EXPECT_NE(message.find("another configuration"), std::string::npos) << message;
  for (const bool prepare : {false, true}) {
    const std::string refused =
        error_text<Error>([&] { prepare ? store_.prepare(other.runs[4]) : store_.check(other.runs[4]); });
    EXPECT_NE(refused.find("config.json"), std::string::npos) << refused;
  }
  const TinySampleStudy longer({"study.run.training.steps=9"});
  EXPECT_THROW(store_.check(longer.runs[4]), Error);
}

TEST_F(Store, ContinuesARunWithWhatNoResultDependsOn) {
  store_.prepare(run_);
  const std::string begun = read_file(store_.run_folder(run_) / "config.json", 1 << 20);
  EXPECT_EQ(begun, to_json(run_.config));
  for (const char* change : {"threads=2", "device=auto", "name=other", "study.lanes=1",
                             "study.run.checkpoint.every_steps=1", "study.run.logging.every_steps=3"}) {
    const TinySampleStudy other({change});
    EXPECT_NO_THROW(store_.prepare(other.runs[4])) << change;
    EXPECT_EQ(read_file(store_.run_folder(run_) / "config.json", 1 << 20), begun) << change;
  }
}

TEST_F(Store, AConfigurationOfARunIsOneForTraining) {
  store_.prepare(run_);
  const fs::path file = store_.run_folder(run_) / "config.json";
  EXPECT_EQ(to_json(load_train_config({&file, 1})), to_json(run_.config));
}

TEST_F(Store, ResultsAreThoseThatAreThere) {
  const auto results = [&] { return store_.results(tiny_.study(), "tiny study", tiny_.runs); };
  EXPECT_EQ(results().runs.size(), 0u);
  for (const std::size_t i : {11u, 2u, 7u}) {
    store_.prepare(tiny_.runs[i]);
    store_.save(tiny_.runs[i], result_of(tiny_.runs[i]), kImages);
  }
  SampleRun failed;
  failed.failure = "diverged";
  store_.prepare(tiny_.runs[0]);
  store_.save(tiny_.runs[0], failed, {});
  const SampleResults found = results();
  EXPECT_EQ(found.name, "tiny study");
  EXPECT_EQ(found.planned, 12);
  EXPECT_EQ(found.methods, (std::vector<std::string>{"supervised", "noise2noise", "noise2noise, σ′ = 50"}));
  EXPECT_EQ(found.sizes, (std::vector<std::int64_t>{3, 8}));
  EXPECT_EQ(found.seeds, (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(found.images, kImages);
  EXPECT_EQ(found.metric, "psnr");
  ASSERT_EQ(found.runs.size(), 4u);
  const std::size_t methods[] = {0, 1, 2, 2}, sizes[] = {0, 0, 0, 1};
  const std::int64_t seeds[] = {0, 1, 0, 1};
  for (std::size_t i = 0; i < 4; ++i) {  // by method, then size, then seed
    EXPECT_EQ(found.runs[i].method, methods[i]) << i;
    EXPECT_EQ(found.runs[i].size, sizes[i]) << i;
    EXPECT_EQ(found.runs[i].seed, seeds[i]) << i;
  }
  store_.prepare(tiny_.runs[5]);
  store_.save(tiny_.runs[5], result_of(tiny_.runs[5]), {"x.png[0]", "another"});
  const std::string text = error_text<Error>([&] { (void)results(); });
  EXPECT_NE(text.find("scored on other images"), std::string::npos) << text;
}

TEST_F(Store, ReadsTheCurveOfARunThatIsGoingOn) {
  store_.prepare(run_);
  {
    MetricsWriter writer(store_.curve_path(run_));
    writer.write(JsonObject().add("step", std::int64_t{2}).add("loss", 0.1).add("validation", 20.25));
    writer.write(JsonObject().add("step", std::int64_t{4}).add("loss", kNan).add("validation", 20.5));
  }
  std::ofstream(store_.curve_path(run_), std::ios::app) << R"({"step": 6, "lo)";  // killed while it wrote
  const std::vector<SampleCurvePoint> curve = store_.curve(run_);
  ASSERT_EQ(curve.size(), 2u);
  EXPECT_EQ(curve[0].step, 2);
  EXPECT_EQ(curve[0].loss, 0.1);
  EXPECT_EQ(curve[1].validation, 20.5);
  EXPECT_TRUE(std::isnan(curve[1].loss));
}

TEST_F(Store, NamesAFolderThatCannotBeMade) {
  std::ofstream(folder_ / "runs") << "a file where a folder should be";
  const std::string text = error_text<Error>([&] { store_.prepare(run_); });
  EXPECT_NE(text.find("cannot be created"), std::string::npos) << text;
}

}  // namespace
}  // namespace selfsame
