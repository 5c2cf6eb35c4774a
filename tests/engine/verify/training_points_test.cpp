// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/training_points.hpp"

#include <gtest/gtest.h>

#include "engine/checkpoint/safetensors.hpp"
#include "engine/training/trainer.hpp"
#include "tests/engine/verify/tiny_pairs.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

bool go_on(std::int64_t) { return true; }

TEST(TrainingPoints, AreTheStartTheMiddleAndTheEnd) {
  Stream stream(DeviceKind::kCpu, 1);
  std::vector<std::int64_t> seen;
  const auto points = train_points(tiny_image_config(), 6, stream, [&](std::int64_t step) {
    seen.push_back(step);
    return true;
  });
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6}));
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[0].name, "initial");
  EXPECT_EQ(points[1].name, "step 3");
  EXPECT_EQ(points[2].name, "step 6");
  EXPECT_NE(points[0].values, points[1].values);
  EXPECT_NE(points[1].values, points[2].values);
}

TEST(TrainingPoints, EndWithTheWeightsOfARunOfSoManySteps) {
  const TrainConfig config =
      tiny_image_config({"training.steps=6", "validation.every_steps=3", "optimizer.type=adam",
                         "objective={\"type\": \"noise2noise\"}"});
  Stream stream(DeviceKind::kCpu, 1);
  const TrainedPoint end = train_points(config, 6, stream, go_on).back();
  const TemporaryFolder folder;
  const CheckpointStore store(folder.path());
  StopRequest stop;
  Trainer trainer(config, stream);
  TrainerCallbacks callbacks;
  ASSERT_EQ(trainer.run(store, stop, callbacks), TrainEnd::kDone);
  const SafetensorsFile file = SafetensorsFile::open(store.path(CheckpointSlot::kLast));
  const ParameterTable table = make_model(model_options(config.model))->parameters();
  int compared = 0;
  for (const ParameterInfo& info : table.tensors()) {
    for (const StoredTensor& tensor : file.tensors()) {
      if (tensor.name == "model." + info.name) {
        const auto* want = reinterpret_cast<const float*>(tensor.bytes.data());
        EXPECT_TRUE(std::equal(want, want + info.count(), end.values.begin() + info.offset)) << info.name;
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, static_cast<int>(table.tensors().size()));
}

TEST(TrainingPoints, StopWhenAskedTo) {
  Stream stream(DeviceKind::kCpu, 1);
  const auto points =
      train_points(tiny_image_config(), 8, stream, [](std::int64_t step) { return step < 5; });
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[1].name, "step 4");
}

TEST(TrainingPoints, OfNoStepsAreTheStart) {
  Stream stream(DeviceKind::kCpu, 1);
  const auto points = train_points(tiny_kspace_config(), 0, stream, go_on);
  ASSERT_EQ(points.size(), 1u);
  EXPECT_EQ(points[0].name, "initial");
}

TEST(TrainingPoints, OfADivergingRunAreAnError) {
  Stream stream(DeviceKind::kCpu, 1);
  try {
    static_cast<void>(
        train_points(tiny_image_config({R"(optimizer={"type": "sgd", "lr": 1e6})"}), 20, stream, go_on));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDiverged) << error.what();
    EXPECT_NE(std::string(error.what()).find("step "), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace selfsame
