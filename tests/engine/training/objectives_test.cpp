// SPDX-License-Identifier: Apache-2.0
// A tiny run with every registered objective of images: it trains and is validated, resumes to the same
// bytes, and does on every device what it does on the CPU.
#include <gtest/gtest.h>
#include <signal.h>

#include <cmath>

#include "engine/checkpoint/safetensors.hpp"
#include "engine/training/trainer.hpp"
#include "losses/registry.hpp"
#include "mri/files/atomic_file.hpp"
#include "tests/support/op_contract.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_run.hpp"

namespace selfsame {
namespace {

/// Noise of the kind that the objective is made for.
std::string noise_of(std::string_view objective) {
  switch (example_objective(objective).noise.type) {
    case NoiseType::kPoisson:
      return R"(noise={"type": "poisson", "peak": 30})";
    case NoiseType::kPoissonGaussian:
      return R"(noise={"type": "poisson_gaussian", "peak": 30, "sigma": 10})";
    default:
      return R"(noise={"type": "gaussian", "sigma": 25})";
  }
}

/// @param options  of the objective, as JSON members
std::vector<std::string> overrides_for(const std::string& objective, const std::string& options = "") {
  return {"training.steps=6", "validation.every_steps=3", "optimizer.type=adam", noise_of(objective),
          R"(objective={"type": ")" + objective + "\"" + options + "}"};
}
TrainConfig config_for(const std::string& objective, const std::string& options = "") {
  return parse_train_config(kTinyRun, "tiny", std::filesystem::current_path(),
                            overrides_for(objective, options));
}

struct RunResult {
  std::vector<double> losses, validation;
  std::string last;  ///< the bytes of the checkpoint
};

/// One session; `stop_after` > 0 raises SIGTERM in that step.
void session(RunResult& run, const TrainConfig& config, DeviceKind device,
             const std::filesystem::path& folder, bool resume, std::int64_t stop_after) {
  const CheckpointStore store(folder);
  StopRequest stop;
  const std::unique_ptr<Stream> stream = make_stream(device, config.precision, 1);
  Trainer trainer(config, *stream);
  TrainerCallbacks callbacks;
  callbacks.on_step = [&](std::int64_t step, const LaneOutcome& outcome, double) {
    run.losses.push_back(outcome.loss);
    if (step == stop_after) {
      ::raise(SIGTERM);
    }
  };
  callbacks.on_validation = [&](std::int64_t, const ValidationResult& result, bool) {
    run.validation.push_back(result.loss);
  };
  if (resume) {
    trainer.resume(store, callbacks);
  }
  static_cast<void>(trainer.run(store, stop, callbacks));
  run.last = read_file(store.path(CheckpointSlot::kLast), 1 << 24);
}

RunResult whole_run(const TrainConfig& config, DeviceKind device) {
  const TemporaryFolder folder;
  RunResult run;
  session(run, config, device, folder.path(), false, 0);
  return run;
}

std::vector<std::string> names() {
  std::vector<std::string> list;
  for (const ObjectiveInfo& info : objectives()) {
    list.emplace_back(info.name);
  }
  return list;
}

class ObjectiveRun : public ::testing::TestWithParam<std::string> {};

TEST_P(ObjectiveRun, TrainsAndResumesToTheSameBytes) {
  const TrainConfig config = config_for(GetParam());
  const RunResult once = whole_run(config, DeviceKind::kCpu);
  ASSERT_EQ(once.losses.size(), 6u);
  ASSERT_EQ(once.validation.size(), 2u);
  for (const std::vector<double>* values : {&once.losses, &once.validation}) {
    for (const double v : *values) {
      EXPECT_TRUE(std::isfinite(v));
    }
  }
  EXPECT_NE(once.validation[0], once.validation[1]) << "nothing was learned";
  for (const std::int64_t k : {2, 3, 5}) {
    const TemporaryFolder folder;
    RunResult stopped, resumed;
    session(stopped, config, DeviceKind::kCpu, folder.path(), false, k);
    session(resumed, config, DeviceKind::kCpu, folder.path(), true, 0);
    EXPECT_EQ(stopped.losses.size(), static_cast<std::size_t>(k));
    EXPECT_TRUE(resumed.last == once.last) << "stopped after step " << k;
  }
}

// The same numbers in another order of summation: float rounding, grown by six steps of Adam.
TEST_P(ObjectiveRun, HasTheLossesOfTheCpuOnEveryDevice) {
  const TrainConfig config = config_for(GetParam());
  const RunResult cpu = whole_run(config, DeviceKind::kCpu), run = whole_run(config, contract::test_device());
  for (const auto& [got, want] :
       {std::pair{run.losses, cpu.losses}, std::pair{run.validation, cpu.validation}}) {
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
      EXPECT_NEAR(got[i], want[i], 1e-4 * std::abs(want[i])) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Registered, ObjectiveRun, ::testing::ValuesIn(names()),
                         [](const auto& test) { return test.param; });

/// eta = start (1 + rate theta), and theta is what a checkpoint holds.
float theta_of(const std::filesystem::path& checkpoint) {
  const SafetensorsFile file = SafetensorsFile::open(checkpoint);
  for (const StoredTensor& tensor : file.tensors()) {
    if (tensor.name == "model.objective.eta") {
      return *reinterpret_cast<const float*>(tensor.bytes.data());
    }
  }
  ADD_FAILURE() << "no model.objective.eta in " << checkpoint;
  return 0;
}

TEST(ObjectiveParameters, AreTrainedAndSurviveAStop) {
  const TrainConfig config = config_for("unsure", R"(, "start": 0.001)");
  const auto trained = [&](std::int64_t stop_after) {
    const TemporaryFolder folder;
    RunResult run;
    session(run, config, DeviceKind::kCpu, folder.path(), false, stop_after);
    const float before = theta_of(CheckpointStore(folder.path()).path(CheckpointSlot::kLast));
    if (stop_after > 0) {
      session(run, config, DeviceKind::kCpu, folder.path(), true, 0);
    }
    return std::pair{before, theta_of(CheckpointStore(folder.path()).path(CheckpointSlot::kLast))};
  };
  const auto [end, same] = trained(0);
  const auto [middle, resumed] = trained(3);
  EXPECT_EQ(resumed, end);
  EXPECT_NE(middle, end);
  // Of a small start the divergence of a network near the identity is positive: it ascends.
  EXPECT_GT(middle, 0);
  EXPECT_GT(end, middle);
}

TEST(ObjectiveParameters, AreNotAskedForByWhoUsesTheNetwork) {
  const TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder / name).string(); };
  write_file_atomically(path("tiny.json"), kTinyRun);
  std::vector<std::string> train{"train", "--config", path("tiny.json"), "--out", path("run")};
  for (const std::string& one : overrides_for("unsure")) {
    train.insert(train.end(), {"--set", one});
  }
  const auto run = [&](const std::vector<std::string>& arguments) {
    const ProgramResult result = selfsame_program(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments[0] << ": " << result.err;
    return result.out;
  };
  run(train);
  const std::string checkpoint = path("run") + "/checkpoints/last.safetensors";
  run({"evaluate", "--run", path("run"), "--save", path("saved")});
  run({"apply", "--run", path("run"), "--in", path("saved") + "/0001-noisy.png", "--out", path("out.png")});
  EXPECT_TRUE(std::filesystem::exists(path("out.png")));
  run({"convert", checkpoint, path("plain.safetensors")});
  const SafetensorsFile plain = SafetensorsFile::open(path("plain.safetensors"));
  for (const StoredTensor& tensor : plain.tensors()) {
    EXPECT_EQ(tensor.name.find("objective"), std::string::npos) << tensor.name;
  }
}

}  // namespace
}  // namespace selfsame
