// SPDX-License-Identifier: Apache-2.0
// What a user meets who asks for a device by name.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/device/device.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_run.hpp"

namespace selfsame {
namespace {

ProgramResult train_on(const TemporaryFolder& folder, std::vector<std::string> more) {
  std::ofstream(folder / "tiny.json") << kTinyRun;
  std::vector<std::string> arguments{"train",
                                     "--config",
                                     (folder / "tiny.json").string(),
                                     "--out",
                                     (folder / "run").string(),
                                     "--set",
                                     "training.steps=3",
                                     "--set",
                                     "optimizer.type=adam"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return selfsame_program(arguments);
}

TEST(Device, ThatDoesNotAnswerIsAnErrorWithItsReason) {
  const std::string why = why_unavailable(DeviceKind::kCuda);
  if (why.empty()) {
    GTEST_SKIP() << "a GPU answers here";
  }
  const TemporaryFolder folder;
  const ProgramResult result = train_on(folder, {"--device", "cuda"});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_NE(result.err.find("device cuda cannot be used: " + why), std::string::npos) << result.err;
}

TEST(Device, AutoTakesTheCpuWhereNoGpuAnswersAndSaysSo) {
  if (device_available(DeviceKind::kCuda)) {
    GTEST_SKIP() << "a GPU answers here";
  }
  const TemporaryFolder folder;
  const ProgramResult result = train_on(folder, {"--device", "auto"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE((result.out + result.err).find("on cpu, "), std::string::npos) << result.out << result.err;
}

TEST(Device, SimulatedTrainsEvaluatesAndIsRecorded) {
  if (!device_available(DeviceKind::kSimulated)) {
    GTEST_SKIP() << why_unavailable(DeviceKind::kSimulated);
  }
  const TemporaryFolder folder;
  const ProgramResult trained = train_on(folder, {"--device", "simulated", "--set", "precision=bfloat16"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  std::ifstream in(folder / "run" / "env.json");
  const nlohmann::json environment = nlohmann::json::parse(in);
  EXPECT_EQ(environment.at("device"), "simulated");
  EXPECT_EQ(environment.at("precision"), "bfloat16");
  for (const char* device : {"simulated", "cpu"}) {
    const ProgramResult evaluated =
        selfsame_program({"evaluate", "--run", (folder / "run").string(), "--device", device, "--json", "-"});
    EXPECT_EQ(evaluated.exit_code, 0) << evaluated.err;
  }
}

TEST(Device, UnknownNamesAndPrecisionsOfOtherDevicesAreUsageErrors) {
  const TemporaryFolder folder;
  EXPECT_EQ(train_on(folder, {"--device", "gpu"}).exit_code, 2);
  const ProgramResult tf32 = train_on(folder, {"--device", "cpu", "--set", "precision=tf32"});
  EXPECT_EQ(tf32.exit_code, 2);
  EXPECT_NE(tf32.err.find("tf32"), std::string::npos) << tf32.err;
  for (const char* range : {"3", "3:", "0:3", "4:4", "a:b", "1:2:3"}) {
    const ProgramResult result = train_on(folder, {"--profile-steps", range});
    EXPECT_EQ(result.exit_code, 2) << range;
    EXPECT_NE(result.err.find("--profile-steps"), std::string::npos) << result.err;
  }
}

TEST(Device, ListNamesAllAndWhatIsMissing) {
  const ProgramResult devices = selfsame_program({"list", "devices"});
  EXPECT_EQ(devices.exit_code, 0);
  for (const char* name : {"cpu", "cuda", "simulated"}) {
    EXPECT_NE(devices.out.find(name), std::string::npos) << devices.out;
  }
}

}  // namespace
}  // namespace selfsame
